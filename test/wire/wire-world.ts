import { createHmac } from 'node:crypto';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import { DOUBT_RULES } from '../../src/core/plan/policy.ts';
import { Secret } from '../../src/core/secret.ts';
import { createBudget } from '../../src/edges/cloudflare/budget.ts';
import { createLogpushApi } from '../../src/edges/cloudflare/client.ts';
import { axiosTransport, type Transport } from '../../src/edges/cloudflare/transport.ts';
import { FieldCatalogue } from '../../src/reconcile/manifest/catalogue.ts';
import { ManifestInForce } from '../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../src/reconcile/manifest/directory.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { Entrance } from '../../src/reconcile/pass/entrance.ts';
import { WriteSwitch } from '../../src/reconcile/pass/invariants.ts';
import { Ledger } from '../../src/reconcile/ledger/ledger.ts';
import { runPass } from '../../src/reconcile/pass/pass.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import type { LogpushApi, StateStore } from '../../src/reconcile/ports.ts';
import { Turns } from '../../src/reconcile/loop/turns.ts';
import { loadSchema } from '../../src/schemas.ts';
import { InstantClock, TOKEN } from '../edges/cloudflare/client-bench.ts';
import { RawCloudflare } from './raw-cloudflare.ts';

const parse = createManifestParser(loadSchema('manifest'));
const ENOUGH_PASSES = 12;
const BETWEEN_PASSES_MS = 61_000;
const USUAL_TIMEOUT_MS = 60_000;

/**
 * Everything from the pass down to the socket is real. Only time is not waited for, so that the pass of a minute
 * later is the next one.
 */
export class WireWorld {
  readonly cloudflare: RawCloudflare;
  readonly clock = new InstantClock();
  readonly events: ReconcileEvent[] = [];
  /** For requests that are to find no answer in time; the others have all the time in the world. */
  timeoutMs: (method: string) => number = () => USUAL_TIMEOUT_MS;
  readonly #saved = new Map<string, string>();
  readonly #api: LogpushApi;
  readonly #manifest: ManifestInForce;
  #text = '';
  #ledger: Ledger | undefined;
  #passes = 0;

  static async open(): Promise<WireWorld> {
    return new WireWorld(await RawCloudflare.open());
  }

  private constructor(cloudflare: RawCloudflare) {
    this.cloudflare = cloudflare;
    const { clock } = this;
    const emit = (event: ReconcileEvent): void => void this.events.push(event);
    const real = axiosTransport({ version: '0.0.0-test', environment: {} });
    const transport: Transport = {
      send: (request, signal) => real.send({ ...request, timeoutMs: this.timeoutMs(request.method) }, signal),
    };
    this.#api = createLogpushApi({
      baseUrl: cloudflare.url,
      credentials: { kind: 'token', token: new Secret(TOKEN) },
      budget: createBudget({ requests: 1200, windowSeconds: 300, share: 0.8 }, clock),
      transport,
      clock,
      random: () => 0.5,
      timeouts: { GET: 1, POST: 1, PUT: 1, DELETE: 1 },
    });
    this.#manifest = new ManifestInForce({
      source: { read: async () => ({ files: [{ path: 'm.yaml', text: this.#text }], revision: this.#text }) },
      references: { read: async () => ({ env: new Map(), secrets: new Map(), unreadable: new Map() }) },
      directory: new Directory(this.#api, clock),
      catalogue: new FieldCatalogue(this.#api, clock),
      clock,
      parse,
      emit,
    });
  }

  /** The jobs of the manifest from now on, as flow mappings. */
  wants(...jobs: readonly string[]): void {
    const id = this.cloudflare.model.scope('example.com')?.id ?? '';
    this.#text = [
      'version: 1',
      'defaults: { enabled: true, dataset: http_requests, destination_conf: "https://logs.example.com/in" }',
      'zones:',
      `  - zone: "${id}"`,
      '    jobs:',
      ...jobs.map((job) => `      - ${job}`),
      '',
    ].join('\n');
  }

  async pass(): Promise<PassResult> {
    this.#passes += 1;
    const { signal } = new AbortController();
    const { problems, manifest } = await this.#manifest.refresh(signal);
    if (manifest === null) throw new Error(`the manifest is refused: ${JSON.stringify(problems)}`);
    this.#ledger ??= await Ledger.open(this.#store(), this.clock);
    return runPass(
      {
        manifest: this.#manifest,
        reader: this.#api,
        writer: this.#api,
        ledger: this.#ledger,
        turns: new Turns(),
        entrance: new Entrance({
          clock: this.clock,
          fingerprint: this.#ledger.fingerprint,
          emit: () => undefined,
        }),
        clock: this.clock,
        mayWrite: () => true,
        writes: new WriteSwitch(),
        emit: (event) => void this.events.push(event),
      },
      {
        passId: `pass-${this.#passes}`,
        triggers: ['manual'],
        priority: 'change',
        includes: () => true,
        policy: {
          mode: 'enforce',
          prune: 'owned',
          adopt: 'always',
          allowedDestinations: [],
          jobsPerZone: 4,
          allowGap: false,
          removeSurplus: true,
          checkBeforeDelete: true,
          overlapMs: 0,
          graceMs: 0,
          reenable: 'tell',
          windows: [],
          doubts: DOUBT_RULES,
          nameSuffix: '',
        },
        limits: { maxRemovals: 3, maxRemovalShare: 0.1 },
        reading: signal,
        writing: signal,
      },
    );
  }

  /** An installation that starts with nothing. */
  forget(): void {
    this.#saved.clear();
    this.#ledger = undefined;
  }

  /** One pass a minute until nothing is left to write; the quiet ones must then be quiet to the last. */
  async settle(quietPasses = 3): Promise<void> {
    let quiet = 0;
    for (let pass = 0; quiet < quietPasses; pass += 1) {
      if (pass > ENOUGH_PASSES) throw new Error(`it does not come to rest: ${JSON.stringify(this.told())}`);
      const before = this.writes().length;
      const { outcomes, plans, unreadable } = await this.pass();
      const isQuiet =
        this.writes().length === before &&
        outcomes.length === 0 &&
        unreadable.length === 0 &&
        plans.every(({ changes, withheld }) => changes.length + withheld.length === 0);
      if (quiet > 0 && !isQuiet)
        throw new Error(`it wrote after it was at rest: ${JSON.stringify(this.told())}`);
      quiet = isQuiet ? quiet + 1 : 0;
      await this.clock.sleep(BETWEEN_PASSES_MS, new AbortController().signal);
    }
  }

  /** Requests that ask for a change, as they left logpushd. */
  writes(): readonly string[] {
    return this.cloudflare.requests.filter(({ method }) => method !== 'GET').map(({ method }) => method);
  }

  /** What Cloudflare holds, as `name records`, sorted; a job that is there twice is there twice. */
  jobs(): readonly string[] {
    return this.cloudflare.model
      .jobs('example.com')
      .map(({ config }) => `${String(config['name'])} ${String(config['max_upload_records'] ?? '')}`.trim())
      .toSorted();
  }

  told(): readonly string[] {
    return this.events.flatMap((event) =>
      'error' in event && event.error instanceof Error ? [`${event.type}: ${event.error.message}`] : [],
    );
  }

  #store(): StateStore {
    return {
      load: async () => new Map(this.#saved),
      save: async (key, text) => void this.#saved.set(key, text),
      remove: async (key) => void this.#saved.delete(key),
      fingerprint: async () => (text) => createHmac('sha256', 'key of the wire').update(text).digest('hex'),
    };
  }
}
