import { pushesByJob } from '../../core/health/pushes.ts';
import { CallShare, type ShareRules } from '../call-share.ts';
import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { NotAllowedError, planned, type ReconcileError, StoppedError } from '../errors.ts';
import type { ReconcileEvent } from '../event/events.ts';
import type { CallOptions, Clock, Emit } from '../ports.ts';
import { type PushReader, ZONES_OF_A_QUERY } from './push-reader.ts';

export interface PushFeedPorts {
  readonly reader: PushReader;
  readonly clock: Clock;
  readonly emit: Emit;
}

export interface PushFeedRules {
  readonly intervalMs: number;
  /** However many scopes there are. */
  readonly share: ShareRules;
}

interface Trouble {
  readonly error: ReconcileError;
  readonly failures: number;
  /** Monotonic. */
  readonly retryAt: number;
}

/** Counted back from now. A plan that keeps analytics for a day refuses a longer time. */
const WINDOW_MS = 24 * 3_600_000;
/** A right is given by a person, and each try costs a call: twice as long after each refusal, up to a day. */
const REFUSED_WAIT_MS = 3_600_000;
const LONGEST_WAIT_MS = 24 * 3_600_000;
const ACTION = 'read what was pushed';
/** A failure that passes by itself is not worth telling. */
const FAILURES_TOLD = 3;

/**
 * Reads from GraphQL what became of the pushes of each job. It adds to what the jobs themselves say, and what it fails at keeps
 * nobody else from working.
 */
export class PushFeed {
  readonly #ports: PushFeedPorts;
  readonly #rules: PushFeedRules;
  readonly #troubles = new Map<ScopeKey, Trouble>();
  readonly #known = Promise.withResolvers<void>();
  #scopes: readonly Scope[] = [];
  readonly #share: CallShare;
  #isTold = false;

  constructor(ports: PushFeedPorts, rules: PushFeedRules) {
    this.#share = new CallShare(rules.share, ports.clock);
    this.#ports = ports;
    this.#rules = rules;
  }

  /** Subscribe this to the loop's events. */
  readonly emit = (event: ReconcileEvent): void => {
    if (event.type !== 'scopes.known') return;
    this.#scopes = event.scopes;
    const kept = new Set(event.scopes.map(scopeKey));
    for (const key of [...this.#troubles.keys()].filter((one) => !kept.has(one))) this.#troubles.delete(key);
    this.#known.resolve();
  };

  /** Polls until it is stopped, from when it is known which scopes there are. Rejects with a bug only. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#known.promise, stopped]);
    while (!signal.aborted) {
      const startedAt = clock.monotonic();
      await this.poll(signal);
      const leftMs = startedAt + this.#rules.intervalMs - clock.monotonic();
      await clock.sleep(Math.max(leftMs, 1_000), signal).catch(() => undefined);
    }
  }

  /** Asks for each scope once, as far as its share of the quota lets it. */
  async poll(signal: AbortSignal): Promise<void> {
    const now = this.#ports.clock.monotonic();
    const asked = this.#scopes.filter((scope) => (this.#troubles.get(scopeKey(scope))?.retryAt ?? 0) <= now);
    // Those that were refused before do not stop the others again.
    const isRefused = (scope: Scope): boolean => this.#troubles.has(scopeKey(scope));
    const batches = [
      ...batchesOf(asked.filter((scope) => !isRefused(scope))),
      ...batchesOf(asked.filter(isRefused)),
    ];
    for (const batch of batches) await this.#ask(batch, { signal, priority: 'sweep' });
    if (!signal.aborted) this.#tell();
  }

  /** One zone without the right refuses the whole query: each is then asked for alone. */
  async #ask(scopes: readonly Scope[], call: CallOptions): Promise<void> {
    const failure = await this.#read(scopes, call);
    if (failure === null || failure instanceof StoppedError) return;
    if (!(failure instanceof NotAllowedError) || scopes.length === 1) {
      this.#failed(scopes, failure);
      return;
    }
    for (const scope of scopes) {
      const own = await this.#read([scope], call);
      if (own instanceof StoppedError) return;
      if (own !== null) this.#failed([scope], own);
    }
  }

  /** @returns why it could not be read. */
  async #read(scopes: readonly Scope[], call: CallOptions): Promise<ReconcileError | null> {
    try {
      await this.#share.free(call.signal);
    } catch {
      return new StoppedError(ACTION);
    }
    this.#share.count(1);
    const before = this.#ports.clock.now();
    try {
      const read = await this.#ports.reader.readPushes(scopes, { since: before - WINDOW_MS, before }, call);
      for (const scope of scopes) {
        this.#troubles.delete(scopeKey(scope));
        const jobs = pushesByJob(read.get(scopeKey(scope)) ?? []);
        this.#ports.emit({ type: 'pushes.read', scope, jobs });
      }
      return null;
    } catch (error) {
      return planned(error);
    }
  }

  #failed(scopes: readonly Scope[], error: ReconcileError): void {
    for (const key of scopes.map(scopeKey)) {
      const failures = (this.#troubles.get(key)?.failures ?? 0) + 1;
      const refusedMs = Math.min(LONGEST_WAIT_MS, REFUSED_WAIT_MS * 2 ** (failures - 1));
      const waitMs = error instanceof NotAllowedError ? refusedMs : 0;
      this.#troubles.set(key, { error, failures, retryAt: this.#ports.clock.monotonic() + waitMs });
    }
  }

  /** Once for all scopes: where a right is missing, it is usually missing for many. */
  #tell(): void {
    const { clock, emit } = this.#ports;
    const scopes = this.#scopes.filter((scope) => isLasting(this.#troubles.get(scopeKey(scope))));
    const [first] = scopes;
    if (first === undefined) {
      if (this.#isTold && this.#troubles.size === 0) {
        this.#isTold = false;
        emit({ type: 'pushes.resumed' });
      }
      return;
    }
    if (this.#isTold) return;
    this.#isTold = true;
    const trouble = this.#troubles.get(scopeKey(first));
    if (trouble === undefined) return;
    const { error, retryAt } = trouble;
    const waitMs = Math.max(retryAt - clock.monotonic(), this.#rules.intervalMs);
    emit({ type: 'pushes.failed', scopes, error, retryAt: new Date(clock.now() + waitMs).toISOString() });
  }
}

function isLasting(trouble: Trouble | undefined): boolean {
  if (trouble === undefined) return false;
  return trouble.error instanceof NotAllowedError || trouble.failures >= FAILURES_TOLD;
}

/** As many zones as a query takes; accounts one by one. */
function batchesOf(scopes: readonly Scope[]): readonly (readonly Scope[])[] {
  const zones = scopes.filter(({ kind }) => kind === 'zone');
  const count = Math.ceil(zones.length / ZONES_OF_A_QUERY);
  return [
    ...Array.from({ length: count }, (_, index) =>
      zones.slice(index * ZONES_OF_A_QUERY, (index + 1) * ZONES_OF_A_QUERY),
    ),
    ...scopes.filter(({ kind }) => kind === 'account').map((scope) => [scope]),
  ];
}
