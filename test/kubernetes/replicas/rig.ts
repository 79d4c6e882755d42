import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningSandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { objectOf, rendered } from '../../helm/chart.ts';
import { containerHere } from '../../helm/container-here.ts';
import type { KubernetesObject } from '../../helm/kubernetes-objects.ts';
import type { Cluster } from './cluster.ts';
import { Replica } from './replica.ts';
import { jobsOf, manifestOf, ZONES } from './wanted.ts';
import { Wire } from './wire.ts';

export const NAMES = ['logs-1', 'logs-2', 'logs-3'];
export const LEASE = { durationMs: 3000, renewMs: 2000, retryMs: 500 };

/** Longest that anything may take that a run waits for. */
const PATIENCE_MS = 240_000;

const VALUES = {
  replicas: NAMES.length,
  state: 'cluster',
  settings: {
    mode: 'enforce',
    schedule: '0 0 1 1 *',
    audit: { mode: 'off' },
    health: { graphql: 'off' },
    cloudflare: { timeout_ms: 2000, quota: { requests: 1_000_000 } },
    guard: { max_removals: 100, max_removal_share: 1 },
    leader_election: {
      lease_duration_seconds: LEASE.durationMs / 1000,
      renew_deadline_seconds: LEASE.renewMs / 1000,
      retry_period_seconds: LEASE.retryMs / 1000,
    },
  },
  manifest: { inline: { 'logpush.yaml': manifestOf(0) } },
  secrets: [{ name: 'siem' }],
};

/**
 * Three replicas as real processes, as the chart would run them: its objects are applied to the cluster, and each process has the
 * settings, the arguments and the service account's token of its pod. Between them and a sandbox of Cloudflare is the wire.
 */
export class Rig {
  readonly cluster: Cluster;
  readonly wire: Wire;
  readonly sandbox: RunningSandbox;
  /** The running ones, by name. */
  readonly replicas = new Map<string, Replica>();
  /** Those that have ended, too. */
  readonly all: Replica[] = [];
  version = 0;
  readonly #folder: string;
  readonly #objects: readonly KubernetesObject[];
  readonly #addresses = new Map<string, string>();

  private constructor(
    cluster: Cluster,
    sandbox: RunningSandbox,
    folder: string,
    objects: readonly KubernetesObject[],
  ) {
    this.cluster = cluster;
    this.sandbox = sandbox;
    this.wire = new Wire(sandbox.url);
    this.#folder = folder;
    this.#objects = objects;
  }

  static async start(cluster: Cluster): Promise<Rig> {
    const isHook = ({ metadata }: KubernetesObject): boolean =>
      'helm.sh/hook' in (metadata.annotations ?? {});
    const objects = (await rendered({ values: VALUES })).filter((object) => !isHook(object));
    await cluster.apply(objects);
    const sandbox = await startSandbox({ zones: ZONES });
    const rig = new Rig(cluster, sandbox, await mkdtemp(join(tmpdir(), 'logpushd-replicas-')), objects);
    for (const name of NAMES) rig.#addresses.set(name, await rig.wire.addressFor(name));
    return rig;
  }

  /** Starts those that do not run. They say so themselves when they lead or stand by. */
  async startMissing(): Promise<readonly Replica[]> {
    return Promise.all(NAMES.filter((name) => !this.replicas.has(name)).map((name) => this.#startOne(name)));
  }

  async #startOne(name: string): Promise<Replica> {
    const folder = join(this.#folder, name);
    const [container] = objectOf(this.#objects, 'Deployment')['spec'].template.spec.containers;
    const { nodeArgs, args, env } = await containerHere(container, folder, {
      settings: objectOf(this.#objects, 'ConfigMap', '-settings')['data'],
      'manifest-0': { 'logpush.yaml': manifestOf(this.version) },
      cloudflare: { token: `a-token-of-${name}` },
      secrets: { siem: 'a-key-of-the-siem' },
      kubernetes: { kubeconfig: this.cluster.kubeconfig },
    });
    const replica = new Replica({
      name,
      folder,
      nodeArgs,
      args,
      env: {
        ...env,
        POD_NAME: name,
        CLOUDFLARE_BASE_URL: this.#addresses.get(name) ?? '',
        LOGPUSHD_KUBERNETES_KUBECONFIG: join(folder, 'kubernetes/kubeconfig'),
      },
    });
    this.all.push(replica);
    this.replicas.set(name, replica);
    void replica.ended.then(() => {
      if (this.replicas.get(name) === replica) this.replicas.delete(name);
    });
    return replica;
  }

  /** The one that was the last to be elected and still runs. */
  leader(): Replica {
    const elected = [...this.replicas.values()].flatMap((replica) =>
      replica.said.filter(({ event }) => event === 'leader.elected').map(({ at }) => ({ replica, at })),
    );
    const last = elected.toSorted((one, other) => one.at - other.at).at(-1);
    if (last === undefined) throw new Error('No replica has been elected.');
    return last.replica;
  }

  /** Resolves to who of these is the first to be elected from now on. */
  async elected(among: readonly Replica[]): Promise<{ readonly replica: Replica; readonly at: number }> {
    return Promise.any(
      among.map(async (replica) => ({
        replica,
        at: (await replica.says('leader.elected', replica.mark, PATIENCE_MS)).at,
      })),
    );
  }

  says(replica: Replica, event: string, since = replica.mark): Promise<{ readonly at: number }> {
    return replica.says(event, since, PATIENCE_MS);
  }

  /** The next version of the manifest in all pods, as a kubelet writes it. */
  async edit(): Promise<void> {
    this.version += 1;
    const text = manifestOf(this.version);
    for (const name of NAMES) {
      const folder = join(this.#folder, name, 'etc/manifest/inline');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, '.next'), text);
      await rename(join(folder, '.next'), join(folder, 'logpush.yaml'));
    }
  }

  /** What is wrong at Cloudflare for this version of the manifest; nothing when it is in sync. */
  findings(): readonly string[] {
    const expected = jobsOf(this.version).map(({ name, interval }) => `${name} every ${interval} s`);
    return ZONES.flatMap((zone) => {
      const jobs = this.sandbox.model
        .jobs(zone)
        .map(
          ({ config }) =>
            `${String(config['name'])} every ${String(config['max_upload_interval_seconds'])} s`,
        );
      const isSame = jobs.toSorted().join() === [...expected].toSorted().join();
      return isSame ? [] : [`${zone} has ${jobs.join(', ') || 'no job'} instead of ${expected.join(', ')}`];
    });
  }

  /** Resolves when a replica has ended a pass and Cloudflare is as this version of the manifest says. */
  async inSync(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.findings().length > 0) {
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`Not in sync after ${PATIENCE_MS / 1000} s: ${this.findings().join('; ')}`);
      await Promise.any(
        [...this.replicas.values()].map((replica) => replica.says('pass.finished', replica.mark, left)),
      ).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.wire.onWrite = () => undefined;
    for (const replica of this.replicas.values()) replica.signal('SIGKILL');
    await Promise.all(this.all.map(({ ended }) => ended));
    await this.wire.close();
    await this.sandbox.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
