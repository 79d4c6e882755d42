import { NotAllowedError, type ReconcileError } from '../../reconcile/errors.ts';
import type { Clock, Emit, Priority } from '../../reconcile/ports.ts';
import { AttemptFailure, isTokenRefused, saysNothing } from './failure.ts';

/** One call on its way. */
export interface Visit {
  /**
   * Right before each attempt.
   *
   * @throws NotAllowedError when the token is known to be refused by now, and this call is not the one that tries it.
   * @throws AttemptFailure  when several other calls were just refused, and it may be a blip: they try it again.
   */
  check(credential: string): void;
  /** An attempt was refused; it may be a blip. */
  refusedOnce(): void;
  /** Once, with what became of it; null where it went well. */
  leave(failure: ReconcileError | null): void;
}

export interface Visitor {
  readonly action: string;
  readonly priority: Priority;
  /** Below the base URL. */
  readonly path: string;
  /** What would be sent as the credential. Rejects with `NotAllowedError`. */
  readonly credential: () => Promise<string>;
}

const FIRST_WAIT_MS = 60_000;
/** As often as the default schedule sweeps. */
const LONGEST_WAIT_MS = 15 * 60_000;
const MANY_SCOPES = 3;
const MANY_REFUSALS = 3;
const LONG_MS = 5 * 60_000;

/**
 * Addresses whose answers say something about the token: not the check that only tokens of the other kind pass, nor the
 * audit log, for which a right is needed that nothing else needs.
 */
const IS_TELLING = /^\/(?:zones|accounts)(?!\/[^/]+\/(?:tokens\/verify$|logs\/audit\?))(?:[/?]|$)/;

const UNSEEN: Visit = {
  check: () => undefined,
  refusedOnce: () => undefined,
  leave: () => undefined,
};

interface Refused {
  readonly error: NotAllowedError;
  readonly credential: string;
  /** Refusals in a row, and when the first was. */
  readonly times: number;
  readonly firstAt: number;
  readonly since: number;
  readonly scopes: ReadonlySet<string>;
  /** The token as such: calls of other scopes are not sent any more. */
  readonly isDoubted: boolean;
  readonly isTold: boolean;
  readonly lastAt: number;
  readonly waitMs: number;
}

/**
 * Whether the token is refused as such (`reliability.md` F12), as opposed to a right that is missing for one scope.
 *
 * The two have the same answer, so it is the token when several scopes are refused with no success between them, or
 * all that there are, or the list of zones or accounts. Then one call tries it after a minute, later each time, and
 * all others fail with the answer that the last one got. A token file that holds another token is tried at once.
 */
export class TokenStanding {
  readonly #clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly #emit: Emit;
  readonly #scopes = new Set<string>();
  /** Scopes of which an attempt was refused since the last success. */
  readonly #suspects = new Set<string>();
  #refused: Refused | null = null;
  /** Resolves when the call that tries the token has ended. */
  #probe: Promise<void> | null = null;

  constructor(clock: Pick<Clock, 'monotonic' | 'now'>, emit: Emit = () => undefined) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Waits while another call tries the token. */
  async enter(visitor: Visitor): Promise<Visit> {
    // A token of an account is refused by the check for tokens of users, though it is good.
    if (!IS_TELLING.test(visitor.path)) return UNSEEN;
    const scope = scopeOf(visitor.path);
    if (scope !== null) this.#scopes.add(scope);
    while (this.#refused?.isDoubted) {
      const credential = await visitor.credential();
      if (!this.#refused?.isDoubted) break;
      if (!this.#isDue(visitor.priority, credential)) throw sameFor(visitor.action, this.#refused.error);
      if (this.#probe === null) return this.#probing(scope);
      await this.#probe;
    }
    let used = '';
    let isSuspect = false;
    return {
      check: (credential) => {
        used = credential;
        const refused = this.#refused;
        if (refused?.isDoubted && refused.credential === credential)
          throw sameFor(visitor.action, refused.error);
        if (!isSuspect && this.#isMany(this.#suspects)) throw blipFor(visitor.action);
      },
      refusedOnce: () => {
        isSuspect = true;
        this.#suspects.add(scope ?? visitor.path);
      },
      leave: (failure) => {
        // Whoever was to try again has ended; were it suspected for ever, nobody would be sent any more.
        if (isSuspect) this.#suspects.delete(scope ?? visitor.path);
        this.#heard(failure, scope, used, false);
      },
    };
  }

  #probing(scope: string | null): Visit {
    const ended = Promise.withResolvers<void>();
    this.#probe = ended.promise;
    let used = '';
    return {
      check: (credential) => {
        used = credential;
      },
      refusedOnce: () => undefined,
      leave: (failure) => {
        this.#heard(failure, scope, used, true);
        this.#probe = null;
        ended.resolve();
      },
    };
  }

  /** A person who asks for something has perhaps just put the token right. */
  #isDue(priority: Priority, credential: string): boolean {
    const refused = this.#refused;
    if (refused === null || refused.credential !== credential) return true;
    const waitMs = priority === 'change' ? FIRST_WAIT_MS : refused.waitMs;
    return this.#clock.monotonic() - refused.lastAt >= waitMs;
  }

  #heard(failure: ReconcileError | null, scope: string | null, credential: string, isProbe: boolean): void {
    if (failure !== null && isTokenRefused(failure)) {
      this.#refuse(failure, scope, credential, isProbe);
    } else if (failure === null || !saysNothing(failure)) {
      if (this.#refused?.isTold) this.#emit({ type: 'token.accepted' });
      this.#refused = null;
      this.#suspects.clear();
    } else if (isProbe && this.#refused !== null) {
      this.#refused = { ...this.#refused, lastAt: this.#clock.monotonic() };
    }
  }

  #refuse(error: NotAllowedError, scope: string | null, credential: string, isProbe: boolean): void {
    const now = this.#clock.monotonic();
    const before = this.#refused ?? this.#first(error, credential, now);
    const scopes = new Set([...before.scopes, ...(scope === null ? [] : [scope])]);
    const isDoubted = before.isDoubted || scope === null || this.#isMany(scopes);
    // Calls that were under way when it was doubted say nothing new.
    const isNews = !before.isDoubted || isProbe;
    const waitMs = before.isDoubted ? Math.min(LONGEST_WAIT_MS, 2 * before.waitMs) : FIRST_WAIT_MS;
    const next = { ...before, error, credential, scopes, isDoubted };
    this.#refused = isNews ? { ...next, times: before.times + 1, lastAt: now, waitMs } : next;
    this.#tellOnce(now);
  }

  #isMany(scopes: ReadonlySet<string>): boolean {
    return scopes.size >= Math.min(MANY_SCOPES, Math.max(1, this.#scopes.size));
  }

  #first(error: NotAllowedError, credential: string, now: number): Refused {
    return {
      error,
      credential,
      times: 0,
      firstAt: now,
      since: this.#clock.now(),
      scopes: new Set(),
      isDoubted: false,
      isTold: false,
      lastAt: now,
      waitMs: FIRST_WAIT_MS,
    };
  }

  #tellOnce(now: number): void {
    const refused = this.#refused;
    if (refused === null || refused.isTold || !refused.isDoubted) return;
    if (refused.times < MANY_REFUSALS || now - refused.firstAt < LONG_MS) return;
    this.#refused = { ...refused, isTold: true };
    const { error, since, waitMs } = refused;
    const retryAt = new Date(this.#clock.now() + waitMs).toISOString();
    this.#emit({ type: 'token.refused', error, since: new Date(since).toISOString(), retryAt });
  }
}

/** As in `/zones/0123…`; null for what is about no one zone or account. */
function scopeOf(path: string): string | null {
  return /^\/(?:zones|accounts)\/[^/]+/.exec(path)?.[0] ?? null;
}

function blipFor(action: string): AttemptFailure {
  const cause = 'the token was just refused for other calls';
  return new AttemptFailure(new NotAllowedError({ action, cause }, { isAsked: false }), 'blip');
}

function sameFor(action: string, error: NotAllowedError): NotAllowedError {
  const { status, errors, ray, meaning } = error;
  const details = {
    action,
    errors,
    ...(meaning === undefined ? {} : { meaning }),
    ...(status === undefined ? {} : { status }),
    ...(ray === undefined ? {} : { ray }),
  };
  return new NotAllowedError(details, { isAsked: false });
}
