import { defaultSwitches, parseSwitches } from '../switch-check.ts';
import type { Switches } from '../switches.ts';
import { auditCall } from './audit.ts';
import { noRouteText } from './checks.ts';
import { actorOf } from './credentials.ts';
import type { FailingDestination } from './destination-health.ts';
import { ApiFailure, CODES, failureBody, type Reply, successBody } from './envelope.ts';
import type { JobRecord } from './job-store.ts';
import { showJob } from './job-view.ts';
import { storeJob } from './jobs.ts';
import { type Json, type JsonRecord, textOf } from './json.ts';
import { addAccount, addZone, findScope, type ModelOptions, newWorld, type ZoneSeed } from './new-world.ts';
import { ownershipFailure } from './ownership.ts';
import { RateLimiter } from './rate-limiter.ts';
import {
  type AnswerIds,
  type ApiRequest,
  type ApiResponse,
  BASE_PATH,
  htmlResponse,
  jsonResponse,
} from './response.ts';
import { type Handler, matchRoute } from './routes.ts';
import type { AccountRecord, Actor, Call, Scope, World, ZoneRecord } from './world.ts';

/**
 * A Cloudflare Logpush API without sockets, timers or randomness: a request goes in, its answer comes out, and
 * time is what the given clock says. A server puts it on a port; a simulation calls it directly. What it does by
 * default, and which fact each behaviour imitates, is in `cloudflare-api.md`.
 */
export class CloudflareModel {
  readonly #options: ModelOptions;
  readonly #startSwitches: Switches;
  #switches: Switches;
  #limiter = new RateLimiter();
  #world: World;

  constructor(options: ModelOptions) {
    this.#options = options;
    this.#startSwitches = { ...defaultSwitches(), ...parseSwitches(options.switches ?? {}) };
    this.#switches = this.#startSwitches;
    this.#world = newWorld(options, () => this.#switches);
  }

  /**
   * Answers one request. Never waits, and never throws for anything a caller can send.
   *
   * @param options.asOf Listings and reads show the jobs of this time: a stale edge.
   */
  handle(request: ApiRequest, options: { readonly asOf?: number } = {}): ApiResponse {
    const ids = { ray: this.#world.ids.ray(), auditId: this.#world.ids.uuid(this.#options.now()) };
    const at = request.target.indexOf('?');
    const path = at < 0 ? request.target : request.target.slice(0, at);
    const query = new URLSearchParams(at < 0 ? '' : request.target.slice(at + 1));
    const below = path.startsWith(`${BASE_PATH}/`) ? path.slice(BASE_PATH.length) : '';
    let limits: Readonly<Record<string, string>> = {};
    try {
      const actor = actorOf(request.headers, this.#options.token ?? null, below.endsWith('/tokens/verify'));
      const verdict = this.#limiter.take(actor.credential, this.#options.now(), this.#switches);
      limits = verdict.headers;
      if (!verdict.allowed) {
        throw new ApiFailure(
          429,
          CODES.rateLimited,
          'Please wait and consider throttling your request speed',
        );
      }
      const { call, handler } = this.#route(request, below, query, actor, options.asOf ?? null);
      return this.#answer(call, handler, limits, ids);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      return jsonResponse(error.status, failureBody(error), { ...limits, ...error.headers }, ids);
    }
  }

  get switches(): Switches {
    return this.#switches;
  }

  /** @throws SwitchError for an unknown switch or value. */
  changeSwitches(changes: unknown): Switches {
    const checked = parseSwitches(changes);
    // What has happened so far happened under the old rules.
    this.#world.jobs.settleAll((job) => job);
    this.#switches = { ...this.#switches, ...checked };
    return this.#switches;
  }

  /** As {@link changeSwitches}, with every other switch back at its default. */
  replaceSwitches(changes: unknown): Switches {
    return this.changeSwitches({ ...defaultSwitches(), ...parseSwitches(changes) });
  }

  /** Back to how it was at the start. */
  reset(): void {
    this.#switches = this.#startSwitches;
    this.#limiter = new RateLimiter();
    this.#world = newWorld(this.#options, () => this.#switches);
  }

  zones(): readonly ZoneRecord[] {
    return [...this.#world.zones.values()];
  }

  accounts(): readonly AccountRecord[] {
    return [...this.#world.accounts.values()];
  }

  /** Adds a zone, or replaces the one of the same id and keeps its jobs. */
  addZone(seed: ZoneSeed): ZoneRecord {
    return addZone(this.#world, seed);
  }

  addAccount(name: string): AccountRecord {
    return addAccount(this.#world, name);
  }

  /** The zone is gone with all its jobs. Takes a name or an id. */
  removeZone(nameOrId: string): boolean {
    const scope = this.scope(nameOrId);
    if (scope?.kind !== 'zone') return false;
    this.#world.jobs.removeScope(scope.id);
    return this.#world.zones.delete(scope.id);
  }

  /** The zone or account of this name or id. */
  scope(nameOrId: string): Scope | null {
    return findScope(this.#world, nameOrId);
  }

  /** Stores a job unchecked, also one that the API would refuse: legacy kinds, unknown keys, odd ids. */
  plantJob(nameOrId: string, fields: JsonRecord): JsonRecord {
    const scope = this.scope(nameOrId);
    if (scope === null) throw new RangeError(`There is no zone or account "${nameOrId}".`);
    const { id, ...config } = fields;
    const job = storeJob(
      scope,
      { dataset: 'http_requests', enabled: false, ...config },
      this.#world,
      typeof id === 'number' ? id : undefined,
    );
    return showJob(job, this.#switches, 'get');
  }

  /** The jobs of a scope with their state of delivery, as they are now. */
  jobs(nameOrId: string): readonly JobRecord[] {
    const scope = this.scope(nameOrId);
    return scope === null ? [] : this.#world.jobs.living(scope.id);
  }

  /** What a listing of this scope would have shown at `time`. */
  listJobsAsOf(nameOrId: string, time: number): readonly Json[] {
    const scope = this.scope(nameOrId);
    if (scope === null) return [];
    return this.#world.jobs.asOf(scope.id, time).map((job) => showJob(job, this.#switches, 'list'));
  }

  /** Makes deliveries to a host, bucket or beginning of a `destination_conf` fail from now on. */
  failDestination(match: string, code?: number, message?: string): FailingDestination {
    const failing = this.#world.destinations.fail(match, code, message);
    this.#destinationsChanged();
    return failing;
  }

  healDestination(match: string): boolean {
    const healed = this.#world.destinations.heal(match);
    this.#destinationsChanged();
    return healed;
  }

  failingDestinations(): readonly FailingDestination[] {
    return this.#world.destinations.list();
  }

  /** The answer to `POST …/ownership` when the challenge file could not be written. */
  challengeRefused(message: string): ApiResponse {
    const ids = { ray: this.#world.ids.ray(), auditId: this.#world.ids.uuid(this.#options.now()) };
    return this.#switches.ownership_failure === 'error'
      ? jsonResponse(400, failureBody({ code: CODES.destination, message }), {}, ids)
      : jsonResponse(200, successBody(ownershipFailure(message), this.#switches.success_lists), {}, ids);
  }

  #route(
    request: ApiRequest,
    path: string,
    query: URLSearchParams,
    actor: Actor,
    asOf: number | null,
  ): { readonly call: Call; readonly handler: Handler } {
    const matched = matchRoute(path);
    if (matched === null) throw new ApiFailure(404, CODES.noRoute, noRouteText(path));
    const handler = Object.hasOwn(matched.methods, request.method)
      ? matched.methods[request.method]
      : undefined;
    if (handler === undefined) {
      throw new ApiFailure(405, CODES.methodNotAllowed, 'Method not allowed', {
        allow: Object.keys(matched.methods).join(', '),
      });
    }
    const { method, body: rawBody } = request;
    const scope = this.#scopeOf(matched.params, path);
    return { call: { method, path, params: matched.params, query, rawBody, actor, scope, asOf }, handler };
  }

  #scopeOf(params: Readonly<Record<string, string>>, path: string): Scope | null {
    const id = params['zone'] ?? params['account'];
    if (id === undefined) return null;
    const kind = params['zone'] === undefined ? 'account' : 'zone';
    const scope = /^[0-9a-f]{32}$/.test(id) ? findScope(this.#world, id) : null;
    if (scope?.kind !== kind) throw new ApiFailure(404, CODES.noRoute, noRouteText(path));
    const forbidden = this.#switches.forbidden_scopes;
    if (path.includes('/logpush') && (forbidden.includes(scope.id) || forbidden.includes(scope.name))) {
      throw new ApiFailure(403, CODES.authentication, 'Authentication error');
    }
    return scope;
  }

  #answer(
    call: Call,
    handler: Handler,
    limits: Readonly<Record<string, string>>,
    ids: AnswerIds,
  ): ApiResponse {
    const outcome = attempt(handler, call, this.#world);
    auditCall(call, outcome, ids, this.#world);
    if (outcome instanceof ApiFailure) throw outcome;
    const { status = 200, html, bare, lost = false, challenge = null } = outcome;
    if (html !== undefined) return htmlResponse(status, html, ids);
    const body = bare ?? successBody(outcome, this.#switches.success_lists);
    return { ...jsonResponse(status, body, limits, ids), lost, challenge };
  }

  #destinationsChanged(): void {
    const { jobs, destinations } = this.#world;
    jobs.settleAll((job) => ({
      ...job,
      delivery: { ...job.delivery, failure: destinations.failureOf(textOf(job.config['destination_conf'])) },
    }));
  }
}

function attempt(handler: Handler, call: Call, world: World): Reply | ApiFailure {
  try {
    return handler(call, world);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    return error;
  }
}
