import type { LiveJob } from '../job/job.ts';
import { minuteText } from '../minute.ts';
import type { Change, FieldDiff, Fight } from './change.ts';
import type { Healing, Healings, LedgerEntry } from './ledger-entry.ts';
import { ENABLED_AGAIN, hasRecovered } from './reenable.ts';

/**
 * Two programs that each put back what the other writes would go on for ever. So a field is healed so many times in
 * a row at most, then once an hour, and a person is told (`reliability.md` invariant 21).
 *
 * In a row means: never more than an hour after the last time. Whatever the schedule, an opponent who undoes
 * everything costs five writes and then one an hour: less than 30 in a day.
 */

const MOST_IN_A_ROW = 5;
const HOUR_MS = 3_600_000;
/** A clock that says so much less than at the last healing was set back: when the hour is over, nobody knows. */
const SET_BACK_MS = 300_000;

/** The healing of a job that was deleted, as opposed to that of a field. No path has a space. */
const MADE_ANEW = 'made anew';

/** Why this must not be healed now, or null. Several fields together wait for the first of them. */
export function fightOf(
  entry: LedgerEntry | undefined,
  fields: readonly FieldDiff[] | 'all',
  now: number,
): Fight | null {
  const keys = fields === 'all' ? [MADE_ANEW] : keysOf(fields);
  const waiting = keys.flatMap((key) => waitingOf(healingOf(entry?.healings, key), now) ?? []);
  return waiting.length === 0 ? null : waiting.reduce(together);
}

function waitingOf(healing: Healing | undefined, now: number): Fight | null {
  if (healing === undefined || (!healing.fought && healing.times < MOST_IN_A_ROW)) return null;
  if (!isWithinHour(healing, now)) return null;
  if (Date.parse(healing.last) - now > SET_BACK_MS) return null;
  const until = new Date(Date.parse(healing.last) + HOUR_MS).toISOString();
  return { times: healing.times, since: healing.since, until };
}

function together(a: Fight, b: Fight): Fight {
  const [since = a.since] = [a.since, b.since].toSorted();
  const [until = a.until] = [a.until, b.until].toSorted();
  return { times: Math.max(a.times, b.times), since, until };
}

/** A clock that was set back must not stop healing for as long. */
function isWithinHour({ last }: Healing, now: number): boolean {
  return Math.abs(now - Date.parse(last)) < HOUR_MS;
}

/** What to remember once a change is written: what it put right is counted. */
export function healingsAfter(known: Healings | undefined, change: Change, now: number): Healings {
  const at = new Date(now).toISOString();
  const healed = healedBy(change).map((key): readonly [string, Healing] => {
    const before = healingOf(known, key);
    const goesOn = before !== undefined && (before.fought || isWithinHour(before, now));
    if (!goesOn) return [key, { times: 1, since: at, last: at, fought: false }];
    return [key, { ...before, times: before.times + 1, last: at }];
  });
  return Object.fromEntries([...Object.entries(known ?? {}), ...healed]);
}

function healedBy(change: Change): readonly string[] {
  if (change.action === 'create') return change.class === 'drift' ? [MADE_ANEW] : [];
  // Nobody undoes that: Cloudflare disables what cannot deliver.
  if (change.action === 'update' && change.reenables) return [];
  return keysOf(change.fields.filter((field) => field.class === 'drift'));
}

/** Without the tries to enable it again, of which none may have. */
export function putRightOf(healings: Healings): readonly Healing[] {
  return Object.entries(healings).flatMap(([key, healing]) => (key === ENABLED_AGAIN ? [] : [healing]));
}

/** What is still to be remembered of a job that was seen in sync: the rest is over. */
export function healingsInSync(known: Healings | undefined, live: LiveJob, now: number): Healings {
  const stands = ([key, healing]: readonly [string, Healing]): boolean =>
    key === ENABLED_AGAIN ? !hasRecovered(healing, live) : isWithinHour(healing, now);
  return Object.fromEntries(Object.entries(known ?? {}).filter(stands));
}

/** The same with the mark that it was told, or null where it was told before. */
export function healingsTold(
  known: Healings | undefined,
  action: Change['action'],
  fields: readonly FieldDiff[],
): Healings | null {
  const keys = action === 'create' ? [MADE_ANEW] : keysOf(fields);
  const news = keys.flatMap((key) => {
    const healing = healingOf(known, key);
    return healing === undefined || healing.fought ? [] : [[key, { ...healing, fought: true }] as const];
  });
  return news.length === 0 ? null : Object.fromEntries([...Object.entries(known ?? {}), ...news]);
}

/** An entry with these healings; with none it does not mention them. */
export function withHealings(entry: LedgerEntry, healings: Healings): LedgerEntry {
  const { healings: _, ...rest } = entry;
  return Object.keys(healings).length === 0 ? rest : { ...rest, healings };
}

/** The destination is one string and cannot be healed in part. */
export function keysOf(fields: readonly FieldDiff[]): readonly string[] {
  return [
    ...new Set(fields.map(({ path }) => (/^destination_conf\b/.test(path) ? 'destination_conf' : path))),
  ];
}

/** Names of fields are somebody else's, so they may be those of every object. */
function healingOf(healings: Healings | undefined, key: string): Healing | undefined {
  return healings !== undefined && Object.hasOwn(healings, key) ? healings[key] : undefined;
}

/** Why a field is left as it is, and what to do; `what` as in `enabled of job 12`. */
export function whyFought(what: string, remedy: string, { times, since, until }: Fight): string {
  return (
    `Somebody at Cloudflare undoes ${what} again and again: it was put right ${times} times in a row since ` +
    `${minuteText(since)}, so it is tried once an hour from now on, next at ${minuteText(until).slice(-9)}. ` +
    `Find the other tool or person (Cloudflare's audit log names them), or ${remedy}.`
  );
}
