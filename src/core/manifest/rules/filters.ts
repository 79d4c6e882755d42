import type { Problem } from '../../problem.ts';
import { filterFaults } from '../filter-faults.ts';
import { finding } from '../finding.ts';
import { isObject } from '../path.ts';
import { hasReference } from '../reference.ts';
import type { Written } from '../written.ts';
import { everyLayer } from './rule.ts';

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
