import type { DesiredScope, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { digestOf, type Desired, type ManifestInForce } from '../manifest/desired.ts';
import { planned } from '../errors.ts';
import type { Trigger } from '../event/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Emit, Priority } from '../ports.ts';
import { moreUrgent, type Request, type ScopeQueue } from './queue.ts';
import type { Retries } from './retries.ts';
import type { Turns } from './turns.ts';

/** Somebody wants scopes looked at, and the manifest read before that. */
export interface Ask {
  /** `changed`: those for which the manifest says something else than before. */
  readonly look: 'all' | 'changed' | ReadonlySet<ScopeKey>;
  readonly trigger: Trigger;
  readonly priority: Priority;
}

export interface IntakePorts {
  readonly manifest: ManifestInForce;
  readonly ledger: Ledger;
  readonly turns: Turns;
  readonly queue: ScopeQueue;
  readonly retries: Retries;
  readonly emit: Emit;
  readonly newPassId: () => string;
  /** There is no scope at all; a pass tells so. */
  readonly lookAtNothing: (trigger: Trigger, priority: Priority) => Promise<void>;
  readonly onBug: (error: unknown) => void;
  /** Aborted: nothing is read and queued any more. */
  readonly signal: AbortSignal;
}

/**
 * Reads the manifest when asked and puts scopes into the queue.
 *
 * What is asked while the manifest is being read is answered by one further read, so that no edit is missed and
 * a hundred asks cost two reads. An ask that cannot be answered, because zones cannot be listed, stays and is
 * retried.
 */
export class Intake {
  readonly #ports: IntakePorts;
  #asks: readonly Ask[] = [];
  /** The last answer under way or to come. */
  #working: Promise<void> = Promise.resolve();
  #isNextPlanned = false;
  /** The revision for which the queue has all that changed. */
  #answered: string | null = null;
  /** What each scope was last wanted to be; null before the first manifest. */
  #digests: ReadonlyMap<ScopeKey, string> | null = null;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /** Resolves when the scopes are in the queue, or the failure was told. */
  ask(ask: Ask): Promise<void> {
    this.#asks = merged([...this.#asks, ask]);
    return this.#work();
  }

  /** To be asked when what keeps the manifest from being resolved is over. */
  askLater(ask: Ask): void {
    this.#asks = merged([...this.#asks, ask]);
    this.#ports.retries.after(RESOLVING, () => void this.#work());
  }

  /** Resolves when everything that was asked up to now is answered. */
  get settled(): Promise<void> {
    return this.#working;
  }

  #work(): Promise<void> {
    if (this.#isNextPlanned) return this.#working;
    this.#isNextPlanned = true;
    this.#working = this.#working
      .then(() => {
        this.#isNextPlanned = false;
        return this.#answer();
      })
      .catch(this.#ports.onBug);
    return this.#working;
  }

  async #answer(): Promise<void> {
    if (this.#ports.signal.aborted || this.#asks.length === 0) return;
    // Taken before the read: what is asked from now on may be about an edit that this read does not see.
    const asks = this.#asks;
    this.#asks = [];
    await this.#refresh();
    const open = this.#hasNews ? asks : asks.filter(({ look }) => look !== 'changed');
    if (open.length === 0 || this.#ports.signal.aborted) return;
    const desired = await this.#resolve(open);
    if (desired !== null) await this.#enqueue(desired, open);
  }

  /** The last accepted manifest stays in force when this one cannot be read, or has errors. */
  async #refresh(): Promise<void> {
    const { manifest, retries, emit, signal } = this.#ports;
    try {
      await manifest.refresh(signal);
      retries.succeeded(READING);
    } catch (error) {
      const failure = planned(error);
      if (signal.aborted) return;
      emit({ type: 'manifest.unreadable', error: failure });
      retries.after(READING, () => void this.ask({ look: 'changed', trigger: 'retry', priority: 'change' }));
    }
  }

  get #hasNews(): boolean {
    const { accepted } = this.#ports.manifest;
    return accepted !== null && accepted.revision !== this.#answered;
  }

  /** Null when there is no manifest, or what it needs could not be listed. */
  async #resolve(open: readonly Ask[]): Promise<Desired | null> {
    const { manifest, retries, emit, signal, turns, newPassId } = this.#ports;
    try {
      const priority = open.map((ask) => ask.priority).reduce(moreUrgent);
      const desired = await manifest.resolve({ signal, priority });
      retries.succeeded(RESOLVING);
      return desired;
    } catch (error) {
      const failure = planned(error);
      if (signal.aborted) return null;
      const triggers = [...new Set(open.map(({ trigger }) => trigger))];
      emit({ type: 'pass.failed', passId: newPassId(), triggers, error: failure });
      // Nobody can tell which scopes the new manifest is about, so no plan of the former one may be written.
      if (this.#hasNews) for (const key of this.#digests?.keys() ?? []) turns.void(key);
      for (const ask of open) this.askLater(ask);
      return null;
    }
  }

  async #enqueue(desired: Desired, open: readonly Ask[]): Promise<void> {
    const { queue, turns, emit, lookAtNothing } = this.#ports;
    const known = this.#knownScopes(desired);
    const changed = this.#changedScopes(desired, known, open);
    this.#answered = desired.revision;
    emit({ type: 'scopes.known', scopes: [...known.values()] });
    for (const key of changed) turns.void(key);
    const [first] = open.filter(({ look }) => look === 'changed').concat(open);
    if (first === undefined) return;
    const { trigger, priority } = first;
    const edits = { scopes: changed, trigger, priority: 'change' } as const;
    queue.add(edits, ...open.flatMap((ask) => requestOf(ask, known)));
    if (known.size === 0) await lookAtNothing(trigger, priority);
  }

  /** An edit is a change whoever notices it first: were it left to a sweep that did, it would wait like one. */
  #changedScopes(
    desired: Desired,
    known: ReadonlyMap<ScopeKey, Scope>,
    open: readonly Ask[],
  ): readonly ScopeKey[] {
    const former = this.#digests;
    const digests = this.#digestsOf(desired);
    this.#digests = digests;
    const keys = [...known.keys()];
    if (former === null) return open.some(({ look }) => look === 'changed') ? keys : [];
    return keys.filter((key) => former.get(key) !== digests.get(key));
  }

  #digestsOf({ scopes }: Desired): ReadonlyMap<ScopeKey, string> {
    const { fingerprint } = this.#ports.ledger;
    const digest = (scope: DesiredScope): string => digestOf(scope, fingerprint);
    return new Map([...scopes].map(([key, scope]) => [key, digest(scope)]));
  }

  /** The manifest's scopes, and those of the ledger that it no longer mentions. */
  #knownScopes({ scopes }: Desired): ReadonlyMap<ScopeKey, Scope> {
    const owned = this.#ports.ledger.scopes().map((scope) => [scopeKey(scope), scope] as const);
    return new Map([...owned, ...[...scopes].map(([key, { scope }]) => [key, scope] as const)]);
  }
}

/** Keys of retries; scopes have others. */
const READING = 'manifest';
const RESOLVING = 'scopes';

function requestOf(
  { look, trigger, priority }: Ask,
  known: ReadonlyMap<ScopeKey, Scope>,
): readonly Request[] {
  if (look === 'changed') return [];
  const scopes = look === 'all' ? known.keys() : [...look].filter((key) => known.has(key));
  return [{ scopes, trigger, priority }];
}

/** Each ask once, however often it was made while it could not be answered. */
function merged(asks: readonly Ask[]): readonly Ask[] {
  const kinds = Map.groupBy(asks, ({ look, trigger, priority }) =>
    [typeof look === 'string' ? look : 'some', trigger, priority].join(' '),
  );
  return [...kinds.values()].flatMap(([first, ...others]) => {
    if (first === undefined || typeof first.look === 'string') return first ?? [];
    const sets = [first, ...others].flatMap(({ look }) => (typeof look === 'string' ? [] : [...look]));
    return { ...first, look: new Set(sets) };
  });
}
