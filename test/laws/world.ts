/**
 * The real parser, planner and pass against the imitated store, without network, files or time: what the laws
 * are about is exactly what `plan`, `apply` and `run` do.
 */

import { createHmac } from 'node:crypto';
import { stringify } from 'yaml';
import { liveJobOf } from '../../src/core/job/live.ts';
import type { JobFields, JsonObject, LiveJob, Scope } from '../../src/core/job/job.ts';
import { scopeKey } from '../../src/core/job/job.ts';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import { DOUBT_RULES, type PlanPolicy } from '../../src/core/plan/policy.ts';
import { Secret } from '../../src/core/secret.ts';
import { FieldCatalogue } from '../../src/reconcile/manifest/catalogue.ts';
import { ManifestInForce } from '../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../src/reconcile/manifest/directory.ts';
import { NotAllowedError, RejectedError } from '../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { Entrance } from '../../src/reconcile/pass/entrance.ts';
import { WriteSwitch } from '../../src/reconcile/pass/invariants.ts';
import { Ledger } from '../../src/reconcile/ledger/ledger.ts';
import { runPass } from '../../src/reconcile/pass/pass.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { Clock, LogpushApi, ManifestText, StateStore } from '../../src/reconcile/ports.ts';
import { Turns } from '../../src/reconcile/loop/turns.ts';
import { loadSchema } from '../../src/schemas.ts';
import { ACCOUNT, secretValue, type WrittenScope, ZONES } from '../generators.ts';
import { JobStore, type Raw, StoreRefusal, type StoreModes } from './job-store.ts';

export type Files = ManifestText['files'];

export const parseManifest = createManifestParser(loadSchema('manifest'));

const POLICY: PlanPolicy = {
  mode: 'enforce',
  prune: 'owned',
  adopt: 'always',
  allowedDestinations: [],
  jobsPerZone: 4,
  allowGap: true,
  removeSurplus: true,
  checkBeforeDelete: true,
  doubts: DOUBT_RULES,
  nameSuffix: '',
  overlapMs: 0,
  graceMs: 0,
  reenable: 'tell',
  windows: [],
};

const NO_LIMITS = { maxRemovals: 1_000, maxRemovalShare: 1 };

export interface WorldOptions {
  readonly modes: StoreModes;
  readonly policy?: Partial<PlanPolicy>;
  /** In place of the generators' secrets. */
  readonly secretOf?: (name: string) => string | undefined;
  /** In place of one on the imitated store. */
  readonly api?: LogpushApi;
}

export class World {
  readonly store: JobStore;
  readonly events: ReconcileEvent[] = [];
  /** Every call that reached the store, reads included, as in `list zone.0123…`. */
  readonly calls: string[] = [];
  /** What the ledger saved, by scope. */
  readonly saved = new Map<string, string>();
  readonly #policy: PlanPolicy;
  readonly #api: LogpushApi;
  readonly #manifest: ManifestInForce;
  #files: Files = [];
  #ledger: Ledger | undefined;

  constructor({ modes, policy, secretOf, api }: WorldOptions) {
    this.store = new JobStore(modes);
    this.#policy = { ...POLICY, jobsPerZone: modes.jobsPerScope ?? 1_000, ...policy };
    // A list without a field proves nothing about any name, and the laws are about what is written.
    this.#api = { ...(api ?? memoryApi(this.store, this.calls)), listFields: async () => new Map() };
    this.#manifest = new ManifestInForce({
      source: { read: async () => ({ files: this.#files, revision: JSON.stringify(this.#files) }) },
      references: { read: async ({ secrets }) => referenceValues(secrets, secretOf ?? secretValue) },
      directory: new Directory(this.#api, CLOCK),
      catalogue: new FieldCatalogue(this.#api, CLOCK),
      clock: CLOCK,
      parse: parseManifest,
      emit: (event) => this.events.push(event),
    });
  }

  /** One pass that writes. Fails the law when the manifest is refused, or a write is. */
  async apply(files: Files): Promise<PassResult> {
    const result = await this.applyAsFarAsPossible(files);
    const failed = result.outcomes.filter((outcome) => outcome.result !== 'applied');
    if (failed.length > 0) {
      const told = failed.map(
        ({ change, error, reason }) => `${change.action} ${change.name}: ${error?.message ?? reason ?? ''}`,
      );
      throw new Error(`a write failed: ${told.join('; ')}`);
    }
    return result;
  }

  /** One pass that writes; what Cloudflare refuses is among the outcomes. */
  async applyAsFarAsPossible(files: Files): Promise<PassResult> {
    return this.#pass(files, true);
  }

  /** One pass that only decides. */
  async plan(files: Files): Promise<PassResult> {
    return this.#pass(files, false);
  }

  async #pass(files: Files, write: boolean): Promise<PassResult> {
    this.#files = files;
    const state = await this.#manifest.refresh(new AbortController().signal);
    if (state.manifest === null) {
      throw new Error(
        `the manifest was refused:\n${state.problems.map((one) => JSON.stringify(one)).join('\n')}`,
      );
    }
    this.#ledger ??= await Ledger.open(this.#stateStore(), CLOCK);
    const signal = new AbortController().signal;
    return runPass(
      {
        manifest: this.#manifest,
        reader: this.#api,
        writer: write ? this.#api : null,
        ledger: this.#ledger,
        turns: new Turns(),
        entrance: new Entrance({
          clock: CLOCK,
          fingerprint: this.#ledger.fingerprint,
          emit: () => undefined,
        }),
        clock: CLOCK,
        mayWrite: () => true,
        writes: new WriteSwitch(),
        emit: (event) => this.events.push(event),
      },
      {
        passId: 'law',
        triggers: ['manual'],
        priority: 'change',
        includes: () => true,
        policy: this.#policy,
        limits: NO_LIMITS,
        reading: signal,
        writing: signal,
      },
    );
  }

  /** A process that starts anew on the same saved state. */
  restart(): void {
    this.#ledger = undefined;
  }

  live(scope: Pick<Scope, 'kind' | 'id'>): readonly LiveJob[] {
    return this.store.list(scopeKey(scope)).map((raw) => liveJobOf(raw as JsonObject));
  }

  #stateStore(): StateStore {
    return {
      load: async () => new Map(this.saved),
      save: async (key, text) => void this.saved.set(key, text),
      remove: async (key) => void this.saved.delete(key),
      fingerprint: async () => (text) => createHmac('sha256', 'key of the laws').update(text).digest('hex'),
    };
  }
}

let ticks = 0;

const CLOCK: Clock = {
  now: () => Date.UTC(2026, 0, 1),
  monotonic: () => (ticks += 1),
  sleep: async () => undefined,
};

function referenceValues(secrets: ReadonlySet<string>, secretOf: (name: string) => string | undefined) {
  const found = new Map<string, Secret>();
  const unreadable = new Map<string, string>();
  for (const name of secrets) {
    const value = secretOf(name);
    if (value === undefined) unreadable.set(name, 'its file is missing');
    else found.set(name, new Secret(value));
  }
  return { env: new Map<string, string>(), secrets: found, unreadable };
}

function memoryApi(store: JobStore, calls: string[]): LogpushApi {
  const account = { id: ACCOUNT.id, name: ACCOUNT.name };
  const call = <T>(what: string, act: () => T): T => {
    calls.push(what);
    try {
      return act();
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error;
      const details = { action: what, status: error.status, cause: error.message };
      throw error.status === 403 ? new NotAllowedError(details) : new RejectedError(details);
    }
  };
  const unused = async (): Promise<never> => {
    throw new Error('no law needs this call');
  };
  return {
    listZones: async () => call('zones', () => ZONES.map((zone) => ({ ...zone, status: 'active', account }))),
    listAccounts: async () => call('accounts', () => [account]),
    listJobs: async (scope) =>
      call(`list ${scopeKey(scope)}`, () => store.list(scopeKey(scope)).map(decoded)),
    getJob: async (scope, id) =>
      call(`get ${scopeKey(scope)} ${id}`, () => {
        const raw = store.get(scopeKey(scope), id);
        return raw === null ? null : decoded(raw);
      }),
    createJob: async (scope, body) =>
      call(`create ${scopeKey(scope)}`, () => ({
        job: decoded(store.create(scopeKey(scope), wire(body))),
        ray: undefined,
      })),
    updateJob: async (scope, id, body) =>
      call(`update ${scopeKey(scope)} ${id}`, () => ({
        job: decoded(store.update(scopeKey(scope), id, wire(body))),
        ray: undefined,
      })),
    deleteJob: async (scope, id) =>
      call(`delete ${scopeKey(scope)} ${id}`, () => {
        store.remove(scopeKey(scope), id);
        return { ray: undefined };
      }),
    listDatasetJobs: unused,
    listFields: unused,
    listDefaultFields: unused,
    validateDestination: async () => ({ valid: true, message: '' }),
    destinationExists: unused,
    validateOrigin: async () => ({ valid: true, message: '' }),
    validateOwnership: unused,
    requestOwnership: unused,
  };
}

function decoded(raw: Raw): LiveJob {
  return liveJobOf(JSON.parse(JSON.stringify(raw)) as JsonObject);
}

/** What would stand in the request: every secret in the clear, nothing that is not JSON. */
function wire(body: JobFields): Raw {
  const entries = Object.entries(body).map(([key, value]) => [
    key,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Raw;
}

/** One file with one document. */
export function filesOf(scopes: readonly WrittenScope[]): Files {
  return [{ path: 'manifest.yaml', text: stringify(documentOf(scopes)) }];
}

export function documentOf(scopes: readonly WrittenScope[]): object {
  const of = (kind: WrittenScope['kind']): readonly WrittenScope[] =>
    scopes.filter((scope) => scope.kind === kind);
  return {
    version: 1,
    zones: of('zone').map(({ name, jobs }) => ({ zone: name, jobs })),
    accounts: of('account').map(({ id, jobs }) => ({ account: id, jobs })),
  };
}

/** What a pass would still have to write: the quiet half of every law. */
export function pendingOf(result: PassResult): readonly string[] {
  return [
    ...result.plans.flatMap(({ scope, changes, withheld }) => [
      ...changes.map(
        (change) =>
          `${scope.name}: ${change.action} ${change.name} (${change.fields.map(({ path }) => path).join(', ')})`,
      ),
      ...withheld.map((one) => `${scope.name}: withheld ${one.action} ${one.name}: ${one.reason}`),
    ]),
    ...result.unreadable.map(({ scope, error }) => `${scope.name}: ${error.message}`),
    ...result.unresolved.map(({ name, reason }) => `${name}: ${reason}`),
    ...(result.refusal === null ? [] : [result.refusal.reason]),
  ];
}
