import type { JsonValue } from '../job/job.ts';
import type { Problem } from '../problem.ts';
import { finding, type Place } from './finding.ts';
import { matches } from './glob.ts';
import { isList, isObject, type Path } from './path.ts';
import { quoted } from './showing.ts';

/** A field that is left to others, for good or up to a day. */
export interface IgnoreRule {
  /** `filter`, or `output_options.sample_rate`. */
  readonly field: string;
  /** Pattern for the names of the jobs it is about. Absent: all that it stands over. */
  readonly job?: string;
  readonly reason?: string;
  /** As written: a day, which is its last, or a moment. */
  readonly until?: string;
  readonly place: Place;
}

/** The rules under a key `ignore`; a mere name of a field is a rule without end. */
export function ignoreRulesOf(
  value: JsonValue | undefined,
  placeOf: (path: Path) => Place,
): readonly IgnoreRule[] {
  if (!isList(value)) return [];
  return value.flatMap((item, index) => {
    const place = placeOf(['ignore', index]);
    if (typeof item === 'string') return [{ field: item, place }];
    if (!isObject(item) || typeof item['field'] !== 'string') return [];
    const { field, job, reason, until } = item;
    return [{ field, ...textsOf({ job, reason, until }), place }];
  });
}

function textsOf<Key extends string>(values: {
  readonly [key in Key]: JsonValue | undefined;
}): { readonly [key in Key]?: string } {
  const texts: { [key in Key]?: string } = {};
  for (const key in values) {
    const value = values[key];
    if (typeof value === 'string') texts[key] = value;
  }
  return texts;
}

/** The fields of a job that are left to others now, each once. */
export function ignoredFields(rules: readonly IgnoreRule[], job: string, now: number): readonly string[] {
  const inForce = rules.filter((rule) => !hasEnded(rule, now) && matches(rule.job ?? '*', job));
  return [...new Set(inForce.map(({ field }) => field))];
}

/** What to tell of rules that hold no more, each once, however many jobs it stands over. */
export function endedRules(rules: readonly IgnoreRule[], now: number): readonly Problem[] {
  const ended = rules.filter((rule) => hasEnded(rule, now));
  const byPlace = new Map(ended.map((rule) => [JSON.stringify(rule.place), rule]));
  return [...byPlace.values()].map(({ field, until = '', reason, place }) => {
    const why = reason === undefined ? '' : ` (${quoted(reason)})`;
    const message =
      `This rule${why} has ended with ${until}, so ${quoted(field)} is compared and put right again. ` +
      'Give it a later "until", or remove it.';
    return finding('ended-ignore', place, message);
  });
}

function hasEnded({ until }: IgnoreRule, now: number): boolean {
  return until !== undefined && now >= endOf(until);
}

const DAY_MS = 86_400_000;

/** A day holds to its end, in UTC. */
function endOf(until: string): number {
  return until.includes('T') ? Date.parse(until) : Date.parse(until) + DAY_MS;
}
