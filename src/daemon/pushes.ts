import type { Parts } from '../compose.ts';
import { PushFeed } from '../reconcile/health/push-feed.ts';
import type { Emit } from '../reconcile/ports.ts';
import { optionalShareOf } from './optional-calls.ts';
import type { Settings } from '../settings.ts';

export function openPushFeed(
  { health: { graphql }, cloudflare: { quota } }: Settings,
  { reader, clock }: Parts,
  emit: Emit,
): PushFeed {
  return new PushFeed(
    { reader, clock, emit },
    { intervalMs: graphql?.intervalMs ?? 0, share: optionalShareOf(quota) },
  );
}
