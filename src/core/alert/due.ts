import { type Alert, alertOf, type Group, type Notice, noticeOf } from './alert.ts';
import { type AlertFilter, subjectsFor } from './filter.ts';

/** What a receiver was told last of an alert that it has not been told the end of. */
export interface Told {
  readonly alert: Alert;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly times: number;
}

export interface DueTerms {
  readonly filter: AlertFilter;
  /** How often what still stands is told again; null: once. */
  readonly repeatMs: number | null;
  readonly now: number;
  /** Fingerprints of what waits to be sent: not told again before that. */
  readonly waiting: ReadonlySet<string>;
  /** How many messages there is room for. */
  readonly room: number;
}

export interface Due {
  readonly notices: readonly Notice[];
  /** What is told then. */
  readonly told: ReadonlyMap<string, Told>;
}

/**
 * What a receiver must be told so that it knows what stands: a comparison, like that of live and desired jobs, and
 * so one firing and one resolved message whatever happened between. What finds no room is due the next time.
 */
export function dueOf(standing: readonly Group[], told: ReadonlyMap<string, Told>, terms: DueTerms): Due {
  const groups = new Map(standing.map((group) => [group.fingerprint, group]));
  const notices: Notice[] = [];
  const after = new Map(told);
  const tell = (notice: Notice, fingerprint: string, known: Told | null): void => {
    if (notices.length >= terms.room) return;
    notices.push(notice);
    if (known === null) after.delete(fingerprint);
    else after.set(fingerprint, known);
  };
  for (const [fingerprint, { alert }] of told) {
    const since = groups.get(fingerprint)?.since;
    if (since !== alert.since) tell(noticeOf(alert, 'resolved', terms.now), fingerprint, null);
  }
  for (const group of standing) {
    const subjects = subjectsFor(terms.filter, group);
    const before = after.get(group.fingerprint);
    if (subjects.length === 0 || (before !== undefined && !isToldAgain(before, group, terms))) continue;
    const alert = alertOf(group, subjects);
    const times = before === undefined ? 0 : before.times;
    const known = { alert, at: terms.now, times: times + 1 };
    tell(noticeOf(alert, 'firing', terms.now, times), group.fingerprint, known);
  }
  return { notices, told: after };
}

function isToldAgain(before: Told, group: Group, { repeatMs, now, waiting }: DueTerms): boolean {
  if (before.alert.since !== group.since || repeatMs === null) return false;
  return now - before.at >= repeatMs && !waiting.has(group.fingerprint);
}
