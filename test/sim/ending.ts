import { isDeepStrictEqual } from 'node:util';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { JobRecord } from '../../src/sandbox/model/job-store.ts';
import { scopeId, scopeWith } from './manifests.ts';
import type { Write } from './cloud.ts';
import type { Oracles } from './oracles.ts';
import { nameOf } from './people.ts';
import type { JobSpec, ZoneSpec } from './scenario.ts';
import type { Report, Simulation } from './simulation.ts';

const JOBS_PER_ZONE = 4;

/** How a story has to end: as the manifest says, as its twin ended, and with nothing more to write. */
export class Ending {
  readonly #simulation: Simulation;
  readonly #oracles: Oracles;
  /** Zone to what the last plan held back, by name. */
  readonly #withheld = new Map<number, ReadonlyMap<string, string>>();
  /** Ids of zones in which the last pass put something off: somebody undoes it again and again, or it was refused. */
  readonly #putOff = new Set<string>();
  /** Names of jobs that were taken over as they were. */
  readonly #adopted = new Set<string>();
  /** Id of the zone and of the job whose delete was put off until something else is done. */
  readonly #skipped = new Set<string>();
  /** The last finished pass was refused. */
  #refused = false;
  #digest: string | null = null;
  #refusedAsEmpty = false;

  constructor(simulation: Simulation, oracles: Oracles) {
    this.#simulation = simulation;
    this.#oracles = oracles;
  }

  onEvent(event: ReconcileEvent): void {
    if (event.type === 'pass.refused') {
      this.#digest = event.refusal.digest;
      this.#refusedAsEmpty = event.refusal.code === 'empty-manifest';
    }
    if (event.type === 'change.skipped') this.#digest = swapApprovalOf(event.reason) ?? this.#digest;
    if (event.type === 'pass.finished') this.#refused = event.summary.refused;
    if (event.type === 'job.adopted') this.#adopted.add(event.job.name);
    if (event.type === 'change.applied' && event.change.action === 'adopt')
      this.#adopted.add(event.change.name);
    if (event.type === 'change.parked' || (event.type === 'change.failed' && event.retryAt !== undefined))
      this.#putOff.add(event.scope.id);
    if (event.type === 'change.skipped' && event.change.action === 'delete')
      this.#skipped.add(`${event.scope.id}/${event.change.live.id}`);
    if (event.type !== 'scope.planned') return;
    if (event.plan.withheld.some(({ fight }) => fight !== undefined)) this.#putOff.add(event.plan.scope.id);
    else this.#putOff.delete(event.plan.scope.id);
    const zone = scopeWith(event.plan.scope.id);
    if (zone === null) return;
    this.#withheld.set(zone, new Map(event.plan.withheld.map(({ name, reason }) => [name, reason])));
  }

  /** Zone and name to where the job delivers; without names that are there twice. */
  jobs(): ReadonlyMap<string, string> {
    const { cloud } = this.#simulation;
    const all = cloud.zones.flatMap((zone) =>
      cloud
        .jobs(zone)
        .map((job) => [`${zone}/${nameOf(job)}`, String(job.config['destination_conf'])] as const),
    );
    return new Map(all.filter(([place]) => all.filter(([other]) => other === place).length === 1));
  }

  withheld(): ReadonlySet<string> {
    return new Set(
      [...this.#withheld].flatMap(([zone, names]) => [...names.keys()].map((name) => `${zone}/${name}`)),
    );
  }

  get refused(): boolean {
    return this.#refused;
  }

  get isPutOff(): boolean {
    return this.#putOff.size > 0;
  }

  /** What a person would approve; null where nothing was refused, or no approval helps. */
  get refusedDigest(): string | null {
    return this.#digest;
  }

  atRest(): void {
    if (!this.#isComparable()) return;
    for (const zone of this.#oracles.finalZones) {
      for (const job of zone.jobs) this.#checkJob(zone, job);
      this.#checkLeftovers(zone);
    }
  }

  /** The zones beside one that is in trouble are as they should be all the same. */
  checkOthers(troubled: number): void {
    if (!this.#isComparable()) return;
    for (const zone of this.#oracles.finalZones.filter((one) => one.zone !== troubled)) {
      for (const job of zone.jobs) this.#checkJob(zone, job);
    }
  }

  atEnd(writesThen: number, twin: Report | undefined): void {
    const { cloud, world, people } = this.#simulation;
    const late = cloud.writes
      .slice(writesThen)
      .filter((write) => write.status < 300 || this.#isRepeated(write))
      .filter((write) => !this.#isOfNamesake(write) && !this.#isOfLateCopy(write));
    if (late.length > 0) {
      const told = late.map(
        ({ kind, zone, id, body }) => `${kind} ${zone}/${id} ${Object.keys(body).join()}`,
      );
      this.#oracles.violate('never-quiet', told.slice(0, 4).join('; '));
    }
    if (twin === undefined || twin.refused || !this.#isComparable() || world.mode !== 'enforce') return;
    this.#compareWith(twin);
    const allowed = twin.writes + this.#oracles.allowance + 2 * people.actions;
    // Which of two jobs gets the last place may depend on which one comes first.
    const isFuller = [...twin.withheld].some((place) => !this.withheld().has(place));
    if (!isFuller && !this.#oracles.uncountable && this.#oracles.successfulWrites > allowed) {
      this.#oracles.violate('too-many-writes', `${this.#oracles.successfulWrites}, and ${allowed} would do`);
    }
  }

  /** Which of the jobs that a person made like ours are copies may be clear only when the last create is long ago. */
  #isOfNamesake({ kind, zone, before }: Write): boolean {
    return (
      kind === 'delete' &&
      before !== null &&
      this.#simulation.people.did(zone, nameOf(before)).has('namesake')
    );
  }

  /** Its create seems still to come as long as the clock is behind. */
  #isOfLateCopy({ kind, zone, before }: Write): boolean {
    const isDoubled = before !== null && this.#oracles.wasDoubled(zone, nameOf(before));
    return kind === 'delete' && isDoubled && this.#oracles.hadClockJump;
  }

  /** What Cloudflare refuses changes nothing; but it is not to be asked the same twice in an hour. */
  #isRepeated(write: Write): boolean {
    return this.#simulation.cloud.writes.some(
      (other) =>
        other.at < write.at &&
        write.at - other.at < 3_600_000 &&
        other.status >= 300 &&
        [other.kind, other.zone, other.id].join() === [write.kind, write.zone, write.id].join() &&
        JSON.stringify(other.body) === JSON.stringify(write.body),
    );
  }

  /** A refusal that is meant stands until a person approves; so nothing can be said about the end. */
  #isComparable(): boolean {
    const { world, version } = this.#simulation;
    if (world.mode === 'observe') return false;
    if (!this.#refused) return true;
    this.#simulation.count('ended refused');
    if (world.guard.maxRemovals >= 20 && version.kind === 'valid' && !this.#selectsNothing())
      this.#oracles.violate('refused-without-reason', 'the guard allows all of it');
    return false;
  }

  /** A selector that finds none of its zones cannot be told from one that is meant to find none. */
  #selectsNothing(): boolean {
    const { conditions, world } = this.#simulation;
    const wanted = this.#oracles.finalZones.filter(({ jobs }) => jobs.length > 0);
    const isHidden = ({ zone }: ZoneSpec): boolean => conditions.troubles.get(zone) === 'hidden';
    return this.#refusedAsEmpty && world.bySelector === true && wanted.every(isHidden);
  }

  #checkJob(wanted: ZoneSpec, spec: JobSpec): void {
    const { zone } = wanted;
    const { cloud, people, world } = this.#simulation;
    const { name } = spec;
    if (this.#oracles.isExcused(zone)) return;
    const did = people.did(zone, name);
    if (did.has('namesake') || (did.size > 0 && this.#simulation.world.mode === 'warn')) return;
    const live = cloud.jobs(zone).filter((job) => nameOf(job) === name);
    const [job, ...others] = live;
    const place = `${zone}/${name}`;
    if (job === undefined) {
      if (!this.#isExplained(wanted, spec))
        this.#oracles.violate('job-missing', `${place}: ${this.#why(zone, name)}`);
    } else if (others.length > 0) {
      // Several of somebody else are that somebody's.
      const ours = live.filter(
        ({ id }) =>
          cloud.makerOf(zone, id) === 'logpushd' &&
          !this.#isUnseenCopy(zone, name, id) &&
          !this.#isPutOffCopy(zone, name, id) &&
          !this.#wasParted(zone, live, id),
      );
      // What is never shown may differ, so they are not known to be the same.
      const isHidden = spec.country !== undefined && world.switches.filter_reads === 'none';
      // Each of two daemons has replaced it; which one was the former is known to neither.
      const datasets = new Set(ours.map(({ config }) => config['dataset']));
      const isTorn = this.#oracles.hadTwoLeaders && datasets.size > 1;
      if (ours.length > 1 && !isHidden && !isTorn && !this.#isExplained(wanted, spec)) {
        this.#oracles.violate(
          'duplicate',
          `${place}: ${live.map(({ id }) => id).join()}; ${this.#why(zone, name)}`,
        );
      }
    } else {
      const wrong = differences(spec, job).filter((what) => what !== 'filter' || !this.#oracles.isBlind);
      if (wrong.length > 0 && !this.#isExplained(wanted, spec)) {
        this.#oracles.violate('not-converged', `${place}: ${wrong.join()}; ${this.#why(zone, name)}`);
      }
    }
  }

  /** When it was first listed, the clock said that its create was long ago, or still to come; or a secret was missing. */
  #isUnseenCopy(zone: number, name: string, id: number): boolean {
    const { hadClockJump, hadMissingSecret } = this.#oracles;
    // Of two daemons with one state each forgets what the other one knew.
    const isKnown = this.#oracles.wasOwned(zone, id) && !this.#oracles.hadTwoLeaders;
    const wasDoubled = this.#oracles.wasDoubled(zone, name);
    const wasForgotten = this.#oracles.stateWasLost && this.#oracles.hadLostCreate(zone, name);
    const mayBeDouble = wasDoubled || wasForgotten || this.#oracles.hadTwoLeaders;
    // One daemon may have taken over what the other one made, before the copy of it was there.
    const wasTakenOver = wasDoubled && this.#oracles.hadTwoLeaders;
    return (((hadClockJump || hadMissingSecret) && mayBeDouble) || wasTakenOver) && !isKnown;
  }

  /** Refusals, or what people did to its like, put it off until it did not count as new any more. */
  #isPutOffCopy(zone: number, name: string, id: number): boolean {
    const wasPutOff = this.#oracles.wasRefused || this.#simulation.people.did(zone, name).size > 0;
    return wasPutOff && this.#oracles.wasDoubled(zone, name) && !this.#oracles.wasOwned(zone, id);
  }

  /** It or the one that it is a copy of was changed, by people or before it was seen: the two are not the same any more. */
  #wasParted(zone: number, live: readonly JobRecord[], id: number): boolean {
    const { people } = this.#simulation;
    const job = live.find((one) => one.id === id);
    const others = live.filter((one) => one !== job);
    const { hadTwoLeaders, wasMisled } = this.#oracles;
    const changed = live.filter((one) => people.changedAt(zone, one.id) !== undefined);
    const wasChanged = hadTwoLeaders || wasMisled || changed.length > 0;
    const isParted = !others.some(({ config }) => isDeepStrictEqual(config, job?.config));
    // Whoever changed both may have left them equal again, after their like was known by either id.
    return (
      changed.length > 1 || (wasChanged && isParted && (hadTwoLeaders || !this.#oracles.wasOwned(zone, id)))
    );
  }

  #why(zone: number, name: string): string {
    return this.#withheld.get(zone)?.get(name) ?? 'nothing is held back';
  }

  /** What was held back for a reason that stands in the story. */
  #isExplained({ zone, prune }: ZoneSpec, { name, protect, enabled }: JobSpec): boolean {
    const reason = this.#withheld.get(zone)?.get(name);
    const { cloud, people, world } = this.#simulation;
    const isFull = cloud.jobs(zone).length >= JOBS_PER_ZONE;
    // An update that did nothing cannot be told from one to fields that are never shown.
    if (this.#oracles.wasIgnored) return true;
    if (isFull) return true;
    if (reason === undefined) return false;
    if (protect && (!enabled || reason.includes('protect'))) return true;
    if (world.mode === 'warn') return true;
    const strangers = cloud
      .jobs(zone)
      .some((job) => nameOf(job) === name && cloud.makerOf(zone, job.id) === 'foreign');
    if (strangers && reason.includes('not owned')) return true;
    // The answer that was heard may be that of the second one, which found no room.
    if (this.#oracles.wasDoubled(zone, name) && reason.includes('not owned')) return true;
    if (prune === 'never' && reason.includes('"prune"')) return true;
    const lost = this.#oracles.stateWasLost || this.#oracles.hadTwoLeaders;
    if (lost && (reason.includes('not owned') || reason.includes('could be meant'))) return true;
    return people.did(zone, name).has('recreate') && reason.includes('not owned');
  }

  /** Ours, and in no manifest any more. */
  #checkLeftovers(wanted: ZoneSpec): void {
    const { zone, prune, jobs } = wanted;
    const { cloud, people, world } = this.#simulation;
    if (prune === 'never' || this.#oracles.stateWasLost || this.#oracles.hadTwoLeaders) return;
    for (const job of cloud.jobs(zone)) {
      const name = nameOf(job);
      if (jobs.some((spec) => spec.name === name) || cloud.makerOf(zone, job.id) === 'foreign') continue;
      const made = people.formerName(zone, job.id) ?? name;
      if (this.#wasNeverSeen(zone, made, job)) continue;
      if (this.#oracles.isExcused(zone) || people.did(zone, name).has('namesake')) continue;
      const former = people.formerName(zone, job.id);
      const spec = jobs.find((one) => one.name === former);
      if (former !== undefined && (world.mode === 'warn' || this.#oracles.isExcused(zone))) continue;
      if (spec !== undefined && this.#isExplained(wanted, spec)) continue;
      if (this.#why(zone, former ?? name).includes('protect')) continue;
      if (this.#waitsForAnother(zone, made, job.id)) continue;
      this.#oracles.violate('leftover', `${zone}/${name} (${job.id}): ${this.#why(zone, name)}`);
    }
  }

  /** The manifest has dropped it, or somebody has renamed it, before logpushd has seen it. */
  #wasNeverSeen(zone: number, made: string, job: JobRecord): boolean {
    // Once a person has changed one of two equal jobs, nobody can tell that the other was its copy.
    if (this.#oracles.wasDoubled(zone, made) && this.#simulation.people.did(zone, made).size > 0) return true;
    if (this.#oracles.wasOwned(zone, job.id)) return false;
    if (this.#oracles.wasDoubled(zone, made)) return true;
    // Listings that are too old for two minutes settle a create that has landed.
    if (this.#oracles.wasMisled && this.#oracles.hadLostCreate(zone, made)) return true;
    return made !== nameOf(job) && this.#oracles.hadOpenCreate(zone, made);
  }

  /** It has moved to another zone, where it cannot be made; and somebody was told that it stays for that. */
  #waitsForAnother(zone: number, name: string, id: number): boolean {
    const { cloud } = this.#simulation;
    const isMissing = this.#oracles.finalZones.some(
      (other) =>
        other.zone !== zone &&
        other.jobs.some((spec) => spec.name === name) &&
        !cloud.jobs(other.zone).some((job) => nameOf(job) === name),
    );
    return isMissing && this.#skipped.has(`${scopeId(zone, this.#simulation.world)}/${id}`);
  }

  #compareWith(twin: Report): void {
    const now = this.jobs();
    for (const wanted of this.#oracles.finalZones) {
      const { zone } = wanted;
      for (const spec of wanted.jobs) {
        const place = `${zone}/${spec.name}`;
        const [here, there] = [now.get(place), twin.end.get(place)];
        if (here === undefined || there === undefined || here === there) continue;
        if (this.#oracles.isBlind || this.#oracles.isExcused(zone) || twin.withheld.has(place)) continue;
        if (this.#isExplained(wanted, spec) || this.#simulation.people.did(zone, spec.name).size > 0)
          continue;
        // What a job holds that was taken over cannot be seen where secrets are masked.
        const isMasked = this.#simulation.world.switches.secrets === 'masked';
        if (isMasked && this.#adopted.has(spec.name)) continue;
        this.#oracles.violate('unlike-its-twin', place);
      }
    }
  }
}

/** What a person would approve where two full zones wait for each other; null where they do not. */
export function swapApprovalOf(reason: string): string | null {
  return /both scopes are full and wait .* --approve ([0-9a-f]+)/.exec(reason)?.[1] ?? null;
}

function differences(spec: JobSpec, { config }: JobRecord): readonly string[] {
  const { dataset, enabled, destination, path, sampleRate, country } = spec;
  const conf = String(config['destination_conf']);
  const options = config['output_options'];
  const rate =
    typeof options === 'object' && options !== null && 'sample_rate' in options
      ? options['sample_rate']
      : undefined;
  const checks: readonly (readonly [what: string, holds: boolean])[] = [
    ['dataset', config['dataset'] === dataset],
    ['enabled', (config['enabled'] ?? false) === enabled],
    ['destination', conf.includes(`/${path}`) && conf.startsWith(destination === 'siem' ? 'https:' : 's3:')],
    ['sample rate', sampleRate === undefined || (rate ?? 1) === sampleRate],
    ['filter', country === undefined || String(config['filter']).includes(`"${country}"`)],
  ];
  return checks.filter(([, holds]) => !holds).map(([what]) => what);
}
