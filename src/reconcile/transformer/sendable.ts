import { type Scope, scopeKey } from '../../core/job/job.ts';
import type { TransformerChange } from '../../core/transformer/change.ts';
import type { ListedTransformer } from '../../core/transformer/transformer.ts';
import type { Sendable } from '../pass/parking.ts';

/** A change of a transformer, as it is sent. Where one of the account goes, there may be room for a new one. */
export function transformerSendable(
  change: TransformerChange,
  scope: Scope,
  listed: readonly ListedTransformer[],
): Sendable {
  const key = `transformers.${scopeKey(scope)}`;
  const live = 'live' in change ? change.live : null;
  const desired = 'desired' in change ? change.desired : null;
  const known = live && [live.id, live.name, live.description, 'sql' in live ? live.sql : live.jobs];
  return {
    key: JSON.stringify([key, change.name, live?.id ?? null]),
    text: JSON.stringify([change.action, desired && [desired.name, desired.description, desired.sql], known]),
    place: change.action === 'create' ? { key, taken: new Set(listed.map(({ id }) => id)) } : null,
    leaves: change.action === 'delete' ? key : null,
  };
}
