import type { WireRequest } from '../../src/edges/cloudflare/transport.ts';
import { CloudflareModel } from '../../src/sandbox/model/cloudflare.ts';
import type { JobRecord } from '../../src/sandbox/model/job-store.ts';
import type { ApiResponse } from '../../src/sandbox/model/response.ts';
import { scopeId, scopeWith, zoneName } from './manifests.ts';
import { ACCOUNT_DATASETS, type Foreign, type RequestClass, type WorldSpec } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

/** Who made a job. */
export type Maker = 'logpushd' | 'foreign';

/** A write of logpushd that reached Cloudflare, and what it met there. */
export interface Write {
  readonly at: number;
  readonly sentAt: number;
  readonly instance: number;
  readonly kind: 'create' | 'update' | 'delete';
  readonly zone: number;
  /** Of the job; null for a create that made none. */
  readonly id: number | null;
  readonly before: JobRecord | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly status: number;
}

/** Who has to know what logpushd does at Cloudflare. */
interface Watcher {
  onWrite(write: Write): void;
  /** A request was refused because there were too many. */
  onLimited(): void;
}

export interface HandleOptions {
  /** Reads show how it was then. */
  readonly asOf?: number;
  readonly sentAt?: number;
}

const START = Date.parse('2026-11-23T09:00:00Z');
const BASE = 'https://api.cloudflare.com';

/** The sandbox's model of Cloudflare, with who did what to it. */
export class Cloud {
  readonly model: CloudflareModel;
  readonly writes: Write[] = [];
  readonly #scheduler: Scheduler;
  readonly #world: WorldSpec;
  readonly #makers = new Map<string, Maker>();

  readonly #watcher: Watcher;

  constructor(world: WorldSpec, scheduler: Scheduler, watcher: Watcher) {
    this.#scheduler = scheduler;
    this.#world = world;
    this.#watcher = watcher;
    const names = this.zones.map(zoneName);
    this.model = new CloudflareModel({
      now: () => START + scheduler.now,
      zones:
        world.scopes === undefined ? names.map((name, zone) => ({ name, id: scopeId(zone, world) })) : [],
      accounts: world.scopes === undefined ? ['Acme'] : names,
      switches: world.switches,
    });
    for (const one of world.foreign) this.plant(one);
  }

  /** What Cloudflare's clock says; logpushd's may differ. */
  get now(): number {
    return START + this.#scheduler.now;
  }

  /** Carries a request of logpushd out. */
  handle(instance: number, request: WireRequest, options: HandleOptions = {}): ApiResponse {
    const kind = classOf(request);
    const target = request.url.slice(BASE.length);
    const isWrite = kind === 'create' || kind === 'update' || kind === 'delete';
    const place = isWrite ? placeOf(target) : null;
    const before = place?.id ? this.job(place.zone, place.id) : null;
    const response = this.model.handle(
      {
        method: request.method,
        target,
        headers: { authorization: request.headers['Authorization'] },
        body: request.body ?? '',
      },
      options,
    );
    if (response.status === 429) this.#watcher.onLimited();
    const { sentAt = this.#scheduler.now } = options;
    if (isWrite && place) this.#recordWrite(instance, kind, place, before, request, response, sentAt);
    return response;
  }

  #recordWrite(
    instance: number,
    kind: Write['kind'],
    { zone, id }: { readonly zone: number; readonly id: number | null },
    before: JobRecord | null,
    request: WireRequest,
    { status, body }: ApiResponse,
    sentAt: number,
  ): void {
    const made = kind === 'create' && status < 300 ? idIn(body) : null;
    if (made !== null) this.#makers.set(`${zone}/${made}`, 'logpushd');
    const write: Write = {
      at: this.#scheduler.now,
      sentAt,
      instance,
      kind,
      zone,
      id: id ?? made,
      before,
      body: request.body === undefined ? {} : JSON.parse(request.body),
      status,
    };
    this.writes.push(write);
    this.#watcher.onWrite(write);
  }

  /** A request of somebody else, with a credential of their own, so that it costs us nothing. */
  asPerson(method: string, zone: number, id: number | null, body?: object): ApiResponse {
    const { scopes = 'zone' } = this.#world;
    const target = `/client/v4/${scopes}s/${scopeId(zone, this.#world)}/logpush/jobs${id === null ? '' : `/${id}`}`;
    const headers = { authorization: 'Bearer a-person', 'x-sandbox-actor': 'eve@example.com' };
    return this.model.handle({ method, target, headers, body: JSON.stringify(body ?? {}) });
  }

  /** A request of another program that has our token; that it names nothing there is changes nothing about its count. */
  asOtherTool(): void {
    const headers = { authorization: `Bearer ${TOKEN}` };
    this.model.handle({ method: 'GET', target: '/', headers, body: '' });
  }

  plant({ zone, name, like }: Foreign): void {
    this.model.plantJob(scopeId(zone, this.#world), {
      name,
      enabled: true,
      dataset: datasetIn(this.#world),
      destination_conf:
        like === undefined
          ? 's3://somebody/else/{DATE}?region=eu-west-1'
          : `https://siem.example.com/${like}-a?header_Authorization=Bearer%20x`,
    });
  }

  makerOf(zone: number, id: number): Maker {
    return this.#makers.get(`${zone}/${id}`) ?? 'foreign';
  }

  jobs(zone: number): readonly JobRecord[] {
    return this.model.jobs(scopeId(zone, this.#world));
  }

  job(zone: number, id: number): JobRecord | null {
    return this.jobs(zone).find((one) => one.id === id) ?? null;
  }

  get zones(): readonly number[] {
    return Array.from({ length: this.#world.zones }, (_, zone) => zone);
  }
}

/** Of a job that somebody makes. */
export function datasetIn({ scopes }: WorldSpec): string {
  return scopes === undefined ? 'http_requests' : ACCOUNT_DATASETS.http_requests;
}

/** The token of logpushd. A canary: it must show nowhere. */
export const TOKEN = 'CanaryApiToken0RmZ4qW7xT1bN8vK3sJ6yH2';

const JOB_PATH = /^\/client\/v4\/(?:zones|accounts)\/([0-9a-f]{32})\/logpush\/jobs(?:\/(\d+))?$/;

function placeOf(target: string): { readonly zone: number; readonly id: number | null } {
  const found = JOB_PATH.exec(target);
  const zone = scopeWith(found?.[1]);
  if (found === null || zone === null) throw new Error(`A write to an unknown place: ${target}`);
  return { zone, id: found[2] === undefined ? null : Number(found[2]) };
}

export function zoneOf({ url }: WireRequest): number | null {
  return scopeWith(/\/(?:zones|accounts)\/([0-9a-f]{32})\//.exec(url)?.[1]);
}

export function isWrite(request: WireRequest): boolean {
  return ['create', 'update', 'delete'].includes(classOf(request));
}

export function classOf({ method, url }: WireRequest): RequestClass {
  // Every other POST asks whether something would be taken, and changes nothing.
  if (method === 'POST') return url.endsWith('/jobs') ? 'create' : 'get';
  if (method === 'PUT') return 'update';
  if (method === 'DELETE') return 'delete';
  if (!url.includes('/logpush/')) return 'zones';
  return url.endsWith('/jobs') ? 'list' : 'get';
}

function idIn(body: string): number | null {
  const envelope: unknown = JSON.parse(body);
  if (typeof envelope !== 'object' || envelope === null || !('result' in envelope)) return null;
  const { result } = envelope;
  return typeof result === 'object' && result !== null && 'id' in result ? Number(result.id) : null;
}
