import { createHash } from 'node:crypto';
import { differencesOf } from '../job/diff.ts';
import { scopeKey } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { isGap, type Change, type Plan } from './change.ts';
import type { Fingerprint } from './ledger-entry.ts';

const LENGTH = 16;

/**
 * Names exactly what the plans of a pass would do, so that an approval is good for that and nothing else.
 *
 * The same for every order of scopes, and wherever the fingerprint has the same key. Secrets and hidden paths take
 * part by their fingerprint, so that the digest may be shown, sent and stored.
 */
export function digestOfPlans(
  plans: readonly Pick<Plan, 'scope' | 'changes'>[],
  fingerprint: Fingerprint,
): string {
  const lines = plans
    .flatMap(({ scope, changes }) =>
      changes.map((change) => `${scopeKey(scope)} ${textOf(change, fingerprint)}`),
    )
    .toSorted(compareText);
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, LENGTH);
}

/** How a person says it, to stand after what it lets through. */
export function approvalOf(digest: string): string {
  return `with "logpushd apply --approve ${digest}", or where a daemon runs with "logpushd approve ${digest}"`;
}

function textOf(change: Change, fingerprint: Fingerprint): string {
  const { action, name, fields } = change;
  const id = action === 'create' ? null : change.live.id;
  const shown = fields.map(({ path, before, after }) => [path, before, after]);
  // Whoever approves a replace that loses nothing has not approved one that does.
  return JSON.stringify([action, name, id, isGap(change), shown, fingerprint(wholeText(change))]);
}

/** Both sides of what is sent, secrets included: never shown. */
function wholeText(change: Change): string {
  if (change.action === 'delete') return '';
  const live = change.action === 'create' ? {} : change.live.fields;
  const sides = differencesOf(change.body, live, []);
  return JSON.stringify(
    sides.map(({ path, desiredText, liveText }) => [path, desiredText, liveText ?? null]),
  );
}
