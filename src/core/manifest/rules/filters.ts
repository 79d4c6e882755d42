import { reachOf } from '../../filter/filter-reach.ts';
import {
  type Comparison,
  comparisonsIn,
  type FilterTree,
  filterTree,
  valueText,
} from '../../filter/filter-tree.ts';
import type { JsonValue } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';
import { documentedFields } from '../documented-fields.ts';
import { filterFaults } from '../filter-faults.ts';
import { finding } from '../finding.ts';
import { isList, isObject } from '../path.ts';
import { hasReference } from '../reference.ts';
import { quoted } from '../showing.ts';
import type { Written } from '../written.ts';
import { layerWith, placeIn, textOf } from '../written.ts';
import { everyJob, everyLayer } from './rule.ts';

/** A filter that is one reference as a whole is checked when its value is known. */
export function* badFilter(written: Written): Iterable<Problem> {
  for (const { document, path, body } of everyLayer(written)) {
    const { filter } = body;
    if (!(typeof filter === 'string' || isObject(filter))) continue;
    if (typeof filter === 'string' && hasReference(filter) && !filter.trim().startsWith('{')) continue;
    for (const fault of filterFaults(filter)) {
      const at = [...path, 'filter', ...fault.path];
      yield finding('bad-filter', document.placeOf(at), fault.message);
    }
  }
}

/** About 30, Cloudflare says (`cloudflare-api.md` §5). */
const MOST_OPERATORS = 30;
/** Fields that are in the records and that no filter can look at. */
const NOT_FILTERABLE: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'firewall_events',
    ['Action', 'Description', 'Kind', 'MatchIndex', 'Metadata', 'OriginatorRayID', 'RuleID', 'Source'],
  ],
]);

/** What Cloudflare takes, or may take, and what is hardly meant. */
export function* unusualFilter(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const found = layerWith(job, 'filter');
    if (found === undefined || !isReadable(found.value)) continue;
    const tree = filterTree(found.value);
    if (tree === null) continue;
    for (const message of unusualIn(tree, textOf(job.merged, 'dataset') ?? ''))
      yield finding('unusual-filter', placeIn(found.piece, 'filter'), message);
  }
}

/** Values of references are not known here. */
function isReadable(filter: JsonValue): boolean {
  return !JSON.stringify(filter).includes('${') && filterFaults(filter).length === 0;
}

function* unusualIn(tree: FilterTree, dataset: string): Iterable<string> {
  const comparisons = comparisonsIn(tree);
  const reach = reachOf(tree);
  if (reach === 'nothing')
    yield 'No record can pass this filter: its conditions contradict each other, so nothing would be pushed.';
  if (reach === 'all') yield 'Every record passes this filter, so it drops nothing. Remove it, or mend it.';
  if (comparisons.length > MOST_OPERATORS) {
    yield `The filter has ${comparisons.length} operators, and Cloudflare takes about ${MOST_OPERATORS}. Join those of one field with "in".`;
  }
  const hidden = NOT_FILTERABLE.get(dataset) ?? [];
  for (const { key } of comparisons.filter((one) => hidden.includes(one.key)))
    yield `Cloudflare documents that ${key} of ${dataset} cannot be filtered. Leave it out, or filter where the logs arrive.`;
  const fields = documentedFields(dataset);
  for (const comparison of comparisons) {
    const misuse = misuseOf(comparison, fields?.get(comparison.key));
    if (misuse !== undefined) yield misuse;
  }
}

/** Which operators Cloudflare has for fields of a type (`cloudflare-api.md` §5). Of other types nothing is known. */
const OPERATORS: ReadonlyMap<string, RegExp> = new Map([
  ['bool', /^!?eq$/],
  ['int', /^(!?eq|!?in|[lg]t|[lg]eq)$/],
  ['string', /^!?(eq|in|contains|startsWith|endsWith)$/],
  ['array[int]', /^!?contains$/],
  ['array[string]', /^!?contains$/],
]);

const UNFILTERABLE: readonly string[] = ['object', 'array[object]'];

/** What Cloudflare documents not to work for a field of this type. */
function misuseOf({ key, operator, value }: Comparison, type: string | undefined): string | undefined {
  if (type === undefined) return undefined;
  if (UNFILTERABLE.includes(type))
    return `${key} is of type ${type}, and Cloudflare filters neither objects nor lists of them. Leave it out, or filter where the logs arrive.`;
  if (OPERATORS.get(type)?.test(operator) === false)
    return `${key} is of type ${type}, and "${operator}" is for other types. Use another operator.`;
  const values = isList(value) ? value : [value];
  const other = values.find((one) => !isOfType(one, type));
  if (other === undefined) return undefined;
  return `${key} is of type ${type}, and ${quoted(valueText(other))} is no value of that, so the condition means nothing. Mend the value.`;
}

/** Numbers and truth values may be written as text, as Cloudflare's examples do. */
function isOfType(value: JsonValue, type: string): boolean {
  if (type === 'int') return /^-?[0-9]+$/.test(valueText(value));
  return type !== 'bool' || /^(true|false)$/.test(valueText(value));
}
