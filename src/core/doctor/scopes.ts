import type { Scope } from '../job/job.ts';
import type { Plan } from '../plan/change.ts';
import { plural } from '../render/summary.ts';
import { type Diagnosis, type DiagnosisCheck, ok, type Trouble } from './diagnosis.ts';

/** What is told from looking at every scope: what the token sees, and whether its jobs can be read and find room. */

/** What was listed, or why it could not be: for want of a right, or because there was no answer at all. */
export type Listed =
  { readonly names: readonly string[] } | { readonly trouble: Trouble; readonly lacks?: 'right' | 'answer' };

/** @param isNeeded the manifest names such scopes, or selects them */
export function seenDiagnosis(
  check: DiagnosisCheck & ('zones' | 'accounts'),
  seen: Listed,
  wanted: readonly Scope[],
  isNeeded: boolean,
): Diagnosis {
  const kind = check === 'zones' ? 'zone' : 'account';
  const right = kind === 'zone' ? 'Zone: Read' : 'Account Settings: Read';
  if ('trouble' in seen) {
    const row = { check, subject: '', state: isNeeded ? 'fail' : 'warn' } as const;
    const use = `Only then names of ${kind}s can be written and selected.`;
    const next = seen.lacks === 'right' ? `Give the token "${right}". ${use}` : seen.trouble.next;
    return { ...row, says: seen.trouble.says, next };
  }
  const count = seen.names.length;
  const inManifest = wanted.filter((scope) => scope.kind === kind).length;
  const says = `The token sees ${plural(count, kind)}; the manifest is about ${inManifest} of them.`;
  if (count > 0 || !isNeeded) return ok(check, '', says);
  return {
    check,
    subject: '',
    state: 'fail',
    says,
    next: `Give the token "${right}", or write ids in place of names.`,
  };
}

/**
 * How many jobs a scope has and will have, and whether they find room. By contract a zone can have more than the usual
 * number, so what it has already fits.
 */
export function scopeDiagnosis(
  { scope, desired, live, changes, withheld, unmanaged, isForsaken }: Plan,
  jobsPerZone: number,
): Diagnosis {
  if (isForsaken === true) {
    const says = `The manifest does not mention it any more, so it was not looked at, and ${plural(withheld.length, 'job')} that logpushd has there ${withheld.length === 1 ? 'is' : 'are'} left alone.`;
    const next = `Put it back, or write it with "jobs: []" to delete its jobs.`;
    return { check: 'scope', subject: scope.name, state: 'warn', says, next };
  }
  const count = (action: string): number => changes.filter((change) => change.action === action).length;
  const limit = scope.kind === 'zone' ? jobsPerZone : Number.POSITIVE_INFINITY;
  const after = live.length + count('create') - count('delete');
  const room = roomIn(live.length, limit);
  const row = { check: 'scope', subject: scope.name } as const;
  if (after > limit && after > live.length) {
    const says = `It has ${room}, and would have ${after} after the next pass.`;
    const spare = unmanaged.map(({ name, id }) => name ?? String(id)).join(', ');
    const free = spare === '' ? 'delete another one' : `delete one that nobody manages (${spare})`;
    const next = `Take a job out of the manifest, ${free}, or ask Cloudflare for more.`;
    // One that has more than usual may have room for even more.
    return { ...row, state: live.length > limit ? 'warn' : 'fail', says, next };
  }
  const waiting = withheld.filter(({ name }) => !desired.blocked.some((job) => job.name === name)).length;
  const says = `Its jobs can be read: ${room}${after === live.length ? '' : `, ${after} after the next pass`}.`;
  if (waiting === 0) return ok('scope', scope.name, says);
  const next = `"logpushd plan" says why.`;
  return { ...row, state: 'warn', says: `${says} ${plural(waiting, 'change')} will not be made.`, next };
}

function roomIn(jobs: number, limit: number): string {
  if (limit === Number.POSITIVE_INFINITY) return plural(jobs, 'job');
  return jobs > limit ? `${jobs} jobs, more than the usual ${limit}` : `${jobs} of ${limit} jobs`;
}

/** Jobs that cannot be made as they are written, say because a secret is missing: a row for each reason. */
export function blockedDiagnoses(plans: readonly Plan[]): readonly Diagnosis[] {
  const blocked = plans.flatMap(({ scope, desired }) =>
    desired.blocked.map(({ name, reason }) => ({ reason, job: `${name} in ${scope.name}` })),
  );
  return [...Map.groupBy(blocked, ({ reason }) => reason)].map(([reason, jobs]): Diagnosis => {
    const [first] = jobs;
    const others = jobs.length > 1 ? ` and ${plural(jobs.length - 1, 'other')}` : '';
    return { check: 'job', subject: `${first?.job ?? ''}${others}`, state: 'fail', says: reason, next: '' };
  });
}
