import {
  challengesIn,
  type Credential,
  seenAt,
  type SeenCredential,
  signaturesIn,
} from '../../core/credential/expiry.ts';
import { type Scope, scopeKey } from '../../core/job/job.ts';
import { planned } from '../errors.ts';
import type { ReconcileEvent } from '../event/events.ts';
import type { Account, CallOptions, Clock, Emit, TokenCheck } from '../ports.ts';

export interface CredentialPorts {
  readonly reader: TokenCheck;
  readonly accounts: { of(scopes: readonly Scope[], options: CallOptions): Promise<readonly Account[]> };
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly emit: Emit;
}

/** A token may be exchanged at any time; a look costs a call. */
const LOOK_MS = 3_600_000;

/**
 * Watches when credentials end: those of destinations on each look at a scope, that of logpushd itself by asking
 * Cloudflare. Subscribed to the loop's events.
 */
export class CredentialWatch {
  readonly #ports: CredentialPorts;
  /** The last step that was told, by owner and credential. */
  readonly #told = new Map<string, ReadonlyMap<string, number>>();
  readonly #known = Promise.withResolvers<void>();
  #scopes: readonly Scope[] = [];

  constructor(ports: CredentialPorts) {
    this.#ports = ports;
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'scope.planned') {
      const { passId, plan } = event;
      const credentials = this.#seen([...signaturesIn(plan.desired), ...challengesIn(plan)]);
      this.#ports.emit({ type: 'scope.credentials', passId, scope: plan.scope, credentials });
      this.#tell(plan.scope, credentials);
    }
    if (event.type === 'scopes.known') this.#retain(event.scopes);
  };

  /** Asks about the token each hour until it is stopped, from when it is known which scopes there are. */
  async run(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#known.promise, stopped]);
    while (!signal.aborted) {
      await this.lookAtToken(signal);
      await this.#ports.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  /** Says nothing where Cloudflare does not: what is wrong then shows elsewhere, and an end that is known stands. */
  async lookAtToken(signal: AbortSignal): Promise<void> {
    const call: CallOptions = { signal, priority: 'sweep' };
    try {
      const expiresAt = await this.#tokenEnd(call);
      const ends = expiresAt !== undefined && !Number.isNaN(Date.parse(expiresAt));
      const found: readonly Credential[] = ends
        ? [{ kind: 'api_token', destination: '', expiresAt, jobs: [] }]
        : [];
      const seen = this.#seen(found);
      this.#ports.emit({ type: 'token.examined', credential: seen[0] ?? null });
      this.#tell(null, seen);
    } catch (error) {
      planned(error);
    }
  }

  /** The token of an account sees no other account, and only there it can be asked about. */
  async #tokenEnd(call: CallOptions): Promise<string | undefined> {
    const { reader, accounts } = this.#ports;
    try {
      return (await reader.verifyToken(undefined, call)).expiresOn;
    } catch (error) {
      planned(error);
      const [account] = await accounts.of(this.#scopes, call);
      if (account === undefined) throw error;
      return (await reader.verifyToken(account.id, call)).expiresOn;
    }
  }

  #seen(credentials: readonly Credential[]): readonly SeenCredential[] {
    const now = this.#ports.clock.now();
    return credentials.map((one) => seenAt(one, now));
  }

  #tell(scope: Scope | null, credentials: readonly SeenCredential[]): void {
    const owner = scope === null ? '' : scopeKey(scope);
    const before = this.#told.get(owner);
    const steps = new Map<string, number>();
    for (const credential of credentials) {
      const { kind, destination, expiresAt, withinDays } = credential;
      if (withinDays === null) continue;
      const key = `${kind} ${destination} ${expiresAt}`;
      steps.set(key, withinDays);
      if (before?.get(key) !== withinDays)
        this.#ports.emit({ type: 'credential.expiring', scope, credential });
    }
    this.#told.set(owner, steps);
  }

  #retain(scopes: readonly Scope[]): void {
    this.#scopes = scopes;
    const kept = new Set(['', ...scopes.map(scopeKey)]);
    for (const owner of this.#told.keys()) if (!kept.has(owner)) this.#told.delete(owner);
    this.#known.resolve();
  }
}
