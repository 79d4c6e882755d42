import type { Scope } from '../../core/job/job.ts';
import type { Directory } from '../manifest/directory.ts';
import { NotAllowedError } from '../errors.ts';
import type { Account, CallOptions, Clock } from '../ports.ts';

/** How long a list of accounts stands that was asked for because nothing else tells which account a zone is in. */
const FRESH_MS = 3_600_000;

const UNSEEN = { action: 'find the accounts of the zones', cause: 'the token sees no account' };

/** Which accounts' audit logs tell of changes in scopes. Asks Cloudflare only where no list of zones says it. */
export class AuditedAccounts {
  readonly #directory: Directory;
  readonly #clock: Clock;
  #calls = 0;
  #listed: { readonly at: number; readonly accounts: readonly Account[] } | null = null;

  constructor(directory: Directory, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /**
   * Where the account of a zone is not known, all that the token sees.
   *
   * @throws ReconcileError where that cannot be listed, and `NotAllowedError` where it is none.
   */
  async of(scopes: readonly Scope[], options: CallOptions): Promise<readonly Account[]> {
    const owners = new Map(this.#directory.seenZones.map(({ id, account }) => [id, account]));
    const accounts = scopes.flatMap((scope) => {
      const account = scope.kind === 'account' ? scope : owners.get(scope.id);
      return account === undefined || account.id === '' ? [] : [account];
    });
    const others = accounts.length < scopes.length ? await this.#all(options) : [];
    if (scopes.length > 0 && accounts.length === 0 && others.length === 0) throw new NotAllowedError(UNSEEN);
    return [...new Map([...others, ...accounts].map(({ id, name }) => [id, { id, name }])).values()];
  }

  /** How often it has listed accounts. */
  get calls(): number {
    return this.#calls;
  }

  async #all(options: CallOptions): Promise<readonly Account[]> {
    const now = this.#clock.monotonic();
    if (this.#listed === null || now - this.#listed.at >= FRESH_MS) {
      this.#calls += 1;
      this.#listed = { at: now, accounts: await this.#directory.accounts(options) };
    }
    return this.#listed.accounts;
  }
}
