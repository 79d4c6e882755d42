import { isList } from '../job/canonical-json.ts';
import type { JsonObject, JsonValue } from '../job/job.ts';
import { type Comparison, type FilterTree, valueText } from './filter-tree.ts';

/**
 * Whether Cloudflare would push this record. A number may be written as text, as Cloudflare's own examples do; a
 * field that the record does not have is like an empty one.
 */
export function matchesFilter(tree: FilterTree, record: JsonObject): boolean {
  if ('all' in tree) return tree.all.every((node) => matchesFilter(node, record));
  if ('any' in tree) return tree.any.some((node) => matchesFilter(node, record));
  return holds(tree, record[tree.key] ?? '');
}

type Test = (field: JsonValue, value: JsonValue) => boolean;

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['eq', isSame],
  ['lt', (field, value) => compared(field, value, (a, b) => a < b)],
  ['leq', (field, value) => compared(field, value, (a, b) => a <= b)],
  ['gt', (field, value) => compared(field, value, (a, b) => a > b)],
  ['geq', (field, value) => compared(field, value, (a, b) => a >= b)],
  ['startsWith', (field, value) => valueText(field).startsWith(valueText(value))],
  ['endsWith', (field, value) => valueText(field).endsWith(valueText(value))],
  ['contains', contains],
  ['in', (field, value) => isList(value) && value.some((item) => isSame(field, item))],
]);

function contains(field: JsonValue, value: JsonValue): boolean {
  return isList(field)
    ? field.some((item) => isSame(item, value))
    : valueText(field).includes(valueText(value));
}

function holds({ operator, value }: Comparison, field: JsonValue): boolean {
  const isOpposite = operator.startsWith('!');
  const test = TESTS.get(isOpposite ? operator.slice(1) : operator);
  return isOpposite !== (test?.(field, value) ?? false);
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return valueText(a) === valueText(b);
}

/** False where one of them is no number. */
function compared(a: JsonValue, b: JsonValue, test: (a: number, b: number) => boolean): boolean {
  const [x, y] = [a, b].map((one) =>
    typeof one === 'string' && one.trim() === '' ? Number.NaN : Number(one),
  );
  return test(x ?? Number.NaN, y ?? Number.NaN);
}
