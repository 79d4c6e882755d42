import { type DesiredScope, type Scope, type ScopeKey, scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import type { PlanPolicy } from '../../core/plan/policy.ts';
import type { TransformerPlan } from '../../core/transformer/change.ts';
import { guardDeletes, withDeletes } from '../../core/transformer/deletes.ts';
import { type Named, namedIn, withTransformerIds } from '../../core/transformer/names.ts';
import { afterListing, type TransformerLedger } from '../../core/transformer/owned.ts';
import { candidatesOf, leftoversOf, planTransformers } from '../../core/transformer/plan.ts';
import { type ListedTransformer, transformersOf } from '../../core/transformer/transformer.ts';
import type { Desired } from '../manifest/desired.ts';
import { planned, type ReconcileError, StoppedError, UnusableAnswerError } from '../errors.ts';
import type { Parking } from '../pass/parking.ts';
import type { PassPorts, PassRequest } from '../pass/pass-terms.ts';
import type { CallOptions, TransformerApi, TransformerReader } from '../ports.ts';
import type { TransformerBook } from './book.ts';
import { type Turn, Turns } from '../loop/turns.ts';

/** What the transformers of a pass need, beside its own ports. */
export class Transformers {
  readonly reader: TransformerReader;
  /** Null where nothing may be written. */
  readonly writer: TransformerApi | null;
  readonly book: TransformerBook;
  readonly parking: Parking;
  /** Of transformers alone: a plan of jobs is not stale because a transformer was made for it. */
  readonly turns = new Turns();

  constructor(parts: Pick<Transformers, 'reader' | 'writer' | 'book' | 'parking'>) {
    this.reader = parts.reader;
    this.writer = parts.writer;
    this.book = parts.book;
    this.parking = parts.parking;
  }
}

/** One account as it was looked at. */
export interface AccountSight {
  readonly listed: readonly ListedTransformer[];
  readonly ledger: TransformerLedger;
  /** Null where the pass is not about the transformers of this account, and only their names are asked for. */
  readonly plan: TransformerPlan | null;
  readonly seen: Turn;
}

export interface TransformerSight {
  readonly accounts: ReadonlyMap<
    ScopeKey,
    AccountSight | { readonly scope: Scope; readonly error: ReconcileError }
  >;
  /** Whether a create of this account waits for further listings. */
  isOpen(account: Scope): boolean;
  /** The scope with the ids of the transformers that its jobs name. */
  named(desired: DesiredScope): { readonly desired: DesiredScope; readonly isComplete: boolean };
}

const NOTHING_ASKED: TransformerSight = {
  accounts: new Map(),
  isOpen: () => false,
  named: (desired) => ({ desired, isComplete: true }),
};

/**
 * Looks at the accounts whose transformers the chosen scopes manage or name: one listing each, and the SQL of those that the manifest
 * has. Asks nothing where there are none.
 */
export async function lookAtTransformers(
  chosen: readonly DesiredScope[],
  { scopes }: Pick<Desired, 'scopes'>,
  ports: PassPorts,
  request: PassRequest,
): Promise<TransformerSight> {
  const managed = chosen.filter(({ transformers }) => transformers !== undefined);
  const named = chosen.flatMap(({ accountId }) => accountId ?? []);
  const { transformers } = ports;
  if (managed.length === 0 && named.length === 0 && !chosen.some(namesTransformer)) return NOTHING_ASKED;
  if (transformers === undefined)
    throw new Error('The manifest has transformers, and nothing is there that reads them.');
  const ids = new Set([...managed.map(({ scope }) => scope.id), ...named]);
  const entries = [...ids].map(async (id) => {
    const desired = managed.find(({ scope }) => scope.id === id);
    const key = scopeKey({ kind: 'account', id });
    const scope = desired?.scope ?? scopes.get(key)?.scope ?? { kind: 'account', id, name: id };
    return [key, await sightOf(scope, desired, transformers, ports, request)] as const;
  });
  const accounts = new Map(await Promise.all(entries));
  return {
    accounts,
    isOpen: (account) => {
      const sight = accounts.get(scopeKey(account));
      return sight !== undefined && 'ledger' in sight && sight.ledger.creating.length > 0;
    },
    named: (one) => namedIds(one, accounts, scopes),
  };
}

async function sightOf(
  scope: Scope,
  wanted: DesiredScope | undefined,
  { reader, book, turns }: Transformers,
  { clock, ledger, emit }: PassPorts,
  { passId, policy, reading, priority }: PassRequest,
): Promise<AccountSight | { readonly scope: Scope; readonly error: ReconcileError }> {
  const call = { signal: reading, priority, passId };
  const seen = turns.next();
  const now = clock.now();
  try {
    const before = await book.of(scope);
    const listed = await reader.listTransformers(scope, call);
    await refuseIfIncomplete(scope, listed, before, reader, call);
    const desired = wanted && transformersOf(wanted);
    if (!desired) return { listed, ledger: before, plan: null, seen };
    const names = new Set(desired.transformers.map(({ name }) => name));
    const after = afterListing(before, { listed, now }, names, policy.doubts.lostCreate);
    const input = { desired, listed, ledger: after };
    const live = await Promise.all(
      candidatesOf(input).map(async (one) => ({
        ...one,
        sql: await reader.transformerSql(scope, one.id, call),
      })),
    );
    const plan = planTransformers({ ...input, live, policy, fingerprint: ledger.fingerprint, now });
    return { listed, ledger: after, plan, seen };
  } catch (error) {
    const failure = planned(error);
    if (!(failure instanceof StoppedError))
      emit({ type: 'transformers.unreadable', passId, scope, error: failure });
    return { scope, error: failure };
  }
}

/** An owned one that only seems gone would be made a second time, so each that the listing leaves out is asked for by its id. */
async function refuseIfIncomplete(
  scope: Scope,
  listed: readonly ListedTransformer[],
  { owned }: TransformerLedger,
  reader: TransformerReader,
  call: CallOptions,
): Promise<void> {
  const missing = owned.filter(({ id }) => !listed.some((one) => one.id === id));
  const found = await Promise.all(missing.map(({ id }) => reader.getTransformer(scope, id, call)));
  const there = found.flatMap((one) => one ?? []);
  if (there.length === 0) return;
  const names = there.map(({ id, name }) => `"${name}" (${id})`).join(', ');
  throw new UnusableAnswerError({
    action: `list the transformers of ${scope.name}`,
    cause: `it leaves out ${names}, which still exist`,
  });
}

function namedIds(
  desired: DesiredScope,
  accounts: TransformerSight['accounts'],
  scopes: Desired['scopes'],
): { readonly desired: DesiredScope; readonly isComplete: boolean } {
  if (!namesTransformer(desired)) return { desired, isComplete: true };
  const key = scopeKey({ kind: 'account', id: desired.accountId ?? '' });
  const sight = accounts.get(key);
  const wanted = scopes.get(key)?.transformers ?? [];
  let isComplete = true;
  const named = (name: string): Named => {
    if (sight === undefined) return { why: 'the token does not see the account of this zone' };
    if ('error' in sight) {
      isComplete = false;
      return { why: `the transformers of the account cannot be read: ${sight.error.message}` };
    }
    const found = namedIn(name, sight.listed, sight.plan, sight.ledger);
    const isToCome = 'why' in found && wanted.some((one) => one.name === name);
    if (isToCome) isComplete = false;
    return isToCome && sight.plan === null
      ? { why: 'it is not there yet; a pass over its account makes it' }
      : found;
  };
  return { desired: withTransformerIds(desired, named), isComplete };
}

function namesTransformer({ jobs }: DesiredScope): boolean {
  return jobs.some(({ fields }) => typeof fields['transformer_id'] === 'string');
}

/** The plans of transformers with what goes once the plans of the jobs are carried out; each is told. */
export async function transformerPlans(
  { accounts }: TransformerSight,
  jobPlans: readonly Plan[],
  { transformers, clock, emit }: PassPorts,
  { passId, policy, limits }: PassRequest,
): Promise<readonly TransformerPlan[]> {
  const seen = [...accounts.values()].flatMap((one) => (isPlanned(one) ? [one] : []));
  if (transformers === undefined || seen.length === 0) return [];
  const whole = seen.map(({ plan, listed, ledger }) =>
    withDeletes(plan, leftoversIn({ plan, listed, ledger }, policy), jobPlans, policy.windows, clock.now()),
  );
  const plans = guardDeletes(whole, await transformers.book.ownedTransformers(), limits);
  for (const plan of plans) emit({ type: 'transformers.planned', passId, plan });
  return plans;
}

type PlannedSight = AccountSight & { readonly plan: TransformerPlan };

function isPlanned(one: AccountSight | { readonly error: ReconcileError }): one is PlannedSight {
  return 'plan' in one && one.plan !== null;
}

function leftoversIn(
  { plan: { desired }, listed, ledger }: Pick<PlannedSight, 'plan' | 'listed' | 'ledger'>,
  policy: PlanPolicy,
): ReturnType<typeof leftoversOf> {
  return leftoversOf({ desired, listed, ledger, policy });
}
