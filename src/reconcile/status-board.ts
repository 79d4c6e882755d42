import type { ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import { isError } from '../core/problem.ts';
import type { ReconcileEvent } from './events.ts';
import type { Clock } from './ports.ts';
import { initialStatus, statusAfter, type StatusSnapshot } from './status.ts';

/** Keeps the latest status: the one subscriber that remembers. */
export class StatusBoard {
  readonly #clock: Pick<Clock, 'now'>;
  #status: StatusSnapshot;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#status = initialStatus(this.#at());
  }

  readonly emit = (event: ReconcileEvent): void => {
    this.#status = statusAfter(this.#status, event, this.#at());
  };

  get snapshot(): StatusSnapshot {
    return this.#status;
  }

  /** Ready once a pass has finished. An outage of Cloudflare later on changes nothing about that. */
  get ready(): { readonly ready: boolean; readonly reason: string } {
    const { lastPass, manifest } = this.#status;
    if (lastPass) return { ready: true, reason: 'the first pass is done' };
    if (manifest.error !== null) return { ready: false, reason: manifest.error };
    if (manifest.problems.some(isError))
      return { ready: false, reason: 'the manifest has errors and none was accepted yet' };
    return { ready: false, reason: 'the first pass is not done yet' };
  }

  /** Scopes by name or id; every known one for null. */
  find(nameOrId: string | null): readonly ScopeKey[] {
    const scopes = [...this.#status.scopes.values()].map(({ scope }) => scope);
    return scopes
      .filter(({ name, id }) => nameOrId === null || name === nameOrId || id === nameOrId)
      .map(scopeKey);
  }

  /** As `GET /api/v1/status` answers. */
  toJson(): object {
    const { scopes, lastPass, manifest, refusal, startedAt } = this.#status;
    return {
      started_at: startedAt,
      manifest,
      last_pass: lastPass && {
        id: lastPass.id,
        triggers: lastPass.triggers,
        finished_at: lastPass.finishedAt,
        duration_ms: lastPass.durationMs,
        summary: lastPass.summary,
      },
      refusal,
      scopes: [...scopes.values()].map(({ scope, lastAttempt, lastSuccess, lastError, jobs }) => ({
        scope,
        last_attempt: lastAttempt,
        last_success: lastSuccess,
        last_error: lastError,
        jobs: jobs.map(({ health, ...job }) => ({
          ...job,
          health: {
            state: health.state,
            last_complete: health.lastComplete,
            last_error: health.lastError,
            error: health.error,
          },
        })),
      })),
    };
  }

  #at(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
