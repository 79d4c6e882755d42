import type {
  Transport,
  TransportFailure,
  WireRequest,
  WireResponse,
} from '../../src/edges/cloudflare/transport.ts';
import type { ApiResponse } from '../../src/sandbox/model/response.ts';
import { damaged, failure, refusalOf, withJobs, withoutJobs, withoutZone } from './answers.ts';
import { classOf, zoneOf } from './cloud.ts';
import { bareName } from './people.ts';
import type { Process } from './process.ts';
import type { HttpFault } from './scenario.ts';
import type { Simulation } from './simulation.ts';

/**
 * The wire between one process and Cloudflare. Each request is an arrival, which nothing can call back, and an
 * answer, which only a living process hears.
 */
export function simulatedTransport(simulation: Simulation, process: Process): Transport {
  return {
    send: (request, signal) =>
      new Promise((resolve) => {
        if (process.touches(`send ${request.method}`))
          new Exchange(simulation, process, request, resolve).go(signal);
      }),
  };
}

type Answer = WireResponse | TransportFailure;

const JSON_TYPE = 'application/json; charset=UTF-8';
const HTML = '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>';

class Exchange {
  readonly #simulation: Simulation;
  readonly #process: Process;
  readonly #request: WireRequest;
  readonly #label: string;
  readonly #resolve: (answer: Answer) => void;
  #settled = false;

  constructor(
    simulation: Simulation,
    process: Process,
    request: WireRequest,
    resolve: (answer: Answer) => void,
  ) {
    this.#simulation = simulation;
    this.#process = process;
    this.#request = request;
    this.#label = `${process.id} ${request.method} ${request.url.replace(/^.*\/client\/v4/, '')}`;
    this.#resolve = resolve;
  }

  go(signal: AbortSignal): void {
    const { scheduler } = this.#simulation;
    signal.addEventListener('abort', () => this.#settle({ kind: 'unknown', cause: 'logpushd was stopped' }), {
      once: true,
    });
    const fault = this.#simulation.takeHttpFault(this.#request);
    if (this.#request.url.includes('/logpush/validate/')) this.#simulation.count('asked before a delete');
    const name = fault === null ? '' : ` ! ${fault.kind}`;
    this.#simulation.oracles.onSend(this.#process, this.#request);
    scheduler.trace(`send ${this.#label}${name}`, this.#request.body ?? '');
    this.#meet(fault);
  }

  #meet(fault: HttpFault | null): void {
    if (fault === null) return this.#arrive(this.#delay(), (response) => this.#hear(response));
    switch (fault.kind) {
      case 'not-sent':
        return this.#fail('not-sent', 'connection refused', this.#delay());
      case 'lost-before':
        return this.#lose(fault.hang);
      case 'lost-after':
        this.#lose(fault.hang);
        return this.#arrive(1, () => undefined);
      case 'late':
        this.#lose(fault.hang);
        return this.#arrive((fault.hang ? this.#request.timeoutMs : 1) + fault.ms, () => undefined);
      case 'twice':
        this.#arrive(this.#delay(), (response) => this.#hear(response));
        return this.#arrive(this.#delay() + fault.ms, () => undefined);
      case 'slow':
        return this.#slowly(fault.ms);
      case 'truncated':
        return this.#arrive(this.#delay(), () =>
          this.#fail(fault.damaged ? 'unusable' : 'unknown', 'the answer broke off', 1),
        );
      default:
        return this.#spoil(fault);
    }
  }

  #slowly(ms: number): void {
    this.#arrive(this.#delay() + ms, (response) => this.#hear(response));
    if (ms >= this.#request.timeoutMs) this.#fail('unknown', 'no answer in time', this.#request.timeoutMs);
  }

  #lose(hang: boolean): void {
    if (hang) this.#fail('unknown', 'no answer in time', this.#request.timeoutMs);
    else this.#fail('unknown', 'the connection ended before an answer', 2 + this.#delay());
  }

  /** Another answer than the one that Cloudflare would give, with or without its doing. */
  #spoil(fault: HttpFault): void {
    const said = (status: number, body: string, headers: Record<string, string> = {}): void =>
      this.#hear({ status, body, headers: { 'content-type': JSON_TYPE, ...headers } });
    const whether = (applied: boolean, then: () => void): void =>
      applied ? this.#arrive(this.#delay(), then) : then();
    switch (fault.kind) {
      case 'server-error':
        return whether(fault.applied, () => said(fault.status, failure(fault.status, 'Internal error')));
      case 'rate-limited':
        return said(
          429,
          failure(971, 'Please wait'),
          fault.retryAfter === null ? {} : { 'retry-after': fault.retryAfter },
        );
      case 'html':
        return whether(fault.applied, () => said(fault.status, HTML, { 'content-type': 'text/html' }));
      case 'garbage':
        return whether(true, () => said(200, '\u0000{"result":[{"id":'));
      case 'stale':
        return this.#arrive(this.#delay(), (response) => this.#hear(response), fault.ageMs);
      case 'partial':
        return this.#change((body) => withoutJobs(body, fault.without));
      case 'ignored':
        return this.#ignore();
      case 'damaged':
        return this.#change((body) => damaged(body, fault.how));
      case 'strangers':
        return this.#change((body) => withJobs(body, this.#strangers()));
      case 'zone-gone':
        return this.#change((body) => withoutZone(body, fault.zone));
      default:
        return this.#refuse(fault.kind);
    }
  }

  /** Something that Cloudflare says instead of doing it. */
  #refuse(kind: HttpFault['kind']): void {
    const answer = refusalOf(kind, classOf(this.#request));
    if (answer === null) throw new Error(`The fault ${kind} is not simulated.`);
    const { status, body, headers } = answer;
    this.#hear({ status, body, headers: { 'content-type': JSON_TYPE, ...headers } });
  }

  /** The answer of Cloudflare, and something on the way makes another one of it. */
  #change(change: (body: string) => string): void {
    this.#arrive(this.#delay(), (response) => this.#hear({ ...response, body: change(response.body) }));
  }

  /** What the listing of another zone holds now. */
  #strangers(): readonly unknown[] {
    const { cloud, world } = this.#simulation;
    const other = ((zoneOf(this.#request) ?? 0) + 1) % world.zones;
    const { result }: { result?: unknown } = JSON.parse(cloud.asPerson('GET', other, null).body);
    return Array.isArray(result) ? result : [];
  }

  /** The answer to an update that did nothing: the job as it is. */
  #ignore(): void {
    this.#simulation.scheduler.after(this.#delay(), null, `arrives ${this.#label}`, () => {
      const { body: _, ...rest } = this.#request;
      this.#hear(this.#simulation.cloud.handle(this.#process.id, { ...rest, method: 'GET' }));
    });
  }

  #arrive(ms: number, then: (response: ApiResponse) => void, ageMs?: number): void {
    const { scheduler, cloud } = this.#simulation;
    const sentAt = scheduler.now;
    scheduler.after(ms, null, `arrives ${this.#label}`, () => {
      const options = { sentAt, ...(ageMs === undefined ? {} : { asOf: cloud.now - ageMs }) };
      const response = cloud.handle(this.#process.id, this.#request, options);
      scheduler.trace(`does ${this.#label}: ${response.status}`, response.body);
      if (this.#process.touches(`sent ${this.#request.method}`, 'after')) then(response);
    });
  }

  #hear({ status, body, headers }: Pick<ApiResponse, 'status' | 'body' | 'headers'>): void {
    this.#answer({ kind: 'answer', status, body, headers }, this.#delay());
  }

  #fail(kind: TransportFailure['kind'], cause: string, ms: number): void {
    this.#answer({ kind, cause }, ms);
  }

  #answer(answer: Answer, ms: number): void {
    const what = answer.kind === 'answer' ? answer.status : answer.kind;
    this.#simulation.scheduler.after(ms, this.#process, `hears ${this.#label}: ${what}`, () =>
      this.#settle(answer),
    );
  }

  #settle(answer: Answer): void {
    if (this.#settled || !this.#process.alive) return;
    this.#settled = true;
    this.#simulation.oracles.onAnswer(this.#process, answer, this.#request);
    this.#resolve(answer);
  }

  #delay(): number {
    return this.#simulation.delay();
  }
}

/** Of a request: what it is and where, for matching faults and excusing what follows from them. */
export function whereOf(request: WireRequest): {
  readonly on: ReturnType<typeof classOf>;
  readonly zone: number | null;
  readonly name: string | null;
} {
  const on = classOf(request);
  const name = on === 'create' ? JSON.parse(request.body ?? '{}').name : null;
  return { on, zone: zoneOf(request), name: typeof name === 'string' ? bareName(name) : null };
}
