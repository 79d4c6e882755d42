import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** An account, and why its audit log cannot be read; null where it can. */
export interface AuditSight {
  readonly account: string;
  readonly trouble: Trouble | null;
}

const LOST = 'a drift names nobody, and changes by others are found by the schedule alone';
const NEXT = 'Give the token "Account Settings: Read" on that account, or set audit.mode to off.';

/**
 * Whether it can be told who changed a job. Nothing else fails without it.
 *
 * @param isListed whether Cloudflare has said which accounts there are
 */
export function auditDiagnoses(sights: readonly AuditSight[], isListed: boolean): readonly Diagnosis[] {
  if (!isListed) {
    const says = 'The accounts could not be listed, so nothing can be told of their audit logs.';
    return [{ check: 'audit', subject: '', state: 'unknown', says, next: 'Look at the line "accounts".' }];
  }
  if (sights.length === 0) {
    const says = `The token sees no account, so no audit log can be read: ${LOST}.`;
    return [{ check: 'audit', subject: '', state: 'warn', says, next: NEXT }];
  }
  return sights.map(({ account, trouble }) => {
    if (trouble === null) return ok('audit', account, 'Its audit log can be read.');
    const says = `Its audit log cannot be read, so ${LOST}. ${trouble.says}`;
    return { check: 'audit', subject: account, state: 'warn', says, next: NEXT };
  });
}
