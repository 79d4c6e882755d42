import type { ScopeKey } from '../job/job.ts';
import { scopeKey } from '../job/job.ts';
import { fingerprintOf, type Group, type Subject } from './alert.ts';
import { type Reason, REASON_NAMES } from './reasons.ts';

/** Something wrong that was seen. */
export interface Report {
  readonly reason: Reason;
  readonly subject: Subject;
  /** What it has in common with others that make one alert with it; null: it is known by itself. */
  readonly cause: string | null;
  /** Told only once it has lasted this long: what passes by itself is nobody's concern. */
  readonly patienceMs: number;
}

/** Something wrong that was seen and is not over yet, whether anybody was told or not. */
export interface Fault extends Report {
  /** The pass that saw it first; null where it was none. */
  readonly passId: string | null;
  /** Milliseconds since the epoch: seen first. */
  readonly firstAt: number;
  /** The number of the event that showed it last; 0: before the restart. */
  readonly seenAt: number;
  /** The group it is told with; null: not told yet. */
  readonly fingerprint: string | null;
}

/** What is kept over restarts. */
export interface StandingState {
  readonly groups: readonly Omit<Group, 'subjects'>[];
  readonly faults: readonly Omit<Fault, 'seenAt'>[];
}

/** How a detail begins that says who did it. */
const AUTHOR = 'By ';

/** More of one reason than this, seen by one pass, make one alert: they have a cause that nobody could name. */
const MOST_ALONE = 10;

/**
 * What is wrong now. A fault begins when it is first reported and ends when a later look does not find it; faults
 * of one cause form a group, which is what people are told of. A group keeps its name as long as it has a fault.
 */
export class Standing {
  readonly #faults = new Map<string, Fault>();
  readonly #groups = new Map<string, Omit<Group, 'subjects'>>();

  constructor(state: StandingState = { groups: [], faults: [] }) {
    for (const group of state.groups) this.#groups.set(group.fingerprint, group);
    for (const fault of state.faults) this.#faults.set(keyOf(fault), { ...fault, seenAt: 0 });
  }

  report(
    report: Report,
    seen: { readonly at: number; readonly event: number; readonly passId: string | null },
  ): void {
    const known = this.#faults.get(keyOf(report));
    this.#faults.set(keyOf(report), {
      passId: seen.passId,
      firstAt: seen.at,
      fingerprint: null,
      // A cause that changes must not make two alerts of one.
      ...known,
      ...report,
      cause: known?.cause ?? report.cause,
      seenAt: seen.event,
    });
  }

  /** Says first who did it of faults that stand, where they do not say so yet. Begins nothing, and lets nothing last longer. */
  nameAuthor(keys: readonly string[], author: string): void {
    for (const key of keys) {
      const fault = this.#faults.get(key);
      if (fault === undefined || fault.subject.detail.startsWith(AUTHOR)) continue;
      const detail = `${AUTHOR}${author}. ${fault.subject.detail}`.trimEnd();
      this.#faults.set(key, { ...fault, subject: { ...fault.subject, detail } });
    }
  }

  /** Says what is left to do of a fault that stands, until it is reported anew. */
  sayNext(key: string, next: string): void {
    const fault = this.#faults.get(key);
    if (fault !== undefined) this.#faults.set(key, { ...fault, subject: { ...fault.subject, next } });
  }

  /** Ends what this holds for. */
  end(isOver: (fault: Fault) => boolean): void {
    for (const [key, fault] of this.#faults) if (isOver(fault)) this.#faults.delete(key);
  }

  /** Forms the groups of what is to be told by now, and gives all that stand. */
  groups(now: number): readonly Group[] {
    const fresh = [...this.#faults.values()].filter(
      ({ fingerprint, firstAt, patienceMs }) => fingerprint === null && now - firstAt >= patienceMs,
    );
    for (const reason of REASON_NAMES) this.#form(fresh.filter((fault) => fault.reason === reason));
    const members = Map.groupBy(this.#faults.values(), ({ fingerprint }) => fingerprint);
    for (const fingerprint of this.#groups.keys())
      if (!members.has(fingerprint)) this.#groups.delete(fingerprint);
    return [...this.#groups.values()].map((group) => ({
      ...group,
      subjects: (members.get(group.fingerprint) ?? []).map(({ subject }) => subject),
    }));
  }

  /** When the next fault has lasted long enough to be told, milliseconds since the epoch; null when none waits. */
  ripeAt(): number | null {
    const waiting = [...this.#faults.values()].filter(({ fingerprint }) => fingerprint === null);
    return waiting.length === 0
      ? null
      : Math.min(...waiting.map(({ firstAt, patienceMs }) => firstAt + patienceMs));
  }

  state(): StandingState {
    const faults = [...this.#faults.values()].map(
      ({ reason, subject, cause, patienceMs, passId, firstAt, fingerprint }) => {
        return { reason, subject, cause, patienceMs, passId, firstAt, fingerprint };
      },
    );
    return { groups: [...this.#groups.values()], faults };
  }

  #form(fresh: readonly Fault[]): void {
    const passes = Map.groupBy(fresh, ({ cause, passId }) => (cause === null ? (passId ?? '') : null));
    for (const [passId, faults] of passes) {
      if (passId === null) {
        for (const [cause, same] of Map.groupBy(faults, (fault) => fault.cause))
          this.#join(same, cause, [`${cause}`]);
      } else {
        const crowd = this.#crowdOf(faults[0]?.reason, passId);
        if (crowd !== undefined) faults.forEach((fault) => this.#assign(fault, crowd));
        else if (faults.length > MOST_ALONE)
          this.#join(faults, null, ['many', ...faults.map(({ subject }) => subject.key)]);
        else for (const fault of faults) this.#join([fault], null, [fault.subject.key]);
      }
    }
  }

  /** The alert about many faults that the same pass has seen. */
  #crowdOf(reason: Reason | undefined, passId: string): string | undefined {
    if (passId === '') return undefined;
    const same = [...this.#faults.values()].filter(
      (fault) =>
        fault.fingerprint !== null &&
        fault.reason === reason &&
        fault.passId === passId &&
        fault.cause === null,
    );
    const crowds = Map.groupBy(same, ({ fingerprint }) => fingerprint);
    return [...crowds].find(([, faults]) => faults.length > MOST_ALONE)?.[0] ?? undefined;
  }

  #join(faults: readonly Fault[], cause: string | null, about: readonly string[]): void {
    const [first] = faults;
    if (first === undefined) return;
    const { reason } = first;
    const fingerprint = fingerprintOf(reason, about);
    const since = new Date(Math.min(...faults.map(({ firstAt }) => firstAt))).toISOString();
    if (!this.#groups.has(fingerprint)) this.#groups.set(fingerprint, { fingerprint, reason, cause, since });
    for (const fault of faults) this.#assign(fault, fingerprint);
  }

  #assign(fault: Fault, fingerprint: string): void {
    this.#faults.set(keyOf(fault), { ...fault, fingerprint });
  }
}

/** Names a fault, by its reason and the key of its subject. */
export function faultKey(reason: Reason, key: string): string {
  return `${reason} ${key}`;
}

function keyOf({ reason, subject }: Pick<Report, 'reason' | 'subject'>): string {
  return faultKey(reason, subject.key);
}

/** The scope that a fault is about. */
export function scopeOf({ subject }: Fault): ScopeKey | null {
  return subject.scope === null ? null : scopeKey(subject.scope);
}
