import type { TransportFailure, WireRequest, WireResponse } from '../../src/edges/cloudflare/transport.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { CODES } from '../../src/sandbox/model/envelope.ts';
import { classOf, isWrite, zoneOf } from './cloud.ts';
import { scopeWith } from './manifests.ts';
import type { Oracles } from './oracles.ts';
import { bareName, nameOf } from './people.ts';
import type { Process } from './process.ts';
import type { RequestClass } from './scenario.ts';
import type { Simulation } from './simulation.ts';

type Answer = WireResponse | TransportFailure;

/** A job as a listing shows it. */
interface Shown {
  readonly id: number;
  readonly name: string;
  readonly dataset: string;
}

/** What one process has said and heard. */
interface Line {
  readonly sends: number[];
  readonly begun: Set<string>;
  heldUntil: number;
  /** Zone to the writes that have no answer yet. */
  readonly writing: Map<number, number>;
  /** Zone to what its last two complete listings showed, latest first: each lane has its own. */
  readonly listed: Map<number, readonly (readonly Shown[])[]>;
  /** Zone and id of jobs that Cloudflare said it has deleted, and when. */
  readonly deleted: Map<string, number>;
  /** Successful writes that nobody has been told of. */
  readonly untold: Set<string>;
}

const DELETE_SETTLES_MS = 60_000;

/** What has to hold of the requests that logpushd sends. */
export class Traffic {
  readonly #simulation: Simulation;
  readonly #oracles: Oracles;
  readonly #lines = new Map<Process, Line>();
  /** Zone and id of jobs that some process knows to be deleted: the ledger tells the next one. */
  readonly #gone = new Set<string>();

  constructor(simulation: Simulation, oracles: Oracles) {
    this.#simulation = simulation;
    this.#oracles = oracles;
  }

  #lineOf(process: Process): Line {
    const known = this.#lines.get(process);
    if (known !== undefined) return known;
    const line: Line = {
      sends: [],
      begun: new Set(),
      heldUntil: 0,
      writing: new Map(),
      listed: new Map(),
      deleted: new Map(),
      untold: new Set(),
    };
    this.#lines.set(process, line);
    return line;
  }

  onSend(process: Process, request: WireRequest): void {
    const { method, url, body } = request;
    const { now } = this.#simulation.scheduler;
    const line = this.#lineOf(process);
    if (!process.alive) this.#oracles.violate('dead-process-sends', `${method} ${url}`);
    this.#checkRate(line, now);
    if (now < line.heldUntil) {
      this.#oracles.violate('sends-while-held', `${method} ${url} before a 429 has ended`);
    }
    if (!isWrite(request)) return;
    const what = `${method} ${url} ${body ?? ''}`;
    if (process.stoppingSince !== null && !line.begun.has(what) && !this.#endsGap(request)) {
      this.#oracles.violate('write-begun-while-stopping', `${method} ${url}`);
    }
    line.begun.add(what);
    this.#checkAlone(line, request);
    if (method === 'POST') this.#checkCreate(line, request);
    if (method === 'DELETE') this.#checkDelete(line, request, now);
  }

  /** A create that makes anew what was deleted just now: nothing delivers until it is there. */
  #endsGap(request: WireRequest): boolean {
    const last = this.#simulation.cloud.writes.findLast(({ zone }) => zone === zoneOf(request));
    if (request.method !== 'POST' || last?.kind !== 'delete' || last.before === null) return false;
    const { name }: Shown = JSON.parse(request.body ?? '{}');
    return this.#simulation.world.allowGap && nameOf(last.before) === bareName(name);
  }

  #checkRate({ sends }: Line, now: number): void {
    const { requests, windowSeconds, share } = this.#simulation.world.quota;
    sends.push(now);
    while (sends[0] !== undefined && now - sends[0] >= windowSeconds * 1000) sends.shift();
    if (sends.length > Math.max(1, Math.floor(share * requests))) {
      this.#oracles.violate('rate-exceeded', `${sends.length} requests in ${windowSeconds} s`);
    }
  }

  /** The changes of one zone come one after the other, also from two lanes. */
  #checkAlone({ writing }: Line, request: WireRequest): void {
    const zone = zoneOf(request) ?? -1;
    const others = writing.get(zone) ?? 0;
    if (others > 0) this.#oracles.violate('two-writes-at-once', `${request.method} ${request.url}`);
    writing.set(zone, others + 1);
  }

  /** Invariant 3. */
  #checkCreate({ listed }: Line, request: WireRequest): void {
    const zone = zoneOf(request) ?? -1;
    const { name, dataset }: Shown = JSON.parse(request.body ?? '{}');
    const isEqual = (job: Shown): boolean =>
      job.name === name && job.dataset === dataset && !this.#gone.has(`${zone}/${job.id}`);
    const [last = [], ...former] = listed.get(zone) ?? [];
    const equal = former.every((jobs) => jobs.some(isEqual)) ? last.find(isEqual) : undefined;
    // Who renamed it since, or since a listing that is older than it seems, is seen by the look at the job that follows.
    const { people } = this.#simulation;
    const isOfOld =
      this.#oracles.wasMisledLately(zone) && equal && people.changedAt(zone, equal.id) !== undefined;
    if (equal !== undefined && !people.changedLately(zone, equal.id) && !isOfOld) {
      this.#oracles.violate('create-beside-equal', `${zone}/${name} (${equal.id}) is in the last listing`);
    }
    this.#oracles.onCreateSent(zone, bareName(name), dataset);
  }

  /** Invariant 15. */
  #checkDelete({ deleted }: Line, request: WireRequest, now: number): void {
    const place = placeOf(request);
    const at = deleted.get(place);
    // What could not be saved is looked up by asking Cloudflare again, an old listing shows it again, and a clock that was set makes the
    // delete seem long ago.
    if (this.#oracles.wasInterrupted || this.#oracles.wasMisled || this.#oracles.hadClockJump) return;
    if (at !== undefined && now - at < DELETE_SETTLES_MS) this.#oracles.violate('deleted-twice', place);
  }

  onAnswer(process: Process, answer: Answer, request: WireRequest): void {
    const line = this.#lineOf(process);
    const kind = classOf(request);
    const zone = zoneOf(request) ?? -1;
    const { now } = this.#simulation.scheduler;
    if (isWrite(request)) line.writing.set(zone, (line.writing.get(zone) ?? 1) - 1);
    if (answer.kind !== 'answer') return;
    if (answer.status === 429) this.#hold(line, answer, now);
    if (kind === 'delete' && isDeleted(answer)) line.deleted.set(placeOf(request), now);
    // So says the look after a delete that got no answer.
    if ((kind === 'delete' && isDeleted(answer)) || (kind === 'get' && isMissing(answer)))
      this.#gone.add(placeOf(request));
    if (kind === 'list') this.#listed(line, zone, answer);
    if (isWrite(request)) this.#wrote(line, kind, zone, request, answer);
  }

  #hold(line: Line, { headers }: WireResponse, now: number): void {
    this.#simulation.count('429 heard');
    const asked = headers['retry-after'];
    const seconds = asked === undefined ? 300 : Number(asked);
    // A date, or what is neither: at least a second.
    const ms = Number.isFinite(seconds) ? Math.min(300, Math.max(1, seconds)) * 1000 : 1_000;
    line.heldUntil = Math.max(line.heldUntil, now + ms);
  }

  #listed(line: Line, zone: number, { status, body }: WireResponse): void {
    const jobs = status === 200 ? listedIn(body) : null;
    if (jobs !== null) line.listed.set(zone, [jobs, ...(line.listed.get(zone) ?? []).slice(0, 1)]);
  }

  #wrote(line: Line, kind: RequestClass, zone: number, request: WireRequest, answer: WireResponse): void {
    if (answer.status >= 300 || !answer.body.includes('"success":true')) return;
    const what: Shown = kind === 'create' ? JSON.parse(request.body ?? '{}') : null;
    line.untold.add(kind === 'create' ? `${zone}/${bareName(what.name)}` : `${kind} ${placeOf(request)}`);
  }

  /** Invariant 43: a write that was done is told. */
  onTold(process: Process, { scope, change }: Told): void {
    const zone = scopeWith(scope.id) ?? -1;
    const { untold } = this.#lineOf(process);
    untold.delete(`${zone}/${change.name}`);
    if (!('live' in change)) return;
    untold.delete(`update ${zone}/${change.live.id}`);
    untold.delete(`delete ${zone}/${change.live.id}`);
  }

  atRest(process: Process): void {
    for (const what of this.#lineOf(process).untold) this.#oracles.violate('write-not-told', what);
  }
}

type Told = Extract<ReconcileEvent, { readonly type: 'change.applied' | 'change.failed' }>;

/** Cloudflare says so, and nothing in between. */
function isDeleted(answer: WireResponse): boolean {
  return answer.status === 200 ? answer.body.includes('"success":true') : isMissing(answer);
}

function isMissing({ status, body }: WireResponse): boolean {
  return status === 404 && body.includes(`"code":${CODES.notFound}`);
}

function placeOf(request: WireRequest): string {
  return `${zoneOf(request) ?? -1}/${/\/jobs\/(\d+)$/.exec(request.url)?.[1] ?? ''}`;
}

/** The jobs of a listing that can be believed; null for any other answer. */
function listedIn(body: string): readonly Shown[] | null {
  try {
    const { success, result, result_info: info } = JSON.parse(body);
    if (success !== true || !Array.isArray(result) || info !== undefined) return null;
    if (!result.every((job) => Number.isSafeInteger(job?.id))) return null;
    return result;
  } catch {
    return null;
  }
}
