import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { suggestion } from '../../core/manifest/nearest.ts';
import { isError } from '../../core/problem.ts';
import type { ReconcileEvent } from '../event/events.ts';
import { healthJson } from './health-json.ts';
import { driftJson } from './last-drift.ts';
import type { Clock } from '../ports.ts';
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
    // An account that the manifest does not have, whose transformers its zones name: their jobs say why they wait.
    if (event.type === 'transformers.unreadable' && !this.#scopes.has(key)) return;
    const known = this.#scopes.get(key) ?? initialScopeStatus(about.scope, at);
    this.#scopes.set(key, scopeStatusAfter(known, about.event, at));
  };

  /**
   * Ready once a pass has finished, and of several replicas each one that could lead: neither taking the Lease over nor an outage of
   * Cloudflare or of Kubernetes changes anything about that.
   */
  get ready(): { readonly ready: boolean; readonly reason: string } {
    const { lastPass, manifest, failure, leadership } = this.#status;
    if (lastPass) return { ready: true, reason: 'the first pass is done' };
    if (manifest.error !== null) return { ready: false, reason: manifest.error };
    if (manifest.problems.some(isError))
      return { ready: false, reason: 'the manifest has errors and none was accepted yet' };
    if (leadership !== null) return readyToTakeOver(manifest.revision, leadership);
    return { ready: false, reason: failure ?? 'the first pass is not done yet' };
  }

  /** Why what only a leader knows cannot be asked of this replica, and whom to ask, for people. */
  get whyNotLeading(): string {
    const { leadership } = this.#status;
    if (leadership?.role !== 'standby')
      return 'This replica is not ready to be asked yet. Ask it again in a minute.';
    if (leadership.holder === '')
      return 'This replica is standing by; nobody leads yet. Ask again in a minute.';
    return `This replica is standing by; ${leadership.holder} leads. Ask that one.`;
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

  /** The scope that a text names, alone or with one of its jobs behind a slash; or why there is none, for people. */
  target(text: string): { readonly scope: Scope; readonly job?: string } | { readonly unknown: string } {
    const slashes = [...text.matchAll(/\//g)].map(({ index }) => index);
    for (const end of [text.length, ...slashes]) {
      const [key, ...others] = this.find(text.slice(0, end));
      const known = key === undefined ? undefined : this.#scopes.get(key);
      if (known === undefined) continue;
      if (others.length > 0)
        return { unknown: 'A zone and an account are called so. Give the id of the one you mean.' };
      const { scope, jobs } = known;
      if (end === text.length) return { scope };
      const job = text.slice(end + 1);
      if (jobs.some(({ name }) => name === job)) return { scope, job };
      const names = jobs.map(({ name }) => name);
      const has = names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`;
      return { unknown: `${scope.name} has no job "${job}".${suggestion(job, names)} ${has}` };
    }
    return this.unknown(text);
  }

  /** That no scope is called so, alone or with something behind a slash, and which one may be meant. */
  unknown(text: string): { readonly unknown: string } {
    const [name = ''] = text.split('/');
    const names = [...this.#scopes.values()].map(({ scope }) => scope.name);
    const list =
      names.length === 0
        ? 'None is known before the first look at Cloudflare has ended.'
        : '"logpushd status" and GET /api/v1/status list all of them.';
    return { unknown: `No zone or account "${name}" is in the manifest.${suggestion(name, names)} ${list}` };
  }

  /** As `GET /api/v1/status` answers. */
  toJson(): object {
    const {
      lastPass,
      manifest,
      leadership,
      refusal,
      writesOff,
      failure,
      unresolved,
      heldDestinations,
      token,
    } = this.#status;
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
      ...(leadership && { leadership }),
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

function scopeJson({ scope, lastAttempt, lastSuccess, lastError, ...status }: ScopeStatus): object {
  const { jobs, health, pauses, drifts, transformers } = status;
  return {
    scope,
    last_attempt: lastAttempt,
    last_success: lastSuccess,
    last_error: lastError ?? transformers.error,
    pauses: pauses.map(({ job = null, since, until = null, reason = null }) => ({
      job,
      since,
      until,
      reason,
    })),
    jobs: jobs.map((job) => ({
      ...job,
      health: healthJson(job, health, lastAttempt),
      last_drift: driftJson(drifts.get(job.name)),
    })),
    ...(transformers.all.length > 0 && { transformers: transformers.all }),
  };
}

function readyToTakeOver(
  revision: string | null,
  { role, holder }: NonNullable<Status['leadership']>,
): { readonly ready: boolean; readonly reason: string } {
  if (revision === null) return { ready: false, reason: 'the manifest was not read yet' };
  if (role === 'leading') return { ready: true, reason: 'this replica leads' };
  return { ready: true, reason: `standing by while ${holder === '' ? 'nobody' : holder} leads` };
}
