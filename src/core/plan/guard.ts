import type { Scope } from '../job/job.ts';
import type { Change, Plan } from './change.ts';
import { isElsewhere } from './desired-text.ts';
import { approvalOf, digestOfPlans } from './digest.ts';
import type { Fingerprint } from './ledger-entry.ts';

/** Why a pass must not be applied. Shown as it stands. */
export interface Refusal {
  readonly code: 'too-many-removals' | 'empty-manifest';
  /** One sentence with the counts and the limit, then the setting that would allow it. */
  readonly reason: string;
  /** The jobs it is about, as `scope name/job name: what would happen`. */
  readonly jobs: readonly string[];
  /** What a person approves to let exactly these plans through; null where no approval helps. */
  readonly digest: string | null;
}

export interface GuardLimits {
  /** How many jobs one pass may delete, replace, disable or redirect, however few are owned. */
  readonly maxRemovals: number;
  /** The same as a share of all owned jobs, 0 to 1; the larger of the two holds. */
  readonly maxRemovalShare: number;
}

/**
 * Looks at all plans of a pass together and says why none of them may be applied, or null.
 *
 * A zone holds a handful of jobs, so a limit per zone would never bite: the count is over the whole pass.
 * A job that stops delivering, or delivers elsewhere, counts like a deleted one.
 */
export function refusalOf(
  plans: readonly Plan[],
  counts: { readonly ownedJobs: number; readonly desiredJobs: number },
  limits: GuardLimits,
  fingerprint: Fingerprint,
): Refusal | null {
  const removals = plans.flatMap(({ scope, changes }) =>
    changes.flatMap((change) => removalOf(scope, change)),
  );
  // What an open create has made is not counted as owned before it has gone.
  const ours = Math.max(counts.ownedJobs, removals.length);
  if (counts.desiredJobs === 0 && ours > 0) {
    return { code: 'empty-manifest', reason: whyEmpty(ours), jobs: removals, digest: null };
  }
  const allowed = allowedRemovals(limits, counts.ownedJobs);
  if (removals.length <= allowed) return null;
  const digest = digestOfPlans(plans, fingerprint);
  const reason =
    `${removals.length} ${removals.length === 1 ? 'job' : 'jobs'} would be deleted, replaced, disabled or redirected, and one pass may do so to ` +
    `${allowed} of ${counts.ownedJobs} owned jobs; if this is meant, approve exactly this plan ${approvalOf(digest)}; or ` +
    `raise guard.max_removals (${limits.maxRemovals}) or guard.max_removal_share (${limits.maxRemovalShare}), ` +
    'or do it in steps.';
  return { code: 'too-many-removals', reason, jobs: removals, digest };
}

/** How many jobs one pass may delete, replace, disable or redirect. */
export function allowedRemovals({ maxRemovals, maxRemovalShare }: GuardLimits, ownedJobs: number): number {
  // The smallest share makes up for binary fractions: 0.29 of 100 is 28.999….
  return Math.max(maxRemovals, Math.floor(maxRemovalShare * ownedJobs + 1e-9));
}

function whyEmpty(ownedJobs: number): string {
  return (
    `The manifest wants no job in any zone or account that is there, while ${ownedJobs} ` +
    `${ownedJobs === 1 ? 'job is' : 'jobs are'} owned, and an empty manifest is never applied; where it selects zones, ` +
    'check that the token sees one that matches; to remove the last jobs, delete them at Cloudflare, or keep one job ' +
    'with "enabled: false".'
  );
}

function removalOf(scope: Scope, change: Change): readonly string[] {
  const what = harmOf(change);
  return what === null ? [] : [`${scope.name}/${change.name}: ${what}`];
}

function harmOf(change: Change): string | null {
  if (change.action === 'create') return null;
  // A replace was counted when it began.
  if (change.action === 'delete') return change.keeps ? null : 'would be deleted';
  if (change.action === 'replace') return 'would be replaced';
  const { fields } = change;
  if (fields.some(({ path, before, after }) => path === 'enabled' && before === true && after !== true)) {
    return 'would be disabled';
  }
  return isRedirect(change) ? 'would deliver elsewhere' : null;
}

function isRedirect({ body, desired, live }: Extract<Change, { action: 'update' | 'adopt' }>): boolean {
  if (!('destination_conf' in body)) return false;
  return isElsewhere(desired, live);
}
