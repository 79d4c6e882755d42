import type { ScopeKey } from '../core/job/job.ts';
import { scopeKey } from '../core/job/job.ts';
import { isError } from '../core/problem.ts';
import type { ReconcileEvent } from './events.ts';
import { healthJson } from './health-json.ts';
import type { Clock } from './ports.ts';
import { initialScopeStatus, scopeOf, type ScopeStatus, scopeStatusAfter } from './scope-status.ts';
import { INITIAL_STATUS, type Status, statusAfter } from './status.ts';

/** Keeps the latest status: the one subscriber that remembers. */
export class StatusBoard {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #startedAt: string;
  readonly #scopes = new Map<ScopeKey, ScopeStatus>();
  #status: Status = INITIAL_STATUS;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#startedAt = this.#at();
  }

  readonly emit = (event: ReconcileEvent): void => {
    const at = this.#at();
    this.#status = statusAfter(this.#status, event, at);
    if (event.type === 'scopes.known') this.#retain(new Set(event.scopes.map(scopeKey)));
    const about = scopeOf(event);
    if (about === null) return;
    const key = scopeKey(about.scope);
    const known = this.#scopes.get(key) ?? initialScopeStatus(about.scope, at);
    this.#scopes.set(key, scopeStatusAfter(known, about.event, at));
  };

  /** Ready once a pass has finished. An outage of Cloudflare later on changes nothing about that. */
  get ready(): { readonly ready: boolean; readonly reason: string } {
    const { lastPass, manifest, failure } = this.#status;
    if (lastPass) return { ready: true, reason: 'the first pass is done' };
    if (manifest.error !== null) return { ready: false, reason: manifest.error };
    if (manifest.problems.some(isError))
      return { ready: false, reason: 'the manifest has errors and none was accepted yet' };
    return { ready: false, reason: failure ?? 'the first pass is not done yet' };
  }

  /** Scopes by name or id; every known one for null. */
  find(nameOrId: string | null): readonly ScopeKey[] {
    const wanted = nameOrId?.toLowerCase();
    return [...this.#scopes]
      .filter(
        ([
          ,
          {
            scope: { name, id },
          },
        ]) => wanted === undefined || [name.toLowerCase(), id].includes(wanted),
      )
      .map(([key]) => key);
  }

  /** As `GET /api/v1/status` answers. */
  toJson(): object {
    const { lastPass, manifest, refusal, writesOff, failure, unresolved, heldDestinations, token } =
      this.#status;
    return {
      started_at: this.#startedAt,
      manifest,
      last_pass: lastPass && {
        id: lastPass.id,
        triggers: lastPass.triggers,
        finished_at: lastPass.finishedAt,
        duration_ms: lastPass.durationMs,
        summary: lastPass.summary,
      },
      failure,
      refusal: refusal?.reason ?? null,
      writes_off: writesOff,
      unresolved,
      token: token && { refused_since: token.refusedSince, error: token.error },
      held_destinations: heldDestinations,
      scopes: [...this.#scopes.values()].map(scopeJson),
    };
  }

  /** Scopes that are gone must not look as if all were well with them. */
  #retain(keys: ReadonlySet<ScopeKey>): void {
    for (const key of this.#scopes.keys()) if (!keys.has(key)) this.#scopes.delete(key);
  }

  #at(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function scopeJson({ scope, lastAttempt, lastSuccess, lastError, jobs, health }: ScopeStatus): object {
  return {
    scope,
    last_attempt: lastAttempt,
    last_success: lastSuccess,
    last_error: lastError,
    jobs: jobs.map((job) => ({ ...job, health: healthJson(job, health, lastAttempt) })),
  };
}
