import { isObject } from '../core/job/canonical-json.ts';
import type { JsonValue } from '../core/job/job.ts';
import type { Patience } from '../core/health/rules.ts';

/** The checked value of `health.lagging_after`. */
export function patienceFrom(value: JsonValue): readonly Patience[] {
  const entries = Array.isArray(value) ? value.filter(isObject) : [];
  return entries.flatMap(({ dataset, minutes }) =>
    typeof dataset === 'string' && typeof minutes === 'number' ? [{ dataset, minutes }] : [],
  );
}
