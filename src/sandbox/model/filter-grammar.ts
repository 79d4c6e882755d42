import { fieldType } from '../catalogue/catalogue.ts';
import { isInteger, isRecord } from './json.ts';

/** The grammar of `filter` (`cloudflare-api.md` §5): a string that holds JSON, and what its server says of it. */

const MAX_BYTES = 1000;
const MAX_OPERATORS = 30;

const STRING_OPERATORS = ['startsWith', 'endsWith', '!startsWith', '!endsWith', 'contains', '!contains'];
const NUMBER_OPERATORS = ['lt', 'leq', 'gt', 'geq'];
const LIST_OPERATORS = ['in', '!in'];
const OPERATORS = new Set(['eq', '!eq', ...STRING_OPERATORS, ...NUMBER_OPERATORS, ...LIST_OPERATORS]);

// §5: not filterable by the docs, though samples in the wild filter on Action all the same.
const FIREWALL_EXCLUDED = new Set(
  'Action Description Kind MatchIndex Metadata OriginatorRayID RuleID Source'.split(' '),
);

export interface FilterContext {
  readonly dataset: string;
  readonly firewallFields: 'accept' | 'reject';
}

/** Why Cloudflare would refuse this filter, or null. An empty string is no filter and is for the caller to judge. */
export function refusalOfFilter(text: string, context: FilterContext): string | null {
  if (text.trim() === '') return 'unexpected end of JSON input';
  if (Buffer.byteLength(text) > MAX_BYTES) return `filter is longer than ${MAX_BYTES} bytes`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'filter is not valid JSON';
  }
  if (!isRecord(parsed)) return 'filter is not a JSON object';
  const { where, ...rest } = parsed;
  if (where === undefined) return 'Key is missing'; // §5: the text of TF#2470 for a filter without "where"
  const extra = Object.keys(rest)[0];
  if (extra !== undefined) return `unknown key "${extra}" beside "where"`;
  // The dashboard's "no filter".
  if (isRecord(where) && Object.keys(where).length === 0) return null;
  const budget = { operators: 0 };
  const refusal = refusalOfNode(where, context, budget);
  if (refusal !== null) return refusal;
  return budget.operators > MAX_OPERATORS ? `filter has more than ${MAX_OPERATORS} operators` : null;
}

function refusalOfNode(node: unknown, context: FilterContext, budget: { operators: number }): string | null {
  budget.operators += 1;
  if (budget.operators > 10 * MAX_OPERATORS) return `filter has more than ${MAX_OPERATORS} operators`;
  if (!isRecord(node)) return 'a filter node is not a JSON object';
  const forms = ['and', 'or', 'key'].filter((form) => form in node);
  const [form] = forms;
  // §5: exactly one form per node.
  if (forms.length !== 1 || form === undefined)
    return 'a filter node has exactly one of "key", "and" and "or"';
  if (form === 'key') return refusalOfPredicate(node, context);
  const extra = Object.keys(node).find((key) => key !== form);
  if (extra !== undefined) return `unknown key "${extra}" beside "${form}"`;
  const children: unknown = node[form];
  if (!Array.isArray(children) || children.length === 0) return `"${form}" is not a list of filter nodes`;
  for (const child of children) {
    const refusal = refusalOfNode(child, context, budget);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refusalOfPredicate(node: Readonly<Record<string, unknown>>, context: FilterContext): string | null {
  const { key, operator, value, ...rest } = node;
  const extra = Object.keys(rest)[0];
  if (extra !== undefined) return `unknown key "${extra}" in a predicate`;
  if (typeof key !== 'string' || key === '') return 'bad predicate: "key" is not a field name';
  if (typeof operator !== 'string' || !OPERATORS.has(operator)) {
    return `bad predicate: unknown operator ${JSON.stringify(operator ?? null)}`;
  }
  if (value === undefined) return 'bad predicate: "value" is missing';
  const excluded = context.dataset === 'firewall_events' && FIREWALL_EXCLUDED.has(key);
  if (excluded && context.firewallFields === 'reject')
    return `bad predicate: filtering on ${key} is not supported`;
  const type = fieldType(context.dataset, key);
  // §5: objects and arrays of objects cannot be filtered.
  if (type === 'object' || type === 'array[object]')
    return `bad predicate: filtering on ${key} is not supported`;
  return refusalOfValue(operator, value, type);
}

function refusalOfValue(operator: string, value: unknown, type: string | undefined): string | null {
  if (LIST_OPERATORS.includes(operator)) {
    if (Array.isArray(value) && value.length > 0 && value.every((item) => isScalar(item))) return null;
    // §5: the real text of CD#26491.
    return decodeFailure(value, type === 'int' ? '[]uint64' : '[]string');
  }
  if (NUMBER_OPERATORS.includes(operator)) return isNumeric(value) ? null : decodeFailure(value, 'uint64');
  if (STRING_OPERATORS.includes(operator))
    return typeof value === 'string' ? null : decodeFailure(value, 'string');
  return isScalar(value) ? null : decodeFailure(value, type ?? 'string');
}

/** §5: docs write some numbers as strings, and both occur. */
function isNumeric(value: unknown): boolean {
  return isInteger(value) || (typeof value === 'string' && /^\d+$/.test(value));
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function decodeFailure(value: unknown, kinds: string): string {
  return `bad predicate: failed to decode value ${JSON.stringify(JSON.stringify(value))}, supported kinds: ${kinds}`;
}
