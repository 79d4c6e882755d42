import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { type Cluster, openCluster } from '../../src/edges/kubernetes/cluster.ts';
import { KubeApiserver, kubeBinaries } from '../helm/kube-apiserver.ts';
import { FakeApiserver, type Rule } from './fake-apiserver.ts';

export interface Answered {
  readonly status: number;
  /** Of a Status; empty for an object. */
  readonly reason: string;
  readonly body: any;
}

/** A service account with just the rights that it was given. */
export interface Account {
  readonly token: string;
  /** Path of a kubeconfig that has its token and its namespace. */
  readonly kubeconfig: string;
  readonly cluster: Cluster;
}

/** A Kubernetes API, the fake or a real one: a test that takes this cannot tell which. */
export interface ApiServer {
  /** Sends it as it is, past our own client. Without a token: as one that may do everything. */
  ask(method: string, path: string, body?: object, options?: AskOptions): Promise<Answered>;
  /** Resolves when the rights are in force. */
  account(namespace: string, rules: readonly Rule[]): Promise<Account>;
  stop(): Promise<void>;
}

interface AskOptions {
  readonly token?: string;
  readonly type?: string;
}

const binaries = kubeBinaries();

/** The tests of `suite`, against the fake, and against a real kube-apiserver where there is one. Says which. */
export function describeServers(title: string, suite: (server: () => ApiServer) => void): void {
  if (binaries === null)
    process.stderr.write(
      `!! ${title}: against the fake API server only. \`bash .ci/kube-apiserver\` builds a real one.\n`,
    );
  const kinds = [
    { name: 'the fake API server', start: startFake },
    ...(binaries === null ? [] : [{ name: 'a real kube-apiserver', start: () => startReal(binaries) }]),
  ];
  describe.each(kinds)(`${title}, against $name`, ({ start }) => {
    let server: ApiServer | undefined;
    beforeAll(async () => {
      server = await start();
    }, 150_000);
    afterAll(() => server?.stop());
    suite(() => server!);
  });
}

async function startFake(): Promise<ApiServer> {
  const fake = await FakeApiserver.start();
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-fake-kube-'));
  return {
    async ask(method, path, body, { token = fake.admin, type = 'application/json' } = {}) {
      const answer = await fetch(`${fake.url}${path}`, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': type },
        ...(body && { body: JSON.stringify(body) }),
      });
      return answered(answer.status, await answer.json());
    },
    account: (namespace, rules) => accountOf(folder, fake.url, namespace, fake.grant(namespace, rules)),
    async stop() {
      await fake.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function startReal(found: NonNullable<typeof binaries>): Promise<ApiServer> {
  const kube = await KubeApiserver.start(found);
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-real-kube-'));
  let accounts = 0;
  const must = async (path: string, body: object, token?: string): Promise<any> => {
    const answer = await kube.ask('POST', path, body, 'application/json', token);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    async ask(method, path, body, { token, type } = {}) {
      const answer = await kube.ask(method, path, body, type, token);
      return answered(answer.status, answer.body);
    },
    async account(namespace, rules) {
      accounts++;
      const metadata = { name: `account-${accounts}` };
      await kube.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
      await must(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
      const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      await must(`${rbac}/roles`, { metadata, rules });
      await must(`${rbac}/rolebindings`, {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace }],
      });
      const { status } = await must(
        `/api/v1/namespaces/${namespace}/serviceaccounts/${metadata.name}/token`,
        { spec: { expirationSeconds: 3600 } },
      );
      const token: string = status.token;
      await vi.waitFor(async () => expect(await mayAll(must, namespace, rules, token)).toBe(true), 20_000);
      return accountOf(folder, kube.url, namespace, token);
    },
    async stop() {
      await kube.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Whether the rights that were just written are known to what decides about requests. */
async function mayAll(
  post: (path: string, body: object, token: string) => Promise<any>,
  namespace: string,
  rules: readonly Rule[],
  token: string,
): Promise<boolean> {
  const asked = rules.flatMap(({ apiGroups: [group], resources: [resource], resourceNames, verbs }) =>
    verbs.map((verb) => ({ namespace, verb, group, resource, name: resourceNames?.[0] ?? '' })),
  );
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const answers = await Promise.all(
    asked.map(async (resourceAttributes) => post(path, { spec: { resourceAttributes } }, token)),
  );
  return answers.every(({ status }) => status.allowed);
}

async function accountOf(folder: string, server: string, namespace: string, token: string): Promise<Account> {
  const kubeconfig = join(folder, `kubeconfig-${token.slice(-12)}`);
  await writeFile(kubeconfig, kubeconfigFor(server, token, namespace));
  const cluster = await openCluster({ namespace: null, kubeconfig }, { environment: {} });
  return { token, kubeconfig, cluster };
}

/** Without a check of the certificate: a real server made its own a moment ago, and the fake has none. */
export function kubeconfigFor(server: string, token: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
    'current-context': 'test',
  });
}

function answered(status: number, body: any): Answered {
  return { status, reason: status < 300 ? '' : String(body.reason ?? ''), body };
}
