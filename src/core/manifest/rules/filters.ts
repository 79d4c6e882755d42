import { reachOf } from '../../filter/filter-reach.ts';
import { comparisonsIn, type FilterTree, filterTree } from '../../filter/filter-tree.ts';
import type { JsonValue } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';
import { filterFaults } from '../filter-faults.ts';
import { finding } from '../finding.ts';
import { isObject } from '../path.ts';
import { hasReference } from '../reference.ts';
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
const NOT_FILTERABLE: { readonly [dataset: string]: readonly string[] } = {
  firewall_events: [
    'Action',
    'Description',
    'Kind',
    'MatchIndex',
    'Metadata',
    'OriginatorRayID',
    'RuleID',
    'Source',
  ],
};

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
  const hidden = NOT_FILTERABLE[dataset] ?? [];
  for (const { key } of comparisons.filter((one) => hidden.includes(one.key)))
    yield `Cloudflare documents that ${key} of ${dataset} cannot be filtered. Leave it out, or filter where the logs arrive.`;
}
