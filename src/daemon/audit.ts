import type { Parts } from '../compose.ts';
import type { ApiCall } from '../edges/cloudflare/api-call.ts';
import { Attributions } from '../reconcile/drift/attributions.ts';
import { AuditedAccounts } from '../reconcile/audit/audited-accounts.ts';
import { AuditFeed } from '../reconcile/audit/feed.ts';
import { CredentialWatch } from '../reconcile/credential/watch.ts';
import { Keeper } from '../reconcile/ledger/keeper.ts';
import type { Loop } from '../reconcile/loop/loop.ts';
import { OwnRays } from '../reconcile/audit/own-rays.ts';
import type { Emit, StateStore } from '../reconcile/ports.ts';
import { optionalShareOf } from './optional-calls.ts';
import type { Settings } from '../settings.ts';

/** What knows who did what at Cloudflare, us or others. */
export interface AuditParts {
  readonly attributions: Attributions;
  readonly rays: OwnRays;
  /** To be told of each call to Cloudflare. */
  readonly onCall: (call: ApiCall) => void;
}

export function auditParts(now: () => number): AuditParts {
  let aheadMs = 0;
  const byCloudflare = (): number => now() + aheadMs;
  const rays = new OwnRays(byCloudflare);
  return {
    attributions: new Attributions(byCloudflare),
    rays,
    onCall(call) {
      aheadMs = call.clockAheadMs ?? aheadMs;
      rays.note(call);
    },
  };
}

/** @returns the feed, and what saves for it. */
export async function openAuditFeed(
  { audit: { poll, overlapMs }, cloudflare: { quota } }: Settings,
  { reader, directory, clock }: Parts,
  state: StateStore,
  { attributions, rays }: AuditParts,
  { loop, emit }: { readonly loop: Loop; readonly emit: Emit },
): Promise<{ readonly feed: AuditFeed; readonly keeper: Keeper }> {
  const keeper = new Keeper(state, 'audit', emit);
  const feed = await AuditFeed.open(
    state,
    {
      reader,
      accounts: new AuditedAccounts(directory, clock),
      clock,
      attributions,
      rays,
      keeper,
      lookAt: (scopes) => loop.lookAt(scopes, 'audit'),
      emit,
    },
    {
      intervalMs: poll?.intervalMs ?? 0,
      overlapMs,
      share: optionalShareOf(quota),
    },
  );
  return { feed, keeper };
}

export function credentialWatch({ reader, directory, clock }: Parts, emit: Emit): CredentialWatch {
  return new CredentialWatch({ reader, accounts: new AuditedAccounts(directory, clock), clock, emit });
}
