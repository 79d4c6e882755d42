import { type ScopeKey, scopeKey } from '../../core/job/job.ts';
import { RejectedError } from '../../reconcile/errors.ts';
import type { ScopeRef } from '../../reconcile/ports.ts';

/** A path below the base URL and the template that stands for it in metrics. */
export interface Endpoint {
  readonly path: string;
  readonly endpoint: string;
  /** Absent where it is about none. */
  readonly scope?: ScopeKey;
}

/** `tail` is a literal of this folder, or made of {@link segment}s. */
export function below(scope: ScopeRef, tail: string, template = tail): Endpoint {
  const root = scope.kind === 'zone' ? 'zones' : 'accounts';
  return {
    path: `/${root}/${encodeURIComponent(scope.id)}/logpush/${tail}`,
    endpoint: `/{scope}/logpush/${template}`,
    scope: scopeKey(scope),
  };
}

/**
 * A dataset's name in a path. An address is normalised on its way, so `..` would end up somewhere else.
 *
 * @throws RejectedError
 */
export function segment(dataset: string, action: string): string {
  if (/^[A-Za-z0-9_-]{1,256}$/.test(dataset)) return dataset;
  const shown = JSON.stringify(dataset.slice(0, 60));
  throw new RejectedError({ action, cause: `${shown} cannot be the name of a dataset` });
}

/** A job's number in a path. @throws Error for what no listing can have given. */
export function jobSegment(id: number): string {
  if (Number.isSafeInteger(id) && id >= 1) return String(id);
  throw new Error(`${id} is not the id of a job.`);
}
