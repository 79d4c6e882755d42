import { actionOf, type AuditedAction } from '../../core/audit/action.ts';
import { entryOf } from '../../core/audit/entry.ts';
import { isOurs } from '../../core/audit/ours.ts';
import type { JsonObject, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Attributions } from '../drift/attributions.ts';
import { AUDIT_KEY, type AuditPage, EMPTY_AUDIT_PAGE, parseAuditPage, textOfAuditPage } from './page.ts';
import type { AuditedAccounts } from './audited-accounts.ts';
import { CallShare, type ShareRules } from '../call-share.ts';
import { planned, StoppedError } from '../errors.ts';
import { damagedRecord } from '../event/damaged-record.ts';
import type { ReconcileEvent } from '../event/events.ts';
import type { Keeper } from '../ledger/keeper.ts';
import type { OwnRays } from './own-rays.ts';
import { OwnToken } from './own-token.ts';
import { AuditTroubles } from './troubles.ts';
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
  /** However many accounts there are. */
  readonly share: ShareRules;
}

/** What came of entries that were taken in. */
export interface Taken {
  readonly entries: number;
  readonly ours: number;
  readonly others: number;
}

interface Saved {
  readonly at: number;
  readonly text: string;
  /** It holds writes of which it was not known yet what they have caused. */
  readonly isOpen: boolean;
}

const SEEN_KEPT_MS = 24 * 3_600_000;
const MOST_SEEN = 2_000;

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
  readonly #troubles: AuditTroubles;
  readonly #share: CallShare;
  readonly #token: OwnToken;
  readonly #known = Promise.withResolvers<void>();
  #scopes: ReadonlyMap<ScopeKey, Scope> | null = null;
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
    this.#troubles = new AuditTroubles(rules.intervalMs, ports);
    this.#share = new CallShare(rules.share, ports.clock);
    this.#token = new OwnToken({ ...ports, share: this.#share });
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
      await this.poll(signal);
      const leftMs = startedAt + this.#rules.intervalMs - this.#ports.clock.monotonic();
      await this.#ports.clock.sleep(Math.max(leftMs, 1_000), signal).catch(() => undefined);
    }
    this.#save();
  }

  /** Asks each account, one after the other, as far as its share of the quota lets it. */
  async poll(signal: AbortSignal): Promise<void> {
    const call: CallOptions = { signal, priority: 'change' };
    const accounts = (await this.#isFree(signal)) ? await this.#accounts(call) : [];
    for (const account of accounts) {
      if (this.#troubles.isResting(account)) continue;
      if (!(await this.#isFree(signal))) break;
      await this.#pollOne(account, call);
    }
    if (!signal.aborted) this.#saveInTime();
  }

  /** False when it is stopped before. */
  async #isFree(signal: AbortSignal): Promise<boolean> {
    await this.#share.free(signal).catch(() => undefined);
    return !signal.aborted;
  }

  /** Takes entries in that Cloudflare has sent by itself; null before it is known which scopes they may be about. */
  async ingest(entries: readonly JsonObject[], signal: AbortSignal): Promise<Taken | null> {
    if (this.#scopes === null) return null;
    return this.#take(entries, null, { signal, priority: 'change' });
  }

  /** Where it cannot be known which accounts there are, those are asked that were before. */
  async #accounts(call: CallOptions): Promise<readonly Account[]> {
    const before = [...this.#readUntil.keys()].map((id) => ({ id, name: id }));
    if (this.#troubles.isResting(null)) return before;
    const listings = this.#ports.accounts.calls;
    try {
      const accounts = await this.#ports.accounts.of([...(this.#scopes?.values() ?? [])], call);
      this.#troubles.succeeded(null);
      return accounts;
    } catch (error) {
      const failure = planned(error);
      if (!(failure instanceof StoppedError)) this.#troubles.failed(null, failure);
      return before;
    } finally {
      this.#share.count(this.#ports.accounts.calls - listings);
    }
  }

  async #pollOne(account: Account, call: CallOptions): Promise<void> {
    let sent = 1;
    const before = this.#ports.attributions.now();
    const until = Math.min(this.#readUntil.get(account.id) ?? before, before);
    try {
      const since = this.#goesOnAt.get(account.id) ?? until - this.#rules.overlapMs;
      const { reader } = this.#ports;
      const { entries, isWhole, calls } = await reader.readAuditLog(account.id, { since, before }, call);
      sent = calls;
      // Of a burst within one millisecond, what one poll cannot read is left to the sweep.
      const last = lastOf(entries, since + 1);
      if (isWhole) this.#goesOnAt.delete(account.id);
      else this.#goesOnAt.set(account.id, last);
      this.#readUntil.set(account.id, isWhole ? before : Math.max(until, last));
      this.#troubles.succeeded(account);
      await this.#take(entries, account, call);
    } catch (error) {
      const failure = planned(error);
      if (!(failure instanceof StoppedError)) this.#troubles.failed(account, failure);
    } finally {
      this.#share.count(sent);
    }
  }

  async #take(entries: readonly JsonObject[], account: Account | null, call: CallOptions): Promise<Taken> {
    const actions = entries.flatMap((entry) => actionOf(entryOf(entry)) ?? []);
    const fresh = [...new Map(actions.map((action) => [action.event, action])).values()].filter(
      ({ event }) => !this.#seen.has(event),
    );
    for (const { event, at } of fresh) this.#seen.set(event, at);
    await this.#token.learnFor(fresh, account, call);
    const others = fresh.filter(
      (action) => !isOurs(action, { rays: this.#ports.rays, tokenId: this.#token.id }),
    );
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
