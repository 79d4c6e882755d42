import { OPPOSITES } from '../filter/filter-tree.ts';
import { isDeeperThan, parseJson } from '../job/canonical-json.ts';
import { filterText, MAX_FILTER_DEPTH } from '../job/filter.ts';
import type { JsonValue } from '../job/job.ts';
import { suggestion } from './nearest.ts';
import type { Path } from './path.ts';
import { isList, isObject } from './path.ts';
import { byteLength, listed, quoted } from './showing.ts';

export interface FilterFault {
  /** From the filter to the fault; empty for a filter written as text. */
  readonly path: Path;
  readonly message: string;
}

const OPERATORS: readonly string[] = Object.keys(OPPOSITES);
/** What people write who know another language. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['neq', '!eq'],
  ['ne', '!eq'],
  ['!=', '!eq'],
  ['==', 'eq'],
  ['=', 'eq'],
  ['<', 'lt'],
  ['<=', 'leq'],
  ['lte', 'leq'],
  ['>', 'gt'],
  ['>=', 'geq'],
  ['gte', 'geq'],
  ['notIn', '!in'],
  ['not_in', '!in'],
]);
const LARGEST_BYTES = 1000;

/** The operator that somebody meant who wrote this one, which there is not. */
export function operatorMeant(operator: string): string | undefined {
  return MEANT.get(operator);
}

/** What Cloudflare would refuse in a filter, written as an object or as its JSON text. */
export function filterFaults(filter: JsonValue): readonly FilterFault[] {
  if (filter === null || filter === '') return [];
  const large = sizeFaults(filter);
  if (typeof filter !== 'string') return [...conditionFaultsOf(filter), ...large];
  const parsed = parseJson(filter);
  if (parsed === undefined) {
    return [
      {
        path: [],
        message:
          'The filter is not JSON. Write it as an object, or as JSON like {"where":{"key":"…","operator":"eq","value":"…"}}.',
      },
    ];
  }
  if (isDeeperThan(MAX_FILTER_DEPTH, parsed)) {
    const message = `The conditions are nested more than ${MAX_FILTER_DEPTH} deep. Cloudflare takes far fewer.`;
    return [{ path: [], message }];
  }
  const faults = conditionFaultsOf(parsed).map(({ path, message }) => ({
    path: [],
    message: path.length === 0 ? message : `In ${path.join('.')}: ${message}`,
  }));
  return [...faults, ...large];
}

function sizeFaults(filter: JsonValue): readonly FilterFault[] {
  const text = filterText(filter);
  const bytes = byteLength(text);
  // A reference is longer or shorter than its value.
  if (bytes <= LARGEST_BYTES || text.includes('${')) return [];
  return [
    {
      path: [],
      message: `The filter has ${bytes} bytes as JSON; Cloudflare takes at most ${LARGEST_BYTES}.`,
    },
  ];
}

function conditionFaultsOf(filter: JsonValue): readonly FilterFault[] {
  if (!isObject(filter)) return [{ path: [], message: 'A filter is an object with the key "where".' }];
  const other = Object.keys(filter).find((key) => key !== 'where');
  const { where } = filter;
  if (where === undefined) {
    return [
      { path: [], message: 'The filter has no "where". Write { where: { key: …, operator: …, value: … } }.' },
    ];
  }
  if (other !== undefined)
    return [{ path: [other], message: 'Beside "where" a filter has no keys. Remove this one.' }];
  if (isObject(where) && Object.keys(where).length === 0) return [];
  return [...nodeFaults(where, ['where'])];
}

function* nodeFaults(node: JsonValue, path: Path): Iterable<FilterFault> {
  if (!isObject(node)) {
    yield { path, message: 'A condition is an object: key, operator and value, or "and", or "or".' };
    return;
  }
  const keys = Object.keys(node);
  const groups = keys.filter((key) => key === 'and' || key === 'or');
  const group = groups[0];
  if (group === undefined) yield* comparisonFaults(node, path);
  else if (keys.length > 1) {
    const message =
      'A condition has exactly one form: key, operator and value, or "and", or "or". Put the others into a list below "and".';
    yield { path, message };
  } else yield* groupFaults(node[group] ?? null, [...path, group]);
}

function* groupFaults(list: JsonValue, path: Path): Iterable<FilterFault> {
  if (!isList(list) || list.length === 0) {
    yield { path, message: `"${String(path.at(-1))}" takes a list of at least one condition.` };
    return;
  }
  for (const [index, node] of list.entries()) yield* nodeFaults(node, [...path, index]);
}

const COMPARISON_KEYS: readonly string[] = ['key', 'operator', 'value'];

function* comparisonFaults(node: { readonly [key: string]: JsonValue }, path: Path): Iterable<FilterFault> {
  const unknown = Object.keys(node).find((key) => !COMPARISON_KEYS.includes(key));
  if (unknown !== undefined) {
    yield {
      path: [...path, unknown],
      message: `${quoted(unknown)} does not belong into a condition. ${conditionMeant(unknown)}`,
    };
    return;
  }
  const missing = COMPARISON_KEYS.filter((key) => node[key] === undefined);
  if (missing.length > 0) {
    yield { path, message: `This condition lacks ${listed(missing.map((key) => `"${key}"`))}.` };
    return;
  }
  const { key, operator, value } = node;
  if (typeof key !== 'string' || key === '')
    yield { path: [...path, 'key'], message: 'The key is the name of a field.' };
  if (typeof operator !== 'string' || !OPERATORS.includes(operator)) {
    yield { path: [...path, 'operator'], message: unknownOperator(operator) };
    return;
  }
  const wantsList = operator === 'in' || operator === '!in';
  if (wantsList && !(isList(value) && value.length > 0 && value.every(isPlain))) {
    yield {
      path: [...path, 'value'],
      message: `"${operator}" takes a list of texts or numbers, as in [200, 201].`,
    };
  }
  const wrongType = isPlain(value) ? typeFault(operator, value) : undefined;
  if (wrongType !== undefined) yield { path: [...path, 'value'], message: wrongType };
  if (!wantsList && !isPlain(value)) {
    const hint = isList(value) ? ' For a list use "in".' : '';
    yield {
      path: [...path, 'value'],
      message: `"${operator}" takes one text, number, true or false.${hint}`,
    };
  }
}

/** An operator as a key is how other languages write it, as in `{ eq: { ClientIP: … } }`. */
function conditionMeant(unknown: string): string {
  const operator = OPERATORS.includes(unknown) ? unknown : operatorMeant(unknown);
  if (operator !== undefined) return `Write { key: …, operator: "${operator}", value: … }.`;
  const found = suggestion(unknown, [...COMPARISON_KEYS, 'and', 'or']).trim();
  return found === '' ? 'It has key, operator and value, or "and", or "or".' : found;
}

/** Numbers may be written as text, as Cloudflare's examples do. */
function typeFault(operator: string, value: JsonValue | undefined): string | undefined {
  if (/^[lg](?:t|eq)$/.test(operator) && !hasReference(value) && !isNumeric(value))
    return `"${operator}" takes a number. For texts there are eq, in, startsWith, endsWith and contains.`;
  if (/^!?(?:starts|ends)With$/.test(operator) && typeof value !== 'string')
    return `"${operator}" takes a text. Put the value in quotes.`;
  return undefined;
}

function isNumeric(value: JsonValue | undefined): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?[0-9]+(?:\.[0-9]+)?$/.test(value));
}

function hasReference(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.includes('${');
}

function unknownOperator(operator: JsonValue | undefined): string {
  const all = `There are: ${listed(OPERATORS)}.`;
  if (typeof operator !== 'string') return `The operator is a text. ${all}`;
  const meant = operatorMeant(operator);
  const guess = meant === undefined ? suggestion(operator, OPERATORS) : ` Did you mean "${meant}"?`;
  return `${quoted(operator)} is not an operator.${guess} ${all}`;
}

function isPlain(value: JsonValue | undefined): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
