import { type Alert, alertOf, type Group, type Notice, noticeOf } from './alert.ts';
import { type AlertFilter, subjectsFor } from './filter.ts';

/** What a receiver was told last of a group that still stands. */
export interface Told {
  /** The part that the receiver is for. */
  readonly alert: Alert;
  /** RFC 3339: since when the whole group stands; the part may have begun later. */
  readonly groupSince: string;
  /** It was told the end of its part, while the group goes on. */
  readonly isOver: boolean;
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
  /** What has begun and found no room, by fingerprint. */
  readonly left: ReadonlyMap<string, Group>;
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
  for (const [fingerprint, known] of told) {
    const group = groups.get(fingerprint);
    const isGroupOver = group?.since !== known.groupSince;
    if (known.isOver && isGroupOver) after.delete(fingerprint);
    if (known.isOver) continue;
    const isPartOver = group === undefined || subjectsFor(terms.filter, group).length === 0;
    const rest = isGroupOver ? null : { ...known, at: terms.now, times: 0, isOver: true };
    if (isGroupOver || isPartOver) tell(noticeOf(known.alert, 'resolved', terms.now), fingerprint, rest);
    else after.set(fingerprint, { ...known, alert: latestOf(known.alert, group, terms.filter) });
  }
  for (const group of standing) {
    const subjects = subjectsFor(terms.filter, group);
    const before = after.get(group.fingerprint);
    if (subjects.length === 0 || (before !== undefined && !isToldAgain(before, group, terms))) continue;
    // A part that begins anew while its group goes on is another alert to the receiver.
    const since = before?.isOver ? new Date(terms.now).toISOString() : (before?.alert.since ?? group.since);
    const alert = { ...alertOf(group, subjects), since };
    const times = before === undefined ? 0 : before.times;
    const known = { alert, groupSince: group.since, isOver: false, at: terms.now, times: times + 1 };
    tell(noticeOf(alert, 'firing', terms.now, times), group.fingerprint, known);
  }
  const isLeft = (group: Group): boolean =>
    !after.has(group.fingerprint) && subjectsFor(terms.filter, group).length > 0;
  const left = new Map(standing.filter(isLeft).map((group) => [group.fingerprint, group]));
  return { notices, told: after, left };
}

/**
 * What is known by now of an alert that was told, as who did it: its end says it too, and a message that still waits. Its name
 * and number stay, and what has become less or more is told by its end alone.
 */
function latestOf(told: Alert, group: Group, filter: AlertFilter): Alert {
  const { detail, next, subjects, count } = alertOf(group, subjectsFor(filter, group));
  const isAboutTheSame =
    count === told.count && subjects.every(({ key }, index) => key === told.subjects[index]?.key);
  return isAboutTheSame ? { ...told, detail, next, subjects } : told;
}

function isToldAgain(before: Told, group: Group, { repeatMs, now, waiting }: DueTerms): boolean {
  if (before.groupSince !== group.since) return false;
  if (before.isOver) return true;
  if (repeatMs === null) return false;
  return now - before.at >= repeatMs && !waiting.has(group.fingerprint);
}
