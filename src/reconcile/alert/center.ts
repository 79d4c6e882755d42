import type { Group } from '../../core/alert/alert.ts';
import { termsOf } from '../../core/alert/reasons.ts';
import { type Fault, faultKey, scopeOf, Standing, type StandingState } from '../../core/alert/standing.ts';
import { type Scope, type ScopeKey, scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import { datasetOf } from '../../core/plan/desired-text.ts';
import type { Scrub } from '../../core/render/shown-value.ts';
import { REASONS_OF_WRITING, sightOf } from './table.ts';
import type { EventOf, ReconcileEvent } from '../event/events.ts';
import type { Clock, Emit } from '../ports.ts';

/** Who tells people. */
export interface AlertSink {
  /** What stands now, whenever it may have changed, and what to remember of it over a restart. Neither throws nor waits. */
  readonly stand: (groups: readonly Group[], state: StandingState) => void;
  /** What is known before it is told: a restart goes on with it, so that what was put right meanwhile is told all the same. */
  readonly remember: (state: () => StandingState) => void;
}

export interface AlertCenterOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly sink: AlertSink;
  readonly scrub: Scrub;
  /** What stood when the process before this one ended. */
  readonly state: StandingState;
}

/** A pass that is under way. */
interface OpenPass {
  /** The number of its first event. */
  readonly begunAt: number;
  /** Scopes that it has planned, and the number of that event. */
  readonly looks: Map<ScopeKey, number>;
  readonly datasets: Map<ScopeKey, ReadonlyMap<string, string>>;
  /** Jobs that Cloudflare has disabled. */
  readonly disabled: Map<ScopeKey, ReadonlySet<string>>;
  /** Faults of which it has learnt nothing. */
  readonly keeps: Set<string>;
}

/** News of a long pass does not wait for its end. */
const LONGEST_WAIT_MS = 30_000;
/**
 * Folds events to what is wrong now. Whatever a pass looks at anew it reports anew, so what it no longer reports is
 * over; nothing is concluded from what was not looked at. News is gathered until the pass ends, so that what has one
 * cause is told once.
 */
export class AlertCenter {
  readonly #options: AlertCenterOptions;
  readonly #standing: Standing;
  readonly #passes = new Map<string, OpenPass>();
  readonly #ending = new AbortController();
  #events = 0;
  /** When the next look is due by the clock, milliseconds since the epoch. */
  #dueAt: number | null = null;

  constructor(options: AlertCenterOptions) {
    this.#options = options;
    this.#standing = new Standing(options.state);
    this.#tell();
  }

  /** Subscribe this to the loop's events. */
  readonly emit: Emit = (event) => {
    this.#events += 1;
    this.#notePass(event);
    this.#fold(event);
    if (event.type === 'pass.finished') this.#conclude(event);
    const isPassOver = event.type === 'pass.finished' || event.type === 'pass.failed';
    if (isPassOver) this.#tell();
  };

  /** Tells what is known so far, and nothing later. */
  close(): void {
    this.#tell();
    this.#ending.abort();
  }

  #notePass(event: ReconcileEvent): void {
    if (event.type === 'pass.started') {
      const pass = {
        begunAt: this.#events,
        looks: new Map(),
        datasets: new Map(),
        disabled: new Map(),
        keeps: new Set<string>(),
      };
      this.#passes.set(event.passId, pass);
    } else if (event.type === 'scope.planned') {
      const key = scopeKey(event.plan.scope);
      this.#passes.get(event.passId)?.looks.set(key, this.#events);
      this.#passes.get(event.passId)?.datasets.set(key, datasetsIn(event.plan));
    } else if (event.type === 'scope.health') {
      this.#passes.get(event.passId)?.disabled.set(scopeKey(event.scope), disabledIn(event));
    }
  }

  #fold(event: ReconcileEvent): void {
    const passId = 'passId' in event ? event.passId : null;
    const pass = passId === null ? undefined : this.#passes.get(passId);
    const sight = sightOf(event.type, event, {
      scrub: this.#options.scrub,
      datasetOf: (scope: Scope, job: string) => pass?.datasets.get(scopeKey(scope))?.get(job),
      isDisabledByCloudflare: (scope, job) => pass?.disabled.get(scopeKey(scope))?.has(job) ?? false,
    });
    if (sight === undefined) return;
    const at = this.#options.clock.now();
    for (const report of sight.reports ?? [])
      this.#standing.report(report, { at, event: this.#events, passId });
    for (const key of sight.keeps ?? []) pass?.keeps.add(key);
    if (sight.names) this.#standing.nameAuthor(sight.names.faults, this.#options.scrub(sight.names.author));
    if (sight.healed) this.#standing.sayNext(sight.healed.fault, sight.healed.next);
    if (sight.ends) this.#standing.end(sight.ends);
    const isNews = [sight.names, sight.ends, sight.reports?.[0]].some((one) => one !== undefined);
    if (isNews) this.#options.sink.remember(() => this.#standing.state());
    if (isNews) this.#tellWithin(pass === undefined ? 0 : LONGEST_WAIT_MS);
  }

  #conclude({ passId, triggers, summary }: EventOf<'pass.finished'>): void {
    const pass = this.#passes.get(passId);
    this.#passes.delete(passId);
    if (pass === undefined) return;
    const isFirst = triggers.includes('startup');
    this.#standing.end((fault) => {
      const { subject, reason, seenAt } = fault;
      if (pass.keeps.has(faultKey(reason, subject.key))) return false;
      if (isFirst && seenAt === 0 && isToldByEvents(fault)) return true;
      // The guard let nothing be tried.
      if (summary.refused && REASONS_OF_WRITING.includes(reason)) return false;
      const scope = scopeOf(fault);
      const { endsBy } = termsOf(reason);
      if (endsBy === 'event') return false;
      const lookedAt =
        scope === null ? (endsBy === 'pass' ? pass.begunAt : undefined) : pass.looks.get(scope);
      return lookedAt !== undefined && seenAt < lookedAt;
    });
  }

  /** Once, however often it is asked in the meantime. */
  #tellWithin(ms: number): void {
    const { clock } = this.#options;
    const due = clock.now() + ms;
    if (this.#dueAt !== null && this.#dueAt <= due) return;
    this.#dueAt = due;
    const tell = (): void => {
      if (this.#dueAt === due) this.#tell();
    };
    void clock.sleep(ms, this.#ending.signal).then(tell, () => undefined);
  }

  #tell(): void {
    this.#dueAt = null;
    const { clock, sink } = this.#options;
    const now = clock.now();
    sink.stand(this.#standing.groups(now), this.#standing.state());
    const ripe = this.#standing.ripeAt();
    if (ripe !== null) this.#tellWithin(Math.max(0, ripe - now));
  }
}

/** No later look can find it again: an event began it, and the event that ends it may have got lost with the process. */
function isToldByEvents({ reason, subject }: Fault): boolean {
  // The ledger knows it over a restart, and tells its end.
  if (reason === 'PauseStanding') return false;
  const { endsBy } = termsOf(reason);
  return endsBy === 'event' || (endsBy === 'scope' && subject.scope === null);
}

function datasetsIn({ desired }: Plan): ReadonlyMap<string, string> {
  return new Map(desired.jobs.map((job) => [job.name, datasetOf(job)]));
}

function disabledIn({ jobs }: EventOf<'scope.health'>): ReadonlySet<string> {
  const disabled = jobs.filter(
    ({ isManaged, health }) => isManaged && health.state === 'disabled_by_cloudflare',
  );
  return new Set(disabled.map(({ name }) => name));
}
