import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const BUILT = join(homedir(), '.cache/logpushd/kube/1.35.4');
const LONGEST_START_MS = 120_000;

export interface KubeBinaries {
  readonly apiserver: string;
  readonly etcd: string;
}

/** Where envtest looks, and where .ci/kube-apiserver builds; null where there is none. */
export function kubeBinaries(): KubeBinaries | null {
  const { KUBEBUILDER_ASSETS: assets, TEST_ASSET_KUBE_APISERVER, TEST_ASSET_ETCD } = process.env;
  const found = [assets, BUILT].map((folder) => ({
    apiserver: TEST_ASSET_KUBE_APISERVER ?? join(folder ?? '', 'kube-apiserver'),
    etcd: TEST_ASSET_ETCD ?? join(folder ?? '', 'etcd'),
  }));
  return found.find(({ apiserver, etcd }) => existsSync(apiserver) && existsSync(etcd)) ?? null;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: any;
  readonly warnings: readonly string[];
}

/** A real kube-apiserver on an etcd of its own, on loopback, with an admin's token. No kubelet and no controller runs. */
export class KubeApiserver {
  readonly kubeconfig: string;
  /** May do everything. */
  readonly admin: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #processes: readonly ChildProcess[];

  private constructor(folder: string, port: number, token: string, processes: readonly ChildProcess[]) {
    this.kubeconfig = join(folder, 'kubeconfig');
    this.#folder = folder;
    this.#port = port;
    this.admin = token;
    this.#processes = processes;
  }

  static async start({ apiserver, etcd }: KubeBinaries): Promise<KubeApiserver> {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-kube-'));
    const token = 'an-admin-of-the-test';
    const [client, peer, port] = (await freePorts(3)) as [number, number, number];
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    await writeFile(join(folder, 'sa.key'), privateKey);
    await writeFile(join(folder, 'sa.pub'), publicKey);
    await writeFile(join(folder, 'tokens'), `${token},admin,admin,system:masters\n`);
    await writeFile(join(folder, 'kubeconfig'), kubeconfig(port, token));
    const log = openSync(join(folder, 'log'), 'a');
    const processes = [
      spawn(etcd, etcdArguments(folder, client, peer), { stdio: ['ignore', log, log] }),
      spawn(apiserver, apiserverArguments(folder, client, port), { stdio: ['ignore', log, log] }),
    ];
    const server = new KubeApiserver(folder, port, token, processes);
    await server.#ready();
    return server;
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + LONGEST_START_MS;
    for (;;) {
      const answer = await this.ask('GET', '/readyz').catch(() => null);
      if (answer?.status === 200) return;
      const ended = this.#processes.some(({ exitCode }) => exitCode !== null);
      if (ended || performance.now() > deadline) {
        const log = await readFile(join(this.#folder, 'log'), 'utf8');
        await this.stop();
        throw new Error(`The kube-apiserver did not start:\n${log.slice(-4000)}`);
      }
      await pause(100);
    }
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Stops the API server, not its connections: they are accepted and get no answer until it goes on. */
  pause(): void {
    this.#processes.at(-1)?.kill('SIGSTOP');
  }

  resume(): void {
    this.#processes.at(-1)?.kill('SIGCONT');
  }

  ask(
    method: string,
    path: string,
    body?: object,
    type = 'application/json',
    token = this.admin,
  ): Promise<KubeAnswer> {
    return new Promise((answered, failed) => {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type };
      const asking = request(
        // The certificate is one that the server made for itself a moment ago.
        { host: '127.0.0.1', port: this.#port, method, path, headers, rejectUnauthorized: false },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.once('end', () => {
            const warnings = answer.headersDistinct['warning'] ?? [];
            const isJson = answer.headers['content-type']?.includes('json') === true;
            answered({ status: answer.statusCode ?? 0, body: isJson ? JSON.parse(text) : text, warnings });
          });
        },
      );
      asking.once('error', failed);
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async stop(): Promise<void> {
    const ended = this.#processes.map(
      (child) => new Promise((done) => (child.exitCode === null ? child.once('close', done) : done(null))),
    );
    for (const child of this.#processes) child.kill('SIGKILL');
    await Promise.all(ended);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function etcdArguments(folder: string, client: number, peer: number): readonly string[] {
  const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  const urls = [`--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`];
  const cluster = [`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`];
  return [
    '--name=test',
    `--data-dir=${folder}/etcd`,
    '--unsafe-no-fsync',
    `--initial-cluster=test=${peers}`,
    ...urls,
    ...cluster,
  ];
}

function apiserverArguments(folder: string, etcd: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${folder}/certificates`,
    `--token-auth-file=${folder}/tokens`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://test.invalid',
    `--service-account-key-file=${folder}/sa.pub`,
    `--service-account-signing-key-file=${folder}/sa.key`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // No controller is there to make the account that this would wait for.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function kubeconfig(port: number, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

/** Ports that were free a moment ago: these servers cannot say which one they took. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
