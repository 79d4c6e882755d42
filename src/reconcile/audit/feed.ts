import { actionOf, type AuditedAction } from '../../core/audit/action.ts';
import { entryOf } from '../../core/audit/entry.ts';
import { hangsOnToken, isOurs } from '../../core/audit/ours.ts';
import type { JsonObject, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Attributions } from '../drift/attributions.ts';
import { AUDIT_KEY, type AuditPage, EMPTY_AUDIT_PAGE, parseAuditPage, textOfAuditPage } from './page.ts';
import type { AuditedAccounts } from './audited-accounts.ts';
import { NotAllowedError, planned, type ReconcileError, StoppedError } from '../errors.ts';
import { damagedRecord } from '../event/damaged-record.ts';
import type { ReconcileEvent } from '../event/events.ts';
import type { Keeper } from '../ledger/keeper.ts';
import type { OwnRays } from './own-rays.ts';
import type { Account, AuditReader, CallOptions, Clock, Emit, StateStore, TokenCheck } from '../ports.ts';

export interface AuditFeedPorts {
  readonly reader: AuditReader & TokenCheck;
  readonly accounts: AuditedAccounts;
  readonly clock: Clock;
  readonly attributions: Attributions;
  readonly rays: OwnRays;
  readonly keeper: Keeper;
  /** Puts scopes to the front of the queue. */
  readonly lookAt: (scopes: readonly ScopeKey[]) => void;
  readonly emit: Emit;
}

export interface AuditFeedRules {
  readonly intervalMs: number;
  /** What was read is read again for so long, because entries come late and out of order. */
  readonly overlapMs: number;
  /** Calls are at least so far apart on average, however many accounts there are. */
  readonly callMs: number;
}

/** What came of entries that were taken in. */
export interface Taken {
  readonly entries: number;
  readonly ours: number;
  readonly others: number;
}

interface Trouble {
  readonly failures: number;
  readonly isTold: boolean;
  /** Monotonic. */
  readonly retryAt: number;
}

interface Saved {
  readonly at: number;
  readonly text: string;
  /** It holds writes of which it was not known yet what they have caused. */
  readonly isOpen: boolean;
}

/** A right is given by a person; each try costs a call. */
const REFUSED_WAIT_MS = 3_600_000;
/** A failure that passes by itself is not worth telling. */
const FAILURES_TOLD = 3;
const SEEN_KEPT_MS = 24 * 3_600_000;
const MOST_SEEN = 2_000;
/** Two answers about the token may differ only after somebody exchanged it. */
const TOKEN_FRESH_MS = 10 * 60_000;

/**
 * Reads who changed Logpush jobs from the accounts' audit logs, or takes it in where Cloudflare sends it: brings the
 * scopes to the front of the queue that somebody else changed, and hands on who that was.
 *
 * It is a hint, never the truth: what it misses the sweep finds, and what it fails at keeps nobody else from working.
 */
export class AuditFeed {
  readonly #ports: AuditFeedPorts;
  readonly #rules: AuditFeedRules;
  readonly #readUntil: Map<string, number>;
  /** Where more was there than could be read at once: from where the next poll goes on. */
  readonly #goesOnAt = new Map<string, number>();
  readonly #seen: Map<string, number>;
  readonly #troubles = new Map<string, Trouble>();
  readonly #known = Promise.withResolvers<void>();
  #scopes: ReadonlyMap<ScopeKey, Scope> | null = null;
  #tokenId: string | null = null;
  #tokenAskedAt: number | null = null;
  #saved: Saved | null = null;

  /** @throws StateError when the state cannot be read. */
  static async open(
    state: Pick<StateStore, 'load'>,
    ports: AuditFeedPorts,
    rules: AuditFeedRules,
  ): Promise<AuditFeed> {
    const text = (await state.load()).get(AUDIT_KEY);
    const page = text === undefined ? EMPTY_AUDIT_PAGE : parseAuditPage(text);
    if (page === null) ports.emit(damagedRecord('audit', [AUDIT_KEY], 'what was read of the audit log'));
    return new AuditFeed(page ?? EMPTY_AUDIT_PAGE, ports, rules);
  }

  private constructor(page: AuditPage, ports: AuditFeedPorts, rules: AuditFeedRules) {
    this.#ports = ports;
    this.#rules = rules;
    this.#readUntil = new Map(Object.entries(page.readUntil));
    this.#seen = new Map(page.seen);
    ports.rays.restore(page.rays);
    ports.attributions.learn(page.actions);
  }

  /** Subscribe this to the loop's events. */
  readonly emit = (event: ReconcileEvent): void => {
    // What a write has explained by now must not explain anything else after a restart.
    if (event.type === 'pass.finished' && this.#saved?.isOpen === true) this.#save();
    if (event.type !== 'scopes.known') return;
    this.#scopes = new Map(event.scopes.map((scope) => [scopeKey(scope), scope]));
    this.#known.resolve();
  };

  /** Polls until it is stopped, from when it is known which scopes there are. Rejects with a bug only. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#known.promise, stopped]);
    while (!signal.aborted) {
      const startedAt = this.#ports.clock.monotonic();
      const calls = await this.poll(signal);
      const tookMs = this.#ports.clock.monotonic() - startedAt;
      const roundMs = Math.max(this.#rules.intervalMs, calls * this.#rules.callMs);
      await this.#ports.clock.sleep(Math.max(roundMs - tookMs, 1_000), signal).catch(() => undefined);
    }
    this.#save();
  }

  /** Asks each account, one after the other; resolves to how many calls that took. */
  async poll(signal: AbortSignal): Promise<number> {
    const call: CallOptions = { signal, priority: 'change' };
    const listings = this.#ports.accounts.calls;
    const accounts = await this.#accounts(call);
    let calls = this.#ports.accounts.calls - listings;
    for (const account of accounts) {
      if (signal.aborted) break;
      if (!this.#isResting(account)) calls += await this.#pollOne(account, call);
    }
    if (!signal.aborted) this.#saveInTime();
    return calls;
  }

  /** Takes entries in that Cloudflare has sent by itself; null before it is known which scopes they may be about. */
  async ingest(entries: readonly JsonObject[], signal: AbortSignal): Promise<Taken | null> {
    if (this.#scopes === null) return null;
    return this.#take(entries, null, { signal, priority: 'change' });
  }

  /** Where it cannot be known which accounts there are, those are asked that were before. */
  async #accounts(call: CallOptions): Promise<readonly Account[]> {
    const before = [...this.#readUntil.keys()].map((id) => ({ id, name: id }));
    if (this.#isResting(null)) return before;
    try {
      const accounts = await this.#ports.accounts.of([...(this.#scopes?.values() ?? [])], call);
      this.#succeeded(null);
      return accounts;
    } catch (error) {
      const failure = planned(error);
      if (!(failure instanceof StoppedError)) this.#failed(null, failure);
      return before;
    }
  }

  #isResting(account: Account | null): boolean {
    return (this.#troubles.get(account?.id ?? '')?.retryAt ?? 0) > this.#ports.clock.monotonic();
  }

  /** @returns how many calls it took; of one that failed, one. */
  async #pollOne(account: Account, call: CallOptions): Promise<number> {
    const before = this.#ports.attributions.now();
    const until = Math.min(this.#readUntil.get(account.id) ?? before, before);
    try {
      const since = this.#goesOnAt.get(account.id) ?? until - this.#rules.overlapMs;
      const { reader } = this.#ports;
      const { entries, isWhole, calls } = await reader.readAuditLog(account.id, { since, before }, call);
      // Of a burst within one millisecond, what one poll cannot read is left to the sweep.
      const last = lastOf(entries, since + 1);
      if (isWhole) this.#goesOnAt.delete(account.id);
      else this.#goesOnAt.set(account.id, last);
      this.#readUntil.set(account.id, isWhole ? before : Math.max(until, last));
      this.#succeeded(account);
      await this.#take(entries, account, call);
      return calls;
    } catch (error) {
      const failure = planned(error);
      if (!(failure instanceof StoppedError)) this.#failed(account, failure);
      return 1;
    }
  }

  #succeeded(account: Account | null): void {
    const trouble = this.#troubles.get(account?.id ?? '');
    this.#troubles.delete(account?.id ?? '');
    if (trouble?.isTold === true) this.#ports.emit({ type: 'audit.resumed', account });
  }

  #failed(account: Account | null, error: ReconcileError): void {
    const key = account?.id ?? '';
    const before = this.#troubles.get(key);
    const isRefused = error instanceof NotAllowedError;
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = isRefused ? REFUSED_WAIT_MS : 0;
    const isNews = before?.isTold !== true && (isRefused || failures >= FAILURES_TOLD);
    if (isNews) {
      const retryAt = new Date(this.#ports.clock.now() + Math.max(waitMs, this.#rules.intervalMs));
      this.#ports.emit({ type: 'audit.failed', account, error, retryAt: retryAt.toISOString() });
    }
    const retryAt = this.#ports.clock.monotonic() + waitMs;
    this.#troubles.set(key, { failures, isTold: isNews || before?.isTold === true, retryAt });
  }

  async #take(entries: readonly JsonObject[], account: Account | null, call: CallOptions): Promise<Taken> {
    const actions = entries.flatMap((entry) => actionOf(entryOf(entry)) ?? []);
    const fresh = [...new Map(actions.map((action) => [action.event, action])).values()].filter(
      ({ event }) => !this.#seen.has(event),
    );
    for (const { event, at } of fresh) this.#seen.set(event, at);
    await this.#knowToken(fresh, account, call);
    const others = fresh.filter((action) => !isOurs(action, this.#ourselves));
    const told = others.filter(({ scope }) => this.#scopes?.has(scopeKey(scope)) === true);
    const taken = { entries: entries.length, ours: fresh.length - others.length, others: told.length };
    this.#ports.emit({ type: 'audit.read', account, ...taken, ...this.#delayOf(told) });
    this.#hand(told);
    if (told.length > 0) this.#save();
    return taken;
  }

  /** Who reads that somebody changed a job reads next what was found there. */
  #hand(actions: readonly AuditedAction[]): void {
    const { attributions, emit, lookAt } = this.#ports;
    for (const { scope, name, action, id, found, attribution } of attributions.learn(actions)) {
      const foundAt = new Date(found).toISOString();
      emit({ type: 'drift.attributed', scope, job: name, action, id, foundAt, attribution });
    }
    const scopes = new Set(actions.map(({ scope }) => scopeKey(scope)));
    if (scopes.size > 0) lookAt([...scopes]);
  }

  #delayOf(actions: readonly AuditedAction[]): { readonly delayMs?: number } {
    const latest = actions.map(({ at }) => at).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (actions.length === 0) return {};
    return { delayMs: Math.max(0, Math.round(this.#ports.attributions.now() - latest)) };
  }

  get #ourselves(): { readonly rays: OwnRays; readonly tokenId: string | null } {
    return { rays: this.#ports.rays, tokenId: this.#tokenId };
  }

  /** Asked for only where a write hangs on it: of most, the ray tells. */
  async #knowToken(
    actions: readonly AuditedAction[],
    account: Account | null,
    call: CallOptions,
  ): Promise<void> {
    if (!actions.some((action) => hangsOnToken(action, this.#ourselves))) return;
    const { clock, reader } = this.#ports;
    const isFresh = this.#tokenAskedAt !== null && clock.monotonic() - this.#tokenAskedAt < TOKEN_FRESH_MS;
    if (isFresh) return;
    this.#tokenAskedAt = clock.monotonic();
    for (const place of account === null ? [undefined] : [undefined, account.id]) {
      try {
        const { id } = await reader.verifyToken(place, call);
        this.#tokenId = id === '' ? null : id;
        return;
      } catch (error) {
        planned(error);
      }
    }
  }

  /** A restart reads again what was read since the last save, which costs nothing while that is within the overlap. */
  #saveInTime(): void {
    const { at } = this.#saved ?? { at: Number.NEGATIVE_INFINITY };
    if (this.#ports.clock.monotonic() >= at + this.#rules.overlapMs / 2) this.#save();
  }

  #save(): void {
    const from = this.#ports.attributions.now() - SEEN_KEPT_MS;
    for (const [event, at] of this.#seen) if (at < from) this.#seen.delete(event);
    const actions = this.#ports.attributions.unsettled;
    const text = textOfAuditPage({
      readUntil: Object.fromEntries(this.#readUntil),
      seen: [...this.#seen].slice(-MOST_SEEN),
      rays: this.#ports.rays.kept,
      actions,
    });
    if (text !== this.#saved?.text) this.#ports.keeper.keep(AUDIT_KEY, text);
    this.#saved = { at: this.#ports.clock.monotonic(), text, isOpen: actions.length > 0 };
  }
}

/** The time of the last entry that has one: with the oldest first, all before it was read. */
function lastOf(entries: readonly JsonObject[], otherwise: number): number {
  const times = entries.map((entry) => entryOf(entry).at).filter((at) => !Number.isNaN(at));
  return times.reduce((latest, at) => Math.max(latest, at), otherwise);
}
