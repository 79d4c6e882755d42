import type { ScopeKey } from '../../core/job/job.ts';
import type { CallSpec } from './call.ts';
import type { Method } from './transport.ts';

/** One attempt, for metrics and traces. */
export interface ApiCall {
  readonly method: Method;
  /** A template without ids, as in `/{scope}/logpush/jobs/{id}`. */
  readonly endpoint: string;
  readonly status: number | 'none';
  readonly durationMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly ray?: string;
  readonly scope?: ScopeKey;
  readonly passId?: string;
  /** The codes of Cloudflare's errors. */
  readonly errors: readonly number[];
  /** How far the clock that dated the answer is ahead of ours, to a second or so. */
  readonly clockAheadMs?: number;
}

export function aboutCall({
  spec: { method, endpoint, scope },
  number,
  passId,
}: {
  readonly spec: Pick<CallSpec, 'method' | 'endpoint' | 'scope'>;
  readonly number: number;
  readonly passId: string | undefined;
}): Pick<ApiCall, 'method' | 'endpoint' | 'attempt' | 'scope' | 'passId'> {
  return {
    method,
    endpoint,
    attempt: number,
    ...(scope !== undefined && { scope }),
    ...(passId !== undefined && { passId }),
  };
}
