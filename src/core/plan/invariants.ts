import { managedValues } from '../job/diff.ts';
import { fieldOf } from '../job/field-table.ts';
import type { DesiredJob, JobFields, LiveJob, Scope } from '../job/job.ts';
import { scopeKey } from '../job/job.ts';
import { hasReference } from '../manifest/reference.ts';
import { Secret } from '../secret.ts';
import { type Claim, type Claims, claimOn, isForGood, isOfOurMaking } from './claim.ts';
import { isElsewhere } from './desired-text.ts';
import type { Fingerprint, LedgerEntry } from './ledger-entry.ts';
import { pauseOver } from './pause.ts';
import { modeOf, type PlanPolicy, pruneOf, refusalOfDestination } from './policy.ts';

/**
 * What holds for every write, however its plan came about: checked once more right before it is sent, from the
 * listing, the ledger and the settings alone (`reliability.md` invariant 45). Planning keeps all of it, so one that
 * is broken is a bug of logpushd, and the world may differ from what the plan was made for.
 */
export const INVARIANTS = {
  'other-scope': 'only the scope that the plan is about is written to',
  'unseen-job': 'only jobs that the listing showed or the ledger owns are written to',
  'foreign-job': 'jobs of others are written to only as adopt, a pinned id or prune: all allow',
  'undesired-create': 'only jobs of the manifest are created',
  'create-beside-equal': 'no job is created while one of its name is there',
  'delete-of-desired': 'a job that the manifest wants is not deleted',
  'prune-never': 'with prune: never no job that left the manifest is deleted',
  'protected-job': 'a protected job is not deleted, disabled or sent elsewhere',
  'observe-mode': 'nothing is written in mode observe',
  'unresolved-reference': 'no destination is sent with a reference that is not filled in',
  'empty-destination': 'no job is sent without a destination',
  'immutable-field': 'no field is sent that cannot be changed',
  'forbidden-destination': 'no destination is sent that guard.allowed_destinations does not allow',
  'too-many-removals': 'no pass removes, disables or redirects more jobs than the guard allows',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

export const INVARIANT_NAMES: readonly InvariantName[] = Object.keys(INVARIANTS).filter(isInvariant);

function isInvariant(name: string): name is InvariantName {
  return name in INVARIANTS;
}

/** One request that changes jobs. */
export type Write =
  | { readonly method: 'POST'; readonly scope: ScopeId; readonly body: JobFields }
  | { readonly method: 'PUT'; readonly scope: ScopeId; readonly id: number; readonly body: JobFields }
  | { readonly method: 'DELETE'; readonly scope: ScopeId; readonly id: number };

type ScopeId = Pick<Scope, 'kind' | 'id'>;

/** What is known at the moment of the write. Its listing is the plan's, with what the plan has made and deleted since. */
export interface WriteFacts extends Claims {
  /** Live jobs that may go before what replaces them is there: somebody has consented to the gap. */
  readonly gaps: ReadonlySet<number>;
  readonly fingerprint: Fingerprint;
  readonly policy: PlanPolicy;
  /** Jobs that this pass has removed, disabled or redirected so far, this one not counted. */
  readonly removals: number;
  /** Null when a person has approved what goes beyond the limit. */
  readonly allowedRemovals: number | null;
}

/** The first rule that this write would break, or null. */
export function brokenInvariant(write: Write, facts: WriteFacts): InvariantName | null {
  const one = caseOf(write, facts);
  return INVARIANT_NAMES.find((name) => RULES[name](one)) ?? null;
}

/** Whether a job stops delivering, or delivers elsewhere, through this write. */
export function isRemoval(write: Write, claims: Claims): boolean {
  if (write.method === 'POST') return false;
  if (write.method === 'DELETE') return claimOn(write.id, claims).spare === null;
  const live = claims.listing.find(({ id }) => id === write.id);
  return disables(write.body, live) || redirects(write.body, live);
}

/** A write and whom it concerns; of a create, the job of the manifest that it makes. */
interface Case extends WriteFacts, Claim {
  readonly write: Write;
  readonly body: JobFields;
  readonly live: LiveJob | undefined;
}

type Rule = (one: Case) => boolean;

const RULES: { readonly [name in InvariantName]: Rule } = {
  'other-scope': ({ write, desired }) => scopeKey(write.scope) !== scopeKey(desired.scope),
  'unseen-job': ({ write, live, owner }) => write.method !== 'POST' && !live && !owner,
  'foreign-job': isForeign,
  'undesired-create': ({ write, wanted }) => write.method === 'POST' && !wanted,
  'create-beside-equal': isBesideEqual,
  'delete-of-desired': isWanted,
  'prune-never': ({ write, desired, policy, wanted, spare, owner }) =>
    write.method === 'DELETE' &&
    owner !== undefined &&
    !wanted &&
    !spare &&
    pruneOf(desired, policy).value === 'never',
  'protected-job': isProtected,
  'observe-mode': isObserved,
  'unresolved-reference': ({ body }) =>
    ['destination_conf', 'ownership_challenge'].some((field) => hasReference(textOf(body[field]))),
  'empty-destination': ({ write, body }) =>
    (write.method === 'POST' || 'destination_conf' in body) && textOf(body['destination_conf']).trim() === '',
  'immutable-field': ({ write, body }) =>
    Object.keys(body).some((name) => {
      const field = fieldOf(name);
      return field?.managedBy === 'cloudflare' || (write.method === 'PUT' && field?.immutable === true);
    }),
  'forbidden-destination': ({ body, policy }) =>
    'destination_conf' in body && refusalOfDestination({ fields: body }, policy.allowedDestinations) !== null,
  'too-many-removals': (one) =>
    one.allowedRemovals !== null && one.removals >= one.allowedRemovals && isRemoval(one.write, one),
};

function caseOf(write: Write, facts: WriteFacts): Case {
  if (write.method === 'POST') {
    const wanted = facts.desired.jobs.find(({ fields }) => fields['name'] === write.body['name']);
    const nobody = { owner: undefined, live: undefined, spare: null, doubtful: false };
    return { ...facts, ...nobody, write, body: write.body, wanted };
  }
  const live = facts.listing.find(({ id }) => id === write.id);
  return { ...facts, ...claimOn(write.id, facts), write, body: 'body' in write ? write.body : {}, live };
}

function isForeign(one: Case): boolean {
  const { write, live, owner, wanted, spare, desired, policy } = one;
  if (write.method === 'POST' || owner) return false;
  if (write.method === 'PUT' && (wanted?.id === write.id || policy.adopt === 'always')) return false;
  if (write.method === 'PUT' && policy.adopt === 'if_equal' && isMarking(one)) return false;
  if (write.method === 'DELETE' && pruneOf(desired, policy).value === 'all') return false;
  return !live || !isOfOurMaking(live, one) || (spare === 'surplus' && !policy.removeSurplus);
}

/** Takes over an equal job: its name is all that is missing. */
function isMarking({ body, live, wanted }: Case): boolean {
  return live?.marked === false && live.name === wanted?.name && Object.keys(body).join() === 'name';
}

/** Deleting what was replaced ends what its successor began, so that one's mode will do. */
function isObserved({ desired, policy, wanted, live, owner, spare }: Case): boolean {
  if (pauseOver(desired, (wanted ?? owner ?? live)?.name) !== undefined) return true;
  const successor = spare ? desired.jobs.find(({ name }) => name === (owner ?? live)?.name) : wanted;
  return [wanted, successor].every((job) => modeOf(desired, policy, job).value === 'observe');
}

/**
 * A job of that name that is nobody's, or already the wanted one. What is owned under another name is about to be
 * renamed or deleted; while the wanted job is replaced, strangers that are no match for it do not matter.
 */
function isBesideEqual(one: Case): boolean {
  const { write, listing, paired, wanted } = one;
  if (write.method !== 'POST' || !wanted) return false;
  const claims = listing.map((live) => ({ ...claimOn(live.id, one), live, isFit: !isForGood(wanted, live) }));
  const isReplace = paired.some(
    ({ desired, live }) => desired.name === wanted.name && isForGood(wanted, live),
  );
  return claims
    .filter(({ live, wanted: job }) => live.name === wanted.name && (job === undefined || job === wanted))
    .some(({ owner, spare, isFit }) =>
      owner ? isFit && !spare && owner.name === wanted.name : isFit || !isReplace,
    );
}

/** A replace for which there is no room deletes first, where somebody has allowed the gap. */
function isWanted({ write, live, wanted, doubtful, gaps }: Case): boolean {
  if (write.method !== 'DELETE') return false;
  if (!wanted) return doubtful;
  return !(live && gaps.has(live.id) && isForGood(wanted, live) && wanted.id !== live.id);
}

function isProtected({ write, body, live, wanted, owner, spare, fingerprint }: Case): boolean {
  const isKept = wanted ? wanted.protect : (owner?.protect ?? false);
  if (write.method === 'POST' || spare || !isKept) return false;
  if (write.method === 'DELETE' || disables(body, live)) return true;
  return redirects(body, live) && !isAppliedPlace(wanted, owner, fingerprint);
}

function disables(body: JobFields, live: LiveJob | undefined): boolean {
  return 'enabled' in body && body['enabled'] !== true && live?.fields['enabled'] === true;
}

function redirects(body: JobFields, live: LiveJob | undefined): boolean {
  return 'destination_conf' in body && isElsewhere({ fields: body }, live ?? { fields: {} });
}

/** Whether the manifest has the place that was last applied, so that it is somebody else who moved it. */
function isAppliedPlace(
  wanted: DesiredJob | undefined,
  owner: LedgerEntry | undefined,
  fingerprint: Fingerprint,
): boolean {
  const place = wanted && managedValues(wanted.fields, wanted.ignore).get('destination_conf');
  return place !== undefined && owner?.applied['destination_conf'] === fingerprint(place);
}

function textOf(value: JobFields[string] | undefined): string {
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' ? value : '';
}
