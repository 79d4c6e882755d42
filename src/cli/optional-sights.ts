import type { AuditSight } from '../core/doctor/audit.ts';
import type { PushSight } from '../core/doctor/pushes.ts';
import type { Scope } from '../core/job/job.ts';
import type { Program } from '../program.ts';
import type { CallOptions } from '../reconcile/ports.ts';
import { failureIn, type Seen, troubleOf } from './examination.ts';

/** What `doctor` looks at that nothing depends on. */

/** Each costs a call. */
const MOST_AUDITED = 10;

/** Whether the audit logs of the accounts that the token sees can be read. */
export async function auditSights(
  { reader }: Program,
  { accounts }: Seen,
  now: number,
  call: CallOptions,
): Promise<readonly AuditSight[]> {
  const { ids = [] } = accounts;
  const names = 'trouble' in accounts ? [] : accounts.names;
  const sights: AuditSight[] = [];
  for (const [index, id] of ids.slice(0, MOST_AUDITED).entries()) {
    const account = names[index] ?? id;
    try {
      await reader.readAuditLog(id, { since: now - 60_000, before: now }, call);
      sights.push({ account, trouble: null });
    } catch (error) {
      sights.push({ account, trouble: troubleOf(failureIn(error)) });
    }
  }
  return sights;
}

/** Whether what was pushed can be read, of a few of the scopes: the right is mostly given for all of them or for none. */
export async function pushSights(
  { reader }: Program,
  scopes: readonly Scope[],
  now: number,
  call: CallOptions,
): Promise<readonly PushSight[]> {
  const sights: PushSight[] = [];
  for (const scope of scopes.slice(0, MOST_AUDITED)) {
    try {
      await reader.readPushes([scope], { since: now - 60_000, before: now }, call);
      sights.push({ scope: scope.name, trouble: null });
    } catch (error) {
      sights.push({ scope: scope.name, trouble: troubleOf(failureIn(error)) });
    }
  }
  return sights;
}
