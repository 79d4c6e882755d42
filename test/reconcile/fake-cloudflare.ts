import { liveJobOf } from '../../src/core/job/live.ts';
import type { JobFields, JsonObject, LiveJob, ScopeKey } from '../../src/core/job/job.ts';
import { scopeKey } from '../../src/core/job/job.ts';
import { Secret } from '../../src/core/secret.ts';
import {
  NotFoundError,
  RejectedError,
  StoppedError,
  UnknownOutcomeError,
} from '../../src/reconcile/errors.ts';
import type { CallOptions, LogpushApi, ScopeRef, Zone } from '../../src/reconcile/ports.ts';

type Raw = Record<string, unknown>;

/** What happens in place of a call; `carryOut` is the call itself. */
type Fault = (carryOut: () => unknown) => unknown;

interface Rule {
  readonly call: string;
  readonly fault: Fault;
  times: number;
}

/** A call that is held until the test lets it go. */
export interface Held {
  /** Resolves when the call has been sent. */
  readonly sent: Promise<void>;
  go(): void;
}

/** A Cloudflare in memory behind the port of the loop. Calls are named as in `list example.com`, `update http`. */
export class FakeCloudflare {
  readonly zones: Zone[] = [];
  readonly calls: string[] = [];
  readonly priorities = new Map<string, string>();
  /** What the field lists of every dataset hold. */
  readonly fields = { all: ['ClientIP', 'EdgeStartTimestamp', 'RayID'], default: ['RayID'] };
  /** Changes how a job is shown by a call. */
  show: (job: Raw, call: 'list' | 'get' | 'write') => Raw = (job) => job;
  /** Parts of destinations that Cloudflare would not take, as its check says. */
  readonly untaken: string[] = [];
  /** Where set, a delete has to be sent twice, and this happens between the two. */
  betweenDeletes: (() => void) | null = null;
  /** More than that are refused. */
  jobsPerZone = Number.POSITIVE_INFINITY;
  readonly #jobs = new Map<ScopeKey, Map<number, Raw>>();
  readonly #rules: Rule[] = [];
  #nextId = 1;

  zone(name: string): Zone {
    const id = name.replaceAll(/[^a-f0-9]/g, '').padEnd(32, '0');
    const zone = { id, name, status: 'active', account: { id: 'f'.repeat(32), name: 'Acme' } };
    this.zones.push(zone);
    return zone;
  }

  /** The next calls of this name go wrong in this way. */
  fail(call: string, fault: Error | Fault, times = 1): void {
    const act = typeof fault === 'function' ? fault : () => Promise.reject(fault);
    this.#rules.push({ call, fault: act, times });
  }

  /** Calls of this name go well from now on. */
  heal(call: string): void {
    for (const rule of this.#rules) if (rule.call === call) rule.times = 0;
  }

  hold(call: string): Held {
    const sent = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    this.fail(call, async (carryOut) => {
      sent.resolve();
      await gate.promise;
      return carryOut();
    });
    return { sent: sent.promise, go: () => gate.resolve() };
  }

  /** What is stored in a zone. */
  jobs(zone = 'example.com'): readonly Raw[] {
    return [...this.#of(this.#key(zone)).values()];
  }

  names(zone = 'example.com'): readonly unknown[] {
    return this.jobs(zone).map((job) => job['name']);
  }

  id(name: string, zone = 'example.com'): number {
    return Number(this.jobs(zone).find((job) => job['name'] === name)?.['id']);
  }

  /** Somebody else makes a job. */
  plant(fields: Raw, zone = 'example.com'): number {
    return Number(this.#store(this.#key(zone), fields)['id']);
  }

  /** Somebody else changes a job, or deletes it (null). */
  tamper(name: string, fields: Raw | null, zone = 'example.com', id = this.id(name, zone)): void {
    const jobs = this.#of(this.#key(zone));
    if (fields === null) jobs.delete(id);
    else jobs.set(id, { ...jobs.get(id), ...fields });
  }

  /** Every job of the zone has delivered everything up to that time. */
  deliver(zone: string, time: number): void {
    const jobs = this.#of(this.#key(zone));
    for (const [id, job] of jobs) jobs.set(id, { ...job, last_complete: new Date(time).toISOString() });
  }

  writes(): readonly string[] {
    return this.calls.filter((call) => /^(create|update|delete) /.test(call));
  }

  readonly api: LogpushApi = {
    listZones: (options) => this.#call('zones', options, () => [...this.zones]),
    listAccounts: (options) => this.#call('accounts', options, () => []),
    listJobs: (scope, options) =>
      this.#call(`list ${scope.name}`, options, () =>
        [...this.#at(scope).values()].map((job) => this.#shown(job, 'list')),
      ),
    getJob: (scope, id, options) =>
      this.#call(`get ${this.#nameOf(scope, id)}`, options, () => {
        const job = this.#at(scope).get(id);
        return job === undefined ? null : this.#shown(job, 'get');
      }),
    createJob: (scope, body, options) =>
      this.#call(`create ${String(body['name'])}`, options, () => {
        if (this.#at(scope).size >= this.jobsPerZone)
          throw new RejectedError({ action: 'create', cause: 'exceeded max jobs allowed' });
        return { job: this.#shown(this.#store(scopeKey(scope), plain(body)), 'write'), ray: 'a-ray' };
      }),
    updateJob: (scope, id, body, options) =>
      this.#call(`update ${this.#nameOf(scope, id)}`, options, () => {
        const before = this.#at(scope).get(id);
        if (before === undefined) throw new NotFoundError({ action: `update job ${id}` });
        const job = { ...before, ...plain(body) };
        this.#at(scope).set(id, job);
        return { job: this.#shown(job, 'write'), ray: 'a-ray' };
      }),
    deleteJob: async (scope, id, options) => {
      if (this.betweenDeletes !== null) {
        this.betweenDeletes();
        if (await options.isGone?.()) return { ray: undefined };
      }
      return this.#call(`delete ${this.#nameOf(scope, id)}`, options, () => {
        this.#at(scope).delete(id);
        return { ray: 'a-ray' };
      });
    },
    listFields: (scope, dataset, options) =>
      this.#call(`fields ${dataset} ${scope.name}`, options, () => namesOf(this.fields.all)),
    listDefaultFields: (scope, dataset, options) =>
      this.#call(`default fields ${dataset} ${scope.name}`, options, () => namesOf(this.fields.default)),
    listDatasetJobs: unused,
    validateDestination: (scope, destination, options) =>
      this.#call(`check ${scope.name}`, options, () => ({
        valid: !this.untaken.some((part) => destination.reveal().includes(part)),
        message: 'error validating destination: error writing object',
        meaning: { kind: 'destination', says: 'It failed.', next: 'Mend it.' },
      })),
    destinationExists: unused,
    validateOrigin: (scope, _, dataset, options) =>
      this.#call(`check ${dataset} ${scope.name}`, options, () => ({ valid: true, message: '' })),
    validateOwnership: (scope, destination, challenge, options) =>
      this.#call(`validate ${scope.name}`, options, () => ({
        valid: this.takes(challenge.reveal(), scope, destination.reveal()),
        message: '',
      })),
    requestOwnership: (scope, destination, options) =>
      this.#call(`challenge ${scope.name}`, options, () => {
        const text = destination.reveal();
        const filename = `challenge-${this.files.size + 1}.txt`;
        this.files.set(filename, `token.${Buffer.from(`${scopeKey(scope)} ${text}`).toString('base64url')}`);
        return { valid: true, message: '', filename };
      }),
  };

  /** Challenge files by name, wherever they lie. */
  readonly files = new Map<string, string>();
  /** Whether Cloudflare takes this token for that destination. */
  takes = (token: string, scope: ScopeRef, destination: string): boolean =>
    token === `token.${Buffer.from(`${scopeKey(scope)} ${destination}`).toString('base64url')}`;

  /** As the client does: what has not begun is stopped, what is under way is given up with its outcome unknown. */
  async #call<T>(name: string, options: CallOptions, carryOut: () => T): Promise<T> {
    const { signal, starting = signal, priority } = options;
    if (starting.aborted) throw new StoppedError(name);
    this.calls.push(name);
    this.priorities.set(name, priority);
    const rule = this.#rules.find((one) => one.call === name && one.times > 0);
    if (rule) rule.times -= 1;
    const isWrite = /^(create|update|delete) /.test(name);
    const given = Promise.withResolvers<never>();
    const stop = (): void =>
      given.reject(
        isWrite ? new UnknownOutcomeError({ action: name, cause: 'stopped' }) : new StoppedError(name),
      );
    signal.addEventListener('abort', stop, { once: true });
    const work = (async () => (rule ? (rule.fault(carryOut) as Promise<T>) : carryOut()))();
    try {
      return await Promise.race([work, given.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #shown(job: Raw, call: 'list' | 'get' | 'write'): LiveJob {
    return liveJobOf(JSON.parse(JSON.stringify(this.show(job, call))) as JsonObject);
  }

  #store(key: ScopeKey, fields: Raw): Raw {
    const id = Number(fields['id'] ?? this.#nextId);
    this.#nextId = Math.max(this.#nextId, id) + 1;
    const job = { id, enabled: false, dataset: 'http_requests', ...fields };
    this.#of(key).set(id, job);
    return job;
  }

  #at(scope: ScopeRef): Map<number, Raw> {
    return this.#of(scopeKey(scope));
  }

  #of(key: ScopeKey): Map<number, Raw> {
    const jobs = this.#jobs.get(key) ?? new Map<number, Raw>();
    this.#jobs.set(key, jobs);
    return jobs;
  }

  #key(zone: string): ScopeKey {
    return `zone.${this.zones.find(({ name }) => name === zone)?.id}`;
  }

  #nameOf(scope: ScopeRef, id: number): string {
    return String(this.#at(scope).get(id)?.['name'] ?? id);
  }
}

async function unused(): Promise<never> {
  throw new Error('the loop never makes this call');
}

function namesOf(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, '']));
}

/** What would stand in the request. */
function plain(body: JobFields): Raw {
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]),
  );
}
