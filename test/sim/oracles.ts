import { isDeepStrictEqual } from 'node:util';
import { Secret } from '../../src/core/secret.ts';
import type { TransportFailure, WireRequest, WireResponse } from '../../src/edges/cloudflare/transport.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { JobRecord } from '../../src/sandbox/model/job-store.ts';
import { TOKEN, type Write } from './cloud.ts';
import { Ending, swapApprovalOf } from './ending.ts';
import { Harm, LOOKED_BEFORE_MS } from './harm.ts';
import { POISON, scopeWith } from './manifests.ts';
import { Pauses } from './pauses.ts';
import { A_PASS_MS, bareName, nameOf } from './people.ts';
import type { Process } from './process.ts';
import type { Disturbance, HttpFault, JobSpec, Version, ZoneSpec } from './scenario.ts';
import { hash32 } from './random.ts';
import { CANARY_PARTS } from './secrets.ts';
import type { Report, Simulation } from './simulation.ts';
import { Sinks } from './sinks.ts';
import { Traffic } from './traffic.ts';
import type { whereOf } from './transport.ts';

export interface Violation {
  /** Which rule was broken: the same for the same bug. */
  readonly rule: string;
  readonly detail: string;
  readonly at: number;
}

/** Never deleted, disabled, replaced or sent elsewhere, in whatever version of the manifest. */
export const PROTECTED_NAMES: ReadonlySet<string> = new Set(['audit']);

/** What has to hold at every moment and at the end. Knows nothing of how logpushd does it. */
export class Oracles {
  readonly violations: Violation[] = [];
  readonly #simulation: Simulation;
  readonly #ending: Ending;
  readonly #traffic: Traffic;
  readonly #harm: Harm;
  readonly pauses: Pauses;
  readonly #sinks = new Map<Process, Sinks>();
  /** Versions that may be obeyed, oldest first. */
  readonly #valid: (Version & { kind: 'valid' })[] = [];
  /** Zone and id of every job that stood in the ledger once. */
  readonly #owned = new Set<string>();
  /** Zone and name of every create that stood in the ledger as open once. */
  readonly #creating = new Set<string>();
  /** Zone and name of every create that was carried out twice. */
  readonly #doubled = new Set<string>();
  /** Zone and name of every create whose answer was lost. */
  readonly #lostCreates = new Set<string>();
  /** A process ended, or could not save, while it may have been creating. */
  wasInterrupted = false;
  /** A listing was not how it is now. */
  wasMisled = false;
  readonly #removals = new Map<string, number>();
  readonly #refused = new Set<string>();
  /** Digests that a person approved, and when. */
  readonly #approvals = new Map<string, number>();
  readonly #approved = new Set<string>();
  /** Updates whose answer was lost, so that they are sent again, or that something on the way sent again. */
  #repeatedUpdates = 0;
  readonly #corrections = new Map<string, number[]>();
  /** Zone to when a listing of it last was not how it is. */
  readonly #misledAt = new Map<number, number>();
  /** Zones of which nobody knows any more what was missing in a listing. */
  readonly #excused = new Set<number>();
  successfulWrites = 0;
  /** Events after which another pass may do better. */
  troubles = 0;
  /** How many writes more than its twin this story may need. */
  allowance = 0;
  /** The number of writes says nothing in this story. */
  uncountable = false;
  stateWasLost = false;
  /** A secret that Cloudflare does not show may not be the last one, and nobody can tell. */
  isBlind = false;
  wasIgnored = false;
  hadTwoLeaders = false;
  /** The time since a create cannot be told. */
  hadClockJump = false;
  /** A job whose secret is missing is not compared with a copy of it. */
  hadMissingSecret = false;

  /** Plans are large, and what they may tell does not depend on the order of things. */
  readonly #scansPlans: boolean;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#scansPlans = hash32(simulation.scenario.seed) % 4 === 0;
    this.#ending = new Ending(simulation, this);
    this.#traffic = new Traffic(simulation, this);
    this.#harm = new Harm(simulation, this);
    this.pauses = new Pauses(simulation, this);
  }

  violate(rule: string, detail: string): void {
    const at = this.#simulation.scheduler.now;
    this.#simulation.scheduler.trace(`VIOLATION ${rule}: ${detail}`);
    this.violations.push({ rule, detail, at });
  }

  onBug(error: unknown): void {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.violate('bug', told.split('\n').slice(0, 6).join(' | '));
  }

  // --- what is known ---

  onVersion(version: Version): void {
    if (version.kind !== 'valid') return;
    this.#valid.push(version);
    this.#harm.onVersion(version);
  }

  /** What any version that may be obeyed says about this job. */
  #wanted(zone: number, name: string): readonly JobSpec[] {
    return this.#valid.flatMap(({ zones }) =>
      zones.filter((one) => one.zone === zone).flatMap(({ jobs }) => jobs.filter((job) => job.name === name)),
    );
  }

  /** By the guard, in some pass. */
  get wasRefused(): boolean {
    return this.#refused.size > 0;
  }

  get finalZones(): readonly ZoneSpec[] {
    return this.#valid.at(-1)?.zones ?? [];
  }

  wasOwned(zone: number, id: number): boolean {
    return this.#owned.has(`${zone}/${id}`);
  }

  /** Whether a plan of now may go by a listing of this zone that was not how it is. */
  wasMisledLately(zone: number): boolean {
    return this.#simulation.scheduler.now - (this.#misledAt.get(zone) ?? -Infinity) < A_PASS_MS;
  }

  isExcused(zone: number): boolean {
    return this.#excused.has(zone);
  }

  onFault(one: Disturbance): void {
    if (one.type === 'second-leader') {
      this.hadTwoLeaders = true;
      this.pauses.forget();
      this.uncountable = true;
    }
    if (one.type === 'wall-jump' && Math.abs(one.ms) >= SEEN_AS_COPY_MS) this.hadClockJump = true;
    // By that clock the hour of each fight is over.
    if (one.type === 'wall-jump' && one.ms >= HOUR_MS) this.#corrections.clear();
    if (one.type === 'secret-missing') this.hadMissingSecret = true;
    if (one.type === 'stop' || one.type === 'save-fails') this.wasInterrupted = true;
    if (one.type === 'person' || one.type === 'meddle') this.allowance += 2;
    if (one.type === 'disk-full') this.wasInterrupted = true;
  }

  /** Whether the answer to a create of this name was lost. */
  hadLostCreate(zone: number, name: string): boolean {
    return this.#lostCreates.has(`${zone}/${name}`);
  }

  /** Whether a create of this name may have ended without logpushd knowing how. */
  hadOpenCreate(zone: number, name: string): boolean {
    return this.wasInterrupted || this.#lostCreates.has(`${zone}/${name}`);
  }

  wasDoubled(zone: number, name: string): boolean {
    return this.#doubled.has(`${zone}/${name}`);
  }

  onCrash(): void {
    this.wasInterrupted = true;
    if (this.#hidesValues) this.allowance += 2;
  }

  /** What is never shown is written once more when nobody remembers that it was written. */
  get #hidesValues(): boolean {
    const { secrets, filter_reads: filter } = this.#simulation.world.switches;
    return secrets === 'masked' || filter === 'none';
  }

  onStateLost(): void {
    this.stateWasLost = true;
    this.pauses.forget();
    this.uncountable = true;
  }

  onHttpFault(fault: HttpFault, { on, zone, name }: ReturnType<typeof whereOf>): void {
    if (on === 'list' || on === 'get') {
      if (on === 'get') this.allowance += 2;
      if (MISLEADING.has(fault.kind)) {
        this.wasMisled = true;
        if (zone !== null) this.#misledAt.set(zone, this.#simulation.scheduler.now);
        // Nobody is left who knows what is missing in it.
        if (this.stateWasLost && zone !== null) this.#excused.add(zone);
        this.allowance += 8;
      }
      return;
    }
    if (on === 'zones') return;
    this.allowance += 2;
    if (fault.kind === 'ignored') this.wasIgnored = true;
    if (on === 'update' && this.#hidesValues && BLINDING.has(fault.kind)) this.isBlind = true;
    if (on === 'update' && (fault.kind === 'twice' || !CERTAIN.has(fault.kind))) this.#repeatedUpdates += 1;
    if (on !== 'create') return;
    if (!CERTAIN.has(fault.kind)) this.#lostCreates.add(`${zone}/${name}`);
    if (fault.kind === 'twice') this.#doubled.add(`${zone}/${name}`);
  }

  // --- after every step ---

  onSend(process: Process, request: WireRequest): void {
    this.#traffic.onSend(process, request);
  }

  onAnswer(process: Process, answer: WireResponse | TransportFailure, request: WireRequest): void {
    this.#traffic.onAnswer(process, answer, request);
  }

  /** Invariants 3, 9 and 24: whatever the listings say, a job that is known to be ours is not made once more. */
  onCreateSent(zone: number, name: string, dataset: string): void {
    if (this.stateWasLost || this.hadTwoLeaders) return;
    const { cloud } = this.#simulation;
    const known = cloud
      .jobs(zone)
      .find(
        (job) => nameOf(job) === name && job.config['dataset'] === dataset && this.wasOwned(zone, job.id),
      );
    if (known !== undefined) this.violate('create-beside-ours', `${zone}/${name} (${known.id}) is there`);
  }

  onWrite(write: Write): void {
    const { people, scheduler } = this.#simulation;
    people.onWrite(write);
    if (write.status < 300) this.successfulWrites += 1;
    this.#simulation.count(`write ${write.kind}`);
    const name = this.#nameOf(write);
    if (write.kind === 'create' && !this.#simulation.living.some(({ id }) => id === write.instance)) {
      this.#simulation.count('create lands after its process');
      this.allowance += 2;
    }
    if (this.#simulation.world.mode === 'observe') this.violate('write-while-observing', write.kind);
    if (JSON.stringify(write.body).includes(String(POISON))) {
      this.violate('write-from-rejected-manifest', `${write.kind} ${write.zone}/${name}`);
    }
    this.#harm.onWrite(write, name);
    this.pauses.onWrite(write, name);
    this.#checkForeign(write, name);
    this.#checkProtected(write, name);
    if (write.kind === 'delete') this.#checkDelete(write, name);
    else this.#checkWanted(write, name);
    if (write.kind === 'update' && write.status < 300) this.#checkFighting(write, scheduler.now);
  }

  #nameOf({ kind, body, before }: Write): string {
    if (kind === 'create') return bareName(String(body['name']));
    return before === null ? '' : nameOf(before);
  }

  #checkForeign({ zone, id, kind, before, status }: Write, name: string): void {
    if (kind === 'create' || id === null || before === null) return;
    const { cloud, people, world } = this.#simulation;
    if (cloud.makerOf(zone, id) === 'logpushd' || this.wasOwned(zone, id)) return;
    // Whoever gives a job a marked name gives it to logpushd.
    if (world.hasSuffix && nameOf(before) !== before.config['name']) return;
    const isWanted = this.#wanted(zone, name).length > 0;
    if (isWanted && kind === 'update' && world.adopt === 'always') return;
    // Nothing tells it from what an open create has made.
    const copies = this.#simulation.people.did(zone, name);
    if (this.#creating.has(`${zone}/${name}`) && (copies.has('recreate') || copies.has('namesake'))) return;
    // A copy that somebody makes minutes after our create cannot be told from what a proxy made of it.
    if (kind === 'delete' && people.did(zone, name).has('namesake') && this.#hasCopy(zone, before)) return;
    this.violate('foreign-job-written', `${kind} of ${zone}/${name} (${id}), answered ${status}`);
  }

  #hasCopy(zone: number, { id, config }: JobRecord): boolean {
    return this.#simulation.cloud
      .jobs(zone)
      .some((job) => job.id !== id && isDeepStrictEqual(job.config, config));
  }

  #checkProtected({ zone, kind, before, body, sentAt }: Write, name: string): void {
    if (before === null || !PROTECTED_NAMES.has(name)) return;
    const { people } = this.#simulation;
    // A copy, made by a person or by a proxy of our create, goes by the last look: the one that it is a copy of was there then.
    const lookedAt = sentAt - LOOKED_BEFORE_MS;
    const mayBeCopy = people.did(zone, name).has('namesake') || this.wasDoubled(zone, name);
    const isCopy = mayBeCopy && people.changedAnother(zone, before.id, name, lookedAt);
    // Its name says that it is ours, and only the ledger knew that it was protected.
    const isForgotten = this.stateWasLost && this.#simulation.world.hasSuffix;
    if (kind === 'delete' && !isForgotten && !isCopy && !this.#hasSuccessor(zone, before.id, name)) {
      this.violate('protected-job-deleted', `${zone}/${name} (${before.id})`);
    }
    if (kind === 'update' && body['enabled'] === false && before.config['enabled'] === true) {
      this.violate('protected-job-disabled', `${zone}/${name} (${before.id})`);
    }
  }

  /** Another job of that name which stays. */
  #hasSuccessor(zone: number, id: number, name: string): boolean {
    return this.#simulation.cloud.jobs(zone).some((job) => job.id !== id && nameOf(job) === name);
  }

  /** A delete needs a version that has the zone, prunes it, and lacks the job; or a successor. */
  #checkDelete({ zone, before }: Write, name: string): void {
    if (before === null) return;
    const isUnwanted = this.#valid.some(({ zones }) =>
      zones.some(
        (one) => one.zone === zone && one.prune === 'owned' && !one.jobs.some((job) => job.name === name),
      ),
    );
    if (isUnwanted || this.#hasSuccessor(zone, before.id, name) || this.#simulation.world.allowGap) return;
    const { people } = this.#simulation;
    if (people.did(zone, name).size > 0 || people.formerName(zone, before.id) !== undefined) return;
    this.violate('delete-without-reason', `${zone}/${name} (${before.id})`);
  }

  /** What is written has to stand in a version that may be obeyed. */
  #checkWanted({ zone, kind, body }: Write, name: string): void {
    const wanted = this.#valid.flatMap(({ zones }) =>
      zones.filter((one) => one.zone === zone).flatMap(({ jobs }) => jobs),
    );
    const conf = body['destination_conf'];
    if (typeof conf === 'string' && !wanted.some(({ path }) => conf.includes(`/${path}`))) {
      this.violate('unwanted-destination', `${kind} ${zone}/${name}`);
    }
    if (typeof conf === 'string' && conf.includes('${')) this.violate('unresolved-reference-sent', name);
    if (body['enabled'] === false && !wanted.some(({ enabled }) => !enabled)) {
      this.violate('disabled-without-reason', `${kind} ${zone}/${name}`);
    }
    const sent = body['name'];
    if (typeof sent === 'string' && !wanted.some((job) => job.name === bareName(sent))) {
      this.violate('unwanted-name', `${kind} ${zone}/${name}`);
    }
  }

  /** Invariant 21: after five corrections in an hour, one an hour. */
  #checkFighting({ zone, id, body }: Write, now: number): void {
    const key = `${zone}/${id}/${Object.keys(body).toSorted().join()}`;
    const times = [...(this.#corrections.get(key) ?? []), now].filter((time) => now - time < HOUR_MS);
    this.#corrections.set(key, times);
    // Each of two daemons counts for itself, and a state of yesterday has counted less.
    const most = this.hadTwoLeaders || this.stateWasLost ? 12 : 6;
    if (times.length <= most + this.#repeatedUpdates) return;
    this.#simulation.count('more than 6 corrections in an hour');
    if (this.#valid.length === 1) this.violate('fighting', `${key}: ${times.length} in an hour`);
  }

  onApproval(digest: string): void {
    this.#approvals.set(digest, this.#simulation.scheduler.now);
  }

  /** An approval is of this plan, for one use, and for an hour. */
  #checkApproval(process: Process, passId: string, digest: string): void {
    const at = this.#approvals.get(digest);
    if (at === undefined)
      this.violate('not-approved', `pass ${passId} went on by an approval that nobody gave`);
    else if (this.#simulation.scheduler.now - at > HOUR_MS)
      this.violate('approval-too-old', `pass ${passId}`);
    // Each daemon has its own approvals.
    if (!this.hadTwoLeaders) this.#approvals.delete(digest);
    this.#approved.add(`${process.id} ${passId}`);
    this.#simulation.count('approved');
  }

  /** @param acknowledged logpushd knows that it was saved */
  onState(text: string, acknowledged: boolean): void {
    this.#scan('the state', text);
    const page: {
      scope?: { id?: string };
      entries?: { id: number; superseded?: number }[];
      creating?: { name: string }[];
    } = JSON.parse(text);
    // Not of the ledger.
    if (page.scope === undefined) return;
    const zone = scopeWith(page.scope.id);
    for (const { name } of page.creating ?? []) this.#creating.add(`${zone}/${name}`);
    if (!acknowledged) return;
    for (const { id, superseded } of page.entries ?? []) {
      this.#owned.add(`${zone}/${id}`);
      if (superseded !== undefined) this.#owned.add(`${zone}/${superseded}`);
    }
  }

  onEvent(process: Process, event: ReconcileEvent): void {
    if (this.#scansPlans || event.type !== 'scope.planned') {
      this.#scan(event.type, JSON.stringify(event, 'error' in event ? shownErrors : undefined));
    }
    if (this.#scansPlans) this.#sinksOf(process).emit(event);
    this.#ending.onEvent(event);
    this.pauses.onEvent(event);
    if (TROUBLES.has(event.type) || isDoubting(event)) this.troubles += 1;
    if (event.type === 'invariant.violated')
      this.violate('invariant-violated', `${event.invariant}: ${event.method} ${event.job}`);
    if (event.type === 'pass.refused') {
      this.#refused.add(`${process.id} ${event.passId}`);
      this.#simulation.count(`refused ${event.refusal.code}`);
      this.uncountable = true;
    }
    if (event.type === 'pass.approved') this.#checkApproval(process, event.passId, event.digest);
    if (event.type === 'scope.planned')
      for (const { action } of event.plan.withheld) this.#simulation.count(`withheld ${action}`);
    if (event.type === 'change.skipped') this.#simulation.count('skipped');
    if (event.type === 'change.skipped' && swapApprovalOf(event.reason) !== null) {
      this.#simulation.count('two full zones swap');
      // Its twin has nobody who approves.
      this.uncountable = true;
    }
    if (event.type === 'change.failed') this.#simulation.count(`failed ${event.error.name}`);
    if (event.type === 'change.applied' || event.type === 'change.failed') {
      this.#checkGuard(process, event);
      this.#traffic.onTold(process, event);
    }
  }

  #checkGuard(
    process: Process,
    event: Extract<ReconcileEvent, { type: 'change.applied' | 'change.failed' }>,
  ): void {
    const { change, passId } = event;
    const key = `${process.id} ${passId}`;
    if (this.#refused.has(key)) this.violate('write-in-refused-pass', `${change.action} ${change.name}`);
    if (event.type === 'change.applied') this.#simulation.count(`applied ${change.action}`);
    if (!isRemoval(change) || this.#approved.has(key)) return;
    const removals = (this.#removals.get(key) ?? 0) + 1;
    this.#removals.set(key, removals);
    const { maxRemovals, maxRemovalShare } = this.#simulation.world.guard;
    // Owned jobs are at most those that ever stood in the ledger.
    const allowed = Math.max(maxRemovals, Math.floor(maxRemovalShare * this.#owned.size + 1e-9));
    if (removals > allowed)
      this.violate('guard-passed', `${removals} removals in one pass, ${allowed} allowed`);
  }

  #sinksOf(process: Process): Sinks {
    const known = this.#sinks.get(process);
    if (known !== undefined) return known;
    const { cloud } = this.#simulation;
    const sinks = new Sinks(
      () => cloud.now,
      (what, text) => this.#scan(what, text),
    );
    this.#sinks.set(process, sinks);
    return sinks;
  }

  /** Cloudflare has had enough of the token of logpushd. */
  onLimited(): void {
    this.#simulation.count('limit reached');
    const { disturbances } = this.#simulation.scenario;
    if (disturbances.some(({ type }) => type === 'other-tool')) return;
    this.violate('own-429', 'nobody else has sent anything with this token');
  }

  /** Invariant 20: one zone has been in trouble for long, and nothing else goes wrong. */
  onTroubleEnds(troubled: number): void {
    const { scenario, scheduler, world } = this.#simulation;
    if (scenario.disturbances.some(({ type }) => type !== 'zone-trouble')) return;
    const settledAt = scheduler.now - 2 * world.sweepMs - 60_000;
    if (settledAt < 0 || scenario.edits.some(({ at }) => at > settledAt && at <= scheduler.now)) return;
    this.#simulation.count('one zone in trouble for long');
    this.#ending.checkOthers(troubled);
  }

  #scan(what: string, text: string): void {
    const part = SECRET_PARTS.exec(text)?.[0];
    if (part !== undefined) this.violate('secret-told', `${what} holds "${part.slice(0, 4)}…"`);
  }

  // --- at the end ---

  /** The waiting times and three passes are over. */
  atRest(): void {
    if (this.violations.length > 0) return;
    for (const process of this.#simulation.living) this.#traffic.atRest(process);
    this.#ending.atRest();
  }

  atEnd(writesThen: number, twin: Report | undefined): void {
    if (this.violations.length > 0) return;
    this.#ending.atEnd(writesThen, twin);
  }

  readonly end = (): ReadonlyMap<string, string> => this.#ending.jobs();
  /** The last pass was refused. */
  get isRefused(): boolean {
    return this.#ending.refused;
  }

  /** Something waits for its next try, because it was undone again and again, or refused. */
  get isPutOff(): boolean {
    return this.#ending.isPutOff;
  }

  get refusedDigest(): string | null {
    return this.#ending.refusedDigest;
  }

  readonly withheld = (): ReadonlySet<string> => this.#ending.withheld();
}

/** For so long after a create what it made too often can be known. */
const HOUR_MS = 3_600_000;
const SEEN_AS_COPY_MS = 20 * 60_000;

const TROUBLES: ReadonlySet<ReconcileEvent['type']> = new Set([
  'manifest.unreadable',
  'scope.unreadable',
  'change.failed',
  'change.skipped',
  'job.adopted',
  'pass.failed',
  'ledger.failed',
]);

/** Faults of a create after which it is known whether it was carried out. */
const CERTAIN: ReadonlySet<HttpFault['kind']> = new Set([
  'not-sent',
  'rate-limited',
  'blip',
  'refused',
  'no-route',
  'twice',
  'not-allowed',
  'dns',
]);

const MISLEADING: ReadonlySet<HttpFault['kind']> = new Set(['stale', 'partial', 'empty-list', 'strangers']);

const BLINDING: ReadonlySet<HttpFault['kind']> = new Set(['ignored', 'late', 'twice', 'slow']);

/** Further listings decide what is done. */
function isDoubting(event: ReconcileEvent): boolean {
  return event.type === 'scope.planned' && event.plan.doubts.isCollapseDoubted;
}

/** Letters and digits only, so they stand for themselves. */
const SECRET_PARTS = new RegExp([...CANARY_PARTS, TOKEN.slice(6, 16), TOKEN.slice(20, 30)].join('|'));

/** Errors tell by their message, and so do logs. */
function shownErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

function isRemoval(change: Extract<ReconcileEvent, { type: 'change.applied' }>['change']): boolean {
  if (change.action === 'create') return false;
  // A copy takes nothing away, and the end of a replace was counted when that began.
  if (change.action === 'delete') return change.keeps === undefined;
  if (change.action === 'replace') return true;
  const { body, live } = change;
  if (body['enabled'] === false && live.fields['enabled'] === true) return true;
  const [to, from] = [body['destination_conf'], live.fields['destination_conf']];
  return to instanceof Secret && from instanceof Secret && placeOf(to) !== placeOf(from);
}

function placeOf(destination: Secret): string {
  return destination.reveal().split('?')[0] ?? '';
}
