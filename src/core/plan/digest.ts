import { createHash } from 'node:crypto';
import { scopeKey } from '../job/job.ts';
import { compareText } from '../problem.ts';
import type { Change, Plan } from './change.ts';

const LENGTH = 16;

/**
 * Names exactly what the plans of a pass would do, so that an approval is good for that and nothing else.
 *
 * The same on every machine and for every order of scopes. Secrets take part by the name of the parameter, never
 * by value, so that the digest may be shown, sent and stored.
 */
export function digestOfPlans(plans: readonly Pick<Plan, 'scope' | 'changes'>[]): string {
  const lines = plans
    .flatMap(({ scope, changes }) => changes.map((change) => `${scopeKey(scope)} ${textOf(change)}`))
    .toSorted(compareText);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, LENGTH);
}

function textOf(change: Change): string {
  const { action, name, fields } = change;
  const id = action === 'create' ? null : change.live.id;
  return JSON.stringify([action, name, id, fields.map(({ path, before, after }) => [path, before, after])]);
}
