import type { Switches } from '../switches.ts';
import { advance, type Delivery, type DeliveryRules } from './delivery.ts';
import type { JsonRecord } from './json.ts';

/** One job as the server keeps it: what was sent, and how delivery goes. */
export interface JobRecord {
  readonly id: number;
  readonly scopeId: string;
  /** The accepted keys as sent. An absent key is unset. */
  readonly config: JsonRecord;
  readonly createdAt: number;
  readonly delivery: Delivery;
}

interface Version {
  readonly at: number;
  /** Null: deleted at this time. */
  readonly job: JobRecord | null;
}

// Enough for any stale listing a test asks for, little enough for a sandbox that runs for weeks.
const VERSIONS_KEPT = 64;
const DELETED_KEPT_MS = 3_600_000;

/** Jobs of all scopes with their history, so that a listing can be as old as a test wants. */
export class JobStore {
  readonly #scopes = new Map<string, Map<number, Version[]>>();
  readonly #now: () => number;
  readonly #switches: () => Switches;
  readonly #onDisabled: (job: JobRecord, at: number) => void;
  readonly #lastIds = new Map<string, number>();
  readonly #firstId: number;

  constructor(options: {
    readonly now: () => number;
    readonly switches: () => Switches;
    readonly firstId: number;
    readonly onDisabled: (job: JobRecord, at: number) => void;
  }) {
    this.#now = options.now;
    this.#switches = options.switches;
    this.#firstId = options.firstId;
    this.#onDisabled = options.onDisabled;
  }

  /** Jobs that exist now, by id. */
  living(scopeId: string): readonly JobRecord[] {
    return this.#ids(scopeId).flatMap((id) => this.get(scopeId, id) ?? []);
  }

  get(scopeId: string, id: number): JobRecord | null {
    const job = this.#scopes.get(scopeId)?.get(id)?.at(-1)?.job ?? null;
    return job === null ? null : this.#settled(job);
  }

  /** What reads show: living jobs, and deleted ones for as long as the delete lag lasts (§8.3). */
  visible(scopeId: string): readonly JobRecord[] {
    const lagMs = this.#switches().delete_lag_ms;
    return this.#ids(scopeId).flatMap((id) => {
      const versions = this.#scopes.get(scopeId)?.get(id) ?? [];
      const last = versions.at(-1);
      if (last === undefined) return [];
      if (last.job !== null) return [this.#settled(last.job)];
      const before = versions.at(-2)?.job ?? null;
      return before !== null && this.#now() - last.at < lagMs ? [before] : [];
    });
  }

  /** The jobs as they were at `time`. */
  asOf(scopeId: string, time: number): readonly JobRecord[] {
    return this.#ids(scopeId).flatMap((id) => {
      const versions = this.#scopes.get(scopeId)?.get(id) ?? [];
      const job = versions.findLast((version) => version.at <= time)?.job ?? null;
      return job === null ? [] : [projected(job, time, this.#rules()).job];
    });
  }

  nextId(scopeId: string): number {
    const counter = this.#switches().job_ids === 'global' ? '' : scopeId;
    const id = (this.#lastIds.get(counter) ?? this.#firstId - 1) + 1;
    this.#lastIds.set(counter, id);
    return id;
  }

  put(job: JobRecord): void {
    this.#push(job.scopeId, job.id, { at: this.#now(), job });
  }

  remove(scopeId: string, id: number): void {
    this.#push(scopeId, id, { at: this.#now(), job: null });
  }

  removeScope(scopeId: string): void {
    this.#scopes.delete(scopeId);
  }

  /** Brings every job up to now and lets `change` adjust it, as when a destination starts to fail. */
  settleAll(change: (job: JobRecord) => JobRecord): void {
    for (const [scopeId, jobs] of this.#scopes) {
      for (const id of jobs.keys()) {
        const job = this.get(scopeId, id);
        if (job !== null) this.put(change(job));
      }
    }
  }

  /** Notes what Cloudflare has disabled by now, as it does without being asked. */
  settle(): void {
    for (const scopeId of this.#scopes.keys()) this.living(scopeId);
  }

  #ids(scopeId: string): readonly number[] {
    return [...(this.#scopes.get(scopeId)?.keys() ?? [])].toSorted((a, b) => a - b);
  }

  #rules(): DeliveryRules {
    const switches = this.#switches();
    return {
      intervalMs: switches.delivery_interval_seconds * 1000,
      disableAfterMs: switches.auto_disable === 'on' ? switches.auto_disable_after_seconds * 1000 : null,
    };
  }

  #settled(job: JobRecord): JobRecord {
    const { job: settled, disabledAt } = projected(job, this.#now(), this.#rules());
    if (disabledAt !== null) {
      this.#push(job.scopeId, job.id, { at: disabledAt, job: settled });
      this.#onDisabled(settled, disabledAt);
    }
    return settled;
  }

  #push(scopeId: string, id: number, version: Version): void {
    const jobs = this.#scopes.get(scopeId) ?? new Map<number, Version[]>();
    this.#scopes.set(scopeId, jobs);
    jobs.set(id, [...(jobs.get(id) ?? []), version].slice(-VERSIONS_KEPT));
    for (const [other, versions] of jobs) {
      const last = versions.at(-1);
      if (last?.job === null && this.#now() - last.at > DELETED_KEPT_MS) jobs.delete(other);
    }
  }
}

function projected(
  job: JobRecord,
  time: number,
  rules: DeliveryRules,
): { readonly job: JobRecord; readonly disabledAt: number | null } {
  const { delivery, disabledAt } = advance(job.delivery, time, rules);
  const config = disabledAt === null ? job.config : { ...job.config, enabled: false };
  return { job: { ...job, config, delivery }, disabledAt };
}
