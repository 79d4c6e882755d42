import type { JobRecord } from '../../src/sandbox/model/job-store.ts';
import type { Write } from './cloud.ts';
import type { Oracles } from './oracles.ts';
import { nameOf, optionsOf } from './people.ts';
import type { JobSpec, Version } from './scenario.ts';
import { CORES } from './secrets.ts';
import type { Simulation } from './simulation.ts';

type Valid = Version & { readonly kind: 'valid' };

/** A version that was replaced may still be carried out for so long. */
const CARRIED_OUT_FOR_MS = 15 * 60_000;
/** How long before a write the jobs that it is about were looked at, at most. */
export const LOOKED_BEFORE_MS = 1_000;
const JOBS_PER_ZONE = 4;
/** Options that some version manages, so they may come and go. */
const MANAGED_OPTIONS: ReadonlySet<string> = new Set(['sample_rate', 'output_type']);

/** What no write may do to a job, whatever the plan was. */
export class Harm {
  readonly #simulation: Simulation;
  readonly #oracles: Oracles;
  /** Versions that may be obeyed and since when, oldest first. */
  readonly #versions: { readonly from: number; readonly version: Valid }[] = [];

  constructor(simulation: Simulation, oracles: Oracles) {
    this.#simulation = simulation;
    this.#oracles = oracles;
  }

  onVersion(version: Valid): void {
    this.#versions.push({ from: this.#simulation.scheduler.now, version });
  }

  onWrite(write: Write, name: string): void {
    this.#checkSecrets(write, name);
    if (write.status >= 300 || write.before === null) return;
    this.#checkGap(write.before, write, name);
    if (write.kind === 'update') this.#checkOptions(write.before, write, name);
    if (write.kind === 'delete') this.#checkOverlap(write.before, write.zone, name);
  }

  /** Invariant 28: a destination is sent whole or not at all. */
  #checkSecrets({ zone, kind, body }: Write, name: string): void {
    const conf = body['destination_conf'];
    if (typeof conf !== 'string') return;
    const parts = conf.startsWith('https:') ? [CORES['siem-token']] : [CORES['s3-key'], CORES['s3-secret']];
    const missing = parts.filter((core) => !conf.includes(`${core}v`));
    if (missing.length > 0) this.#oracles.violate('destination-without-secret', `${kind} ${zone}/${name}`);
  }

  /** Invariant 8: what is wanted all along is delivered all along, as far as our own writes go. */
  #checkGap(before: JobRecord, { zone, id }: Write, name: string): void {
    if (before.config['enabled'] !== true || !this.#isWanted(zone, name)) return;
    const { cloud, people, world } = this.#simulation;
    const jobs = cloud.jobs(zone);
    if (jobs.some((job) => nameOf(job) === name && job.config['enabled'] === true)) return;
    if (people.did(zone, name).size > 0) return;
    const wasFull = jobs.length + (jobs.some((job) => job.id === id) ? 0 : 1) >= JOBS_PER_ZONE;
    // Whoever deletes a job between the look and the write makes room that nobody could know of, and a listing with
    // jobs that are not there hides it.
    const mayLookFull = people.deletedLately(zone) || this.#oracles.wasMisledLately(zone);
    if (world.allowGap && (wasFull || mayLookFull)) return;
    this.#oracles.violate('delivery-gap', `${zone}/${name} (${before.id}): nothing delivers it now`);
  }

  /** Invariant 8: the old job of a replace stays until the new one delivers, or the time is over. */
  #checkOverlap(before: JobRecord, zone: number, name: string): void {
    const { cloud, people, scenario, world } = this.#simulation;
    const { overlapMs = 0 } = world;
    if (overlapMs === 0 || before.config['enabled'] !== true || !this.#isWanted(zone, name)) return;
    if (people.did(zone, name).size > 0 || this.#oracles.stateWasLost || this.#oracles.hadTwoLeaders) return;
    // The time is told by a clock that jumps.
    if (scenario.disturbances.some(({ type }) => type === 'wall-jump')) return;
    const others = cloud.jobs(zone).filter((job) => nameOf(job) === name && job.id !== before.id);
    const isReplaced = others.every(({ config }) => config['dataset'] !== before.config['dataset']);
    if (others.length === 0 || !isReplaced) return;
    this.#simulation.count('old half deleted');
    const isReady = others.some(
      ({ createdAt, delivery }) => delivery.lastComplete !== null || cloud.now - createdAt >= overlapMs,
    );
    if (!isReady) this.#oracles.violate('overlap-too-short', `${zone}/${name} (${before.id})`);
  }

  /** By every version that may be in force somewhere. */
  #isWanted(zone: number, name: string): boolean {
    const { now } = this.#simulation.scheduler;
    const some = this.#versions.filter(
      (_, index) => (this.#versions[index + 1]?.from ?? Infinity) > now - CARRIED_OUT_FOR_MS,
    );
    return some.every(({ version }) => specOf(version, zone, name)?.enabled === true);
  }

  /** Invariant 25: an option that no version manages is as it was. */
  #checkOptions(before: JobRecord, { zone, id, sentAt }: Write, name: string): void {
    // What changes after the last look cannot be seen: the API has no conditional writes.
    const changedAt = this.#simulation.people.changedAt(zone, before.id);
    if (changedAt !== undefined && changedAt >= sentAt - LOOKED_BEFORE_MS) return;
    const after = this.#simulation.cloud.job(zone, id ?? 0);
    if (after === null) return;
    const [was, is] = [optionsOf(before), optionsOf(after)];
    const lost = Object.keys(was).filter((key) => !MANAGED_OPTIONS.has(key) && is[key] !== was[key]);
    if (lost.length > 0) this.#oracles.violate('foreign-option-lost', `${zone}/${name}: ${lost.join()}`);
  }
}

function specOf({ zones }: Valid, zone: number, name: string): JobSpec | undefined {
  return zones.find((one) => one.zone === zone)?.jobs.find((job) => job.name === name);
}
