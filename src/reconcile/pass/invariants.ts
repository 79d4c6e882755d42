import type { LiveJob, Scope } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { isGap, type Plan } from '../../core/plan/change.ts';
import {
  brokenInvariant,
  INVARIANTS,
  type InvariantName,
  isRemoval,
  type Write,
} from '../../core/plan/invariants.ts';
import type { ScopeLedger } from '../../core/plan/ledger-entry.ts';
import { withMarked } from '../../core/plan/marked.ts';
import { type PlanPolicy, refusalOfDestination } from '../../core/plan/policy.ts';
import type { Secret } from '../../core/secret.ts';
import { TRANSFORMER_INVARIANTS } from '../../core/transformer/invariants.ts';
import { ChangedError, InvariantViolatedError, StoppedError } from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Emit, LogpushApi } from '../ports.ts';

/** The switch that a violated invariant turns off, and nothing but a restart turns on again. One a process. */
export class WriteSwitch {
  #violated: AnyInvariant | null = null;

  /** Why nothing is written any more; null while writing goes on. */
  get whyOff(): string | null {
    return this.#violated && offBecause(this.#violated);
  }

  turnOff(violated: AnyInvariant): void {
    this.#violated ??= violated;
  }
}

const TEXTS = { ...INVARIANTS, ...TRANSFORMER_INVARIANTS };

/** Of a write of jobs or of transformers. */
export type AnyInvariant = keyof typeof TEXTS;

function offBecause(name: AnyInvariant): string {
  return (
    `nothing is written until logpushd is restarted, because a write would have broken the invariant ${name} ` +
    `(${TEXTS[name]}); this is a bug of logpushd, please report it with the log line invariant.violated`
  );
}

/** What holds for all writes of a pass. */
export interface CheckTerms {
  readonly passId: string;
  readonly policy: PlanPolicy;
  readonly ledger: Ledger;
  readonly writes: WriteSwitch;
  readonly emit: Emit;
  /** How many jobs the pass may remove, disable or redirect; null when a person has approved more. */
  readonly allowedRemovals: number | null;
}

/**
 * Lets a write of a pass through to Cloudflare only if it keeps every invariant, whoever planned it. One that does
 * not turns writing off.
 */
export class WriteCheck {
  readonly #terms: CheckTerms;
  readonly #removed = new Set<string>();

  constructor(terms: CheckTerms) {
    this.#terms = terms;
  }

  /** The API for carrying out this plan. Reads go through untouched. */
  over(api: LogpushApi, plan: Plan): LogpushApi {
    const before = withMarked(this.#terms.ledger.of(plan.scope), plan.desired, plan.live);
    let listing = plan.live;
    const made = new Set<number>();
    const check = (write: Write): void => this.#check(write, { ...plan, live: listing }, before);
    return {
      ...api,
      createJob: async (scope, body, options) => {
        refuseIfFound(
          plan.desired.jobs.find(({ fields }) => fields['name'] === body['name'])?.name,
          listing.filter((job) => !plan.live.includes(job) && !made.has(job.id)),
        );
        check({ method: 'POST', scope, body });
        const written = await api.createJob(scope, body, options);
        made.add(written.job.id);
        listing = [...listing, written.job];
        return written;
      },
      // What a create has made whose answer was lost is found by a listing.
      listJobs: async (scope, options) => {
        const found = await api.listJobs(scope, options);
        listing = [...listing, ...found.filter(({ id }) => !listing.some((job) => job.id === id))];
        return found;
      },
      updateJob: async (scope, id, body, options) => {
        check({ method: 'PUT', scope, id, body });
        return api.updateJob(scope, id, body, options);
      },
      deleteJob: async (scope, id, options) => {
        check({ method: 'DELETE', scope, id });
        const answer = await api.deleteJob(scope, id, options);
        listing = listing.filter((job) => job.id !== id);
        return answer;
      },
      // It changes no job, but writes a file to somebody's destination.
      requestOwnership: async (scope, destination, options) => {
        this.#checkRequest(plan.scope, destination);
        return api.requestOwnership(scope, destination, options);
      },
    };
  }

  /** @throws InvariantViolatedError, or a StoppedError when writing is off already */
  #check(
    write: Write,
    { scope, desired, changes, paired, live: listing }: Plan,
    ledgerBefore: ScopeLedger,
  ): void {
    const gaps = new Set(changes.flatMap((change) => (isGap(change) ? [change.live.id] : [])));
    const { ledger, policy, allowedRemovals, writes } = this.#terms;
    if (writes.whyOff !== null) throw new StoppedError(actionOf(write, scope));
    const target = write.method === 'POST' ? null : `${scopeKey(scope)}/${write.id}`;
    const others = target === null ? this.#removed : this.#removed.difference(new Set([target]));
    const { fingerprint } = ledger;
    const facts = {
      gaps,
      desired,
      listing,
      paired,
      ledger: withMarked(ledger.of(scope), desired, listing),
      ledgerBefore,
      fingerprint,
      policy,
    };
    const broken = brokenInvariant(write, { ...facts, removals: others.size, allowedRemovals });
    if (broken !== null) throw this.#violationBy(write, broken, scope, listing);
    if (target !== null && isRemoval(write, facts)) this.#removed.add(target);
  }

  /** @throws InvariantViolatedError, or a StoppedError when writing is off already */
  #checkRequest(scope: Scope, destination: Secret): void {
    const { policy, writes } = this.#terms;
    const action = `request an ownership challenge in ${scope.name}`;
    if (writes.whyOff !== null) throw new StoppedError(action);
    const fields = { destination_conf: destination };
    if (refusalOfDestination({ fields }, policy.allowedDestinations) === null) return;
    throw this.#violation('forbidden-destination', scope, { action, method: 'POST', job: '', id: undefined });
  }

  #violationBy(
    write: Write,
    invariant: InvariantName,
    scope: Scope,
    listing: readonly LiveJob[],
  ): InvariantViolatedError {
    const { method } = write;
    const id = method === 'POST' ? undefined : write.id;
    const job = id === undefined ? nameIn(write) : (listing.find((live) => live.id === id)?.name ?? '');
    return this.#violation(invariant, scope, { action: actionOf(write, scope), method, job, id });
  }

  #violation(
    invariant: InvariantName,
    scope: Scope,
    request: Parameters<typeof violation>[2],
  ): InvariantViolatedError {
    return violation(invariant, scope, request, this.#terms);
  }
}

/** Turns writing off and tells it; the write that would have broken the invariant is not sent. */
export function violation(
  invariant: AnyInvariant,
  scope: Scope,
  {
    action,
    ...request
  }: Pick<Write, 'method'> & {
    readonly action: string;
    readonly job: string;
    readonly id: number | undefined;
  },
  { passId, writes, emit }: Pick<CheckTerms, 'passId' | 'writes' | 'emit'>,
): InvariantViolatedError {
  writes.turnOff(invariant);
  const error = new InvariantViolatedError(action, offBecause(invariant));
  emit({ type: 'invariant.violated', passId, scope, invariant, ...request, error });
  return error;
}

/** Somebody else has made it since the plan: that is no bug, and for the next look to see. */
function refuseIfFound(name: string | undefined, found: readonly LiveJob[]): void {
  const same = found.find((job) => job.name === name);
  if (same) throw new ChangedError(`job ${same.id} of this name has turned up since the scope was read`);
}

function actionOf(write: Write, { name }: Scope): string {
  if (write.method === 'POST') return `create job "${nameIn(write)}" in ${name}`;
  return `${write.method === 'PUT' ? 'update' : 'delete'} job ${write.id} in ${name}`;
}

function nameIn(write: Write): string {
  const name = 'body' in write ? write.body['name'] : undefined;
  return typeof name === 'string' ? name : '';
}
