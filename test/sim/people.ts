import type { JobRecord } from '../../src/sandbox/model/job-store.ts';
import { datasetIn, type Write } from './cloud.ts';
import { SUFFIX, type Disturbance, type PersonAction } from './scenario.ts';
import type { Simulation } from './simulation.ts';

type Person = Extract<Disturbance, { readonly type: 'person' }>;

/** For so long at the most a pass goes on by what it listed. */
export const A_PASS_MS = 60_000;

/** People in the dashboard and other programs: whoever changes jobs beside logpushd. */
export class People {
  readonly #simulation: Simulation;
  #opposingUntil = 0;
  #opponentDelay = 0;
  /** Zone and name to what they did to jobs of that name. */
  readonly #touched = new Map<string, Set<PersonAction>>();
  /** Zone and id to the name that the job had before people changed it. */
  readonly #names = new Map<string, string>();
  /** Zone and id to when they last changed it. */
  readonly #changedAt = new Map<string, number>();
  /** Zone to when they last deleted a job there. */
  readonly #deletedAt = new Map<number, number>();
  actions = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** What people did to a job of this name. */
  did(zone: number, name: string): ReadonlySet<PersonAction> {
    return this.#touched.get(`${zone}/${name}`) ?? new Set();
  }

  /** What the job was called when people first changed it; undefined when they never did. */
  formerName(zone: number, id: number): string | undefined {
    return this.#names.get(`${zone}/${id}`);
  }

  /** Whether they deleted a job there since a plan may have counted it. */
  deletedLately(zone: number): boolean {
    return this.#simulation.scheduler.now - (this.#deletedAt.get(zone) ?? -Infinity) < A_PASS_MS;
  }

  /** Whether they changed this job since a plan may have listed it. */
  changedLately(zone: number, id: number): boolean {
    return this.#simulation.scheduler.now - (this.changedAt(zone, id) ?? -Infinity) < A_PASS_MS;
  }

  /** When they last changed this job; undefined when they never did. */
  changedAt(zone: number, id: number): number | undefined {
    return this.#changedAt.get(`${zone}/${id}`);
  }

  /** Whether they changed another job of this name since then. */
  changedAnother(zone: number, id: number, name: string, since: number): boolean {
    return [...this.#changedAt].some(
      ([key, at]) =>
        at >= since && key !== `${zone}/${id}` && this.#names.get(key) === name && key.startsWith(`${zone}/`),
    );
  }

  act({ action, zone, pick }: Pick<Person, 'action' | 'zone' | 'pick'>): void {
    const { cloud } = this.#simulation;
    if (zone >= this.#simulation.world.zones) return;
    if (action === 'create') return this.#create(zone, `somebodys-${pick}`);
    const ours = cloud.jobs(zone).filter(({ id }) => cloud.makerOf(zone, id) === 'logpushd');
    const job = ours[pick % Math.max(1, ours.length)];
    if (job === undefined) return;
    const name = nameOf(job);
    this.#note(zone, name, action);
    this.#changedAt.set(`${zone}/${job.id}`, this.#simulation.scheduler.now);
    if (!this.#names.has(`${zone}/${job.id}`)) this.#names.set(`${zone}/${job.id}`, name);
    this.#simulation.scheduler.trace(`a person does ${action} to ${zone}/${name} (${job.id})`);
    this.#simulation.count(`person ${action}`);
    this.#carryOut(action, zone, job, pick);
  }

  #carryOut(action: PersonAction, zone: number, job: JobRecord, pick: number): void {
    const { cloud } = this.#simulation;
    const put = (body: object): void => void cloud.asPerson('PUT', zone, job.id, body);
    switch (action) {
      case 'edit':
        return put({
          output_options: { ...optionsOf(job), sample_rate: (1 + (pick % 8)) / 10 },
          max_upload_bytes: 5_000_000,
        });
      case 'extend':
        return put({ output_options: { ...optionsOf(job), [FOREIGN_OPTION]: 'x' } });
      case 'disable':
        return put({ enabled: false });
      case 'redirect':
        return put({ destination_conf: 's3://somebody-else/x/{DATE}?region=eu-west-1' });
      case 'rename':
        return put({ name: `renamed-${pick}` });
      case 'delete':
        this.#deletedAt.set(zone, this.#simulation.scheduler.now);
        return void cloud.asPerson('DELETE', zone, job.id);
      case 'recreate':
        cloud.asPerson('DELETE', zone, job.id);
        return void cloud.asPerson('POST', zone, null, job.config);
      case 'namesake':
        return void cloud.asPerson('POST', zone, null, job.config);
      case 'create':
    }
  }

  #create(zone: number, name: string): void {
    this.#simulation.count('person create');
    this.actions += 1;
    this.#simulation.cloud.asPerson('POST', zone, null, {
      name,
      enabled: true,
      dataset: datasetIn(this.#simulation.world),
      destination_conf: 's3://somebody/x/{DATE}?region=eu-west-1',
    });
  }

  #note(zone: number, name: string, action: PersonAction): void {
    this.actions += 1;
    const known = this.#touched.get(`${zone}/${name}`) ?? new Set();
    this.#touched.set(`${zone}/${name}`, known.add(action));
  }

  /** For so long each update of ours is undone after a moment. */
  oppose(forMs: number, afterMs: number): void {
    this.#opposingUntil = this.#simulation.scheduler.now + forMs;
    this.#opponentDelay = afterMs;
  }

  onWrite({ kind, zone, id, status }: Write): void {
    const { scheduler } = this.#simulation;
    if (kind === 'delete' || id === null || status >= 300 || scheduler.now >= this.#opposingUntil) return;
    scheduler.after(this.#opponentDelay, null, `opponent edits ${zone} ${id}`, () => {
      if (this.#simulation.phase === 'quiet') return;
      const { cloud } = this.#simulation;
      const job = cloud.job(zone, id);
      if (job === null) return;
      this.#note(zone, nameOf(job), 'edit');
      this.#changedAt.set(`${zone}/${id}`, scheduler.now);
      this.#simulation.count('opponent edits');
      cloud.asPerson('PUT', zone, id, { enabled: job.config['enabled'] !== true });
    });
  }

  rest(): void {
    this.#opposingUntil = 0;
  }
}

/** An option that no manifest manages. */
export const FOREIGN_OPTION = 'batch_prefix';

export function optionsOf({ config }: JobRecord): Readonly<Record<string, unknown>> {
  const options = config['output_options'];
  return typeof options === 'object' && options !== null ? { ...options } : {};
}

/** As the manifest has it: without the mark of ownership. */
export function nameOf({ config }: JobRecord): string {
  return typeof config['name'] === 'string' ? bareName(config['name']) : '';
}

export function bareName(name: string): string {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
}
