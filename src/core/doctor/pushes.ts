import { type Diagnosis, ok, type Trouble } from './diagnosis.ts';

/** A zone or an account, and why its pushes cannot be read; null where they can. */
export interface PushSight {
  readonly scope: string;
  readonly trouble: Trouble | null;
}

const NEXT =
  'Give the token "Analytics: Read" on the zone, or "Account Analytics: Read" on the account, or set health.graphql to off.';

/** Whether pushes are counted. Nothing else fails without it. */
export function pushDiagnoses(sights: readonly PushSight[]): readonly Diagnosis[] {
  return sights.map(({ scope, trouble }) => {
    if (trouble === null) return ok('pushes', scope, 'What became of its pushes can be read.');
    const says = `What became of its pushes cannot be read, so health is judged by the jobs alone. ${trouble.says}`;
    return { check: 'pushes', subject: scope, state: 'warn', says, next: NEXT };
  });
}
