import type { PushGroup } from '../../core/health/pushes.ts';
import type { ScopeKey } from '../../core/job/job.ts';
import type { CallOptions, ScopeRef } from '../ports.ts';

export interface PushReader {
  /**
   * What was pushed between two times, in milliseconds since the epoch, by scope.
   *
   * @param scopes up to {@link ZONES_OF_A_QUERY} zones, or one account
   */
  readPushes(
    scopes: readonly ScopeRef[],
    window: { readonly since: number; readonly before: number },
    options: CallOptions,
  ): Promise<ReadonlyMap<ScopeKey, readonly PushGroup[]>>;
}

/** GraphQL takes no more zones (docs of the GraphQL Analytics API, Limits). */
export const ZONES_OF_A_QUERY = 10;
