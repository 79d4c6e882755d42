import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/job/job.ts';
import { type Cluster, openCluster } from '../../src/edges/kubernetes/cluster.ts';
import { ClusterError } from '../../src/reconcile/cluster-error.ts';
import { StoppedError } from '../../src/reconcile/errors.ts';
import { FakeApiserver, type Rule } from './fake-apiserver.ts';
import { kubeconfigFor } from './servers.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/edge/leases/logpushd';
const ALL: readonly Rule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] },
];

let folder = '';
let fake: FakeApiserver;
let token = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logpushd-cluster-'));
  fake = await FakeApiserver.start();
  token = fake.grant('edge', ALL);
});

afterEach(async () => {
  await fake.stop();
  await rm(folder, { recursive: true });
});

async function opened(given = token): Promise<Cluster> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(fake.url, given, 'edge'));
  return openCluster({ namespace: null, kubeconfig }, { environment: {} });
}

function read(
  cluster: Cluster,
  options: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<JsonObject> {
  const signal = new AbortController().signal;
  return cluster.ask({ action: 'read the Lease', method: 'GET', path: LEASE, signal, ...options });
}

async function failureOf(work: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ClusterError) return error;
  throw new Error(`This is no failure of a cluster: ${String(error)}`);
}

describe('a cluster', () => {
  it('answers with the object', async () => {
    const cluster = await opened();
    const body = { metadata: { name: 'logpushd' }, spec: { holderIdentity: 'a' } };
    const signal = new AbortController().signal;
    await cluster.ask({
      action: 'make it',
      method: 'POST',
      path: LEASE.replace(/\/[^/]+$/, ''),
      body,
      signal,
    });
    expect(await read(cluster)).toMatchObject({ kind: 'Lease', spec: { holderIdentity: 'a' } });
    expect(cluster.namespace).toBe('edge');
  });

  it.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not-found'],
    [409, 'conflict'],
    [410, 'expired'],
    [413, 'too-large'],
    [422, 'invalid'],
    [429, 'busy'],
    [500, 'failing'],
    [503, 'busy'],
    [302, 'damaged'],
  ])('says what an answer of status %i means: %s', async (status, fault) => {
    fake.plant({ kind: 'answer', status });
    expect(await failureOf(read(await opened()))).toMatchObject({ fault });
  });

  it('says why a right is missing in the words of the API server', async () => {
    const cluster = await opened(fake.grant('edge', []));
    const { fault, message } = await failureOf(read(cluster));
    expect(fault).toBe('forbidden');
    expect(message).toContain('cannot get resource "leases"');
    expect(message).toContain('docs/kubernetes.md');
  });

  it('gives up a call that takes too long, and one that is stopped', async () => {
    const cluster = await opened();
    fake.plant({ kind: 'stall', isDone: false });
    expect(await failureOf(read(cluster, { timeoutMs: 20 }))).toMatchObject({ fault: 'timeout' });
    const stop = new AbortController();
    const reading = read(cluster, { signal: stop.signal });
    stop.abort();
    await expect(reading).rejects.toBeInstanceOf(StoppedError);
  });

  it('knows a connection that ends, and an address where nobody is, for an unreachable server', async () => {
    const cluster = await opened();
    fake.plant({ kind: 'hang-up', isDone: true }, () => true, 1);
    expect(await failureOf(read(cluster))).toMatchObject({ fault: 'unreachable' });
    await fake.stop();
    const { fault, clause } = await failureOf(read(cluster));
    expect(fault).toBe('unreachable');
    expect(clause).toContain('refuses connections');
    fake = await FakeApiserver.start();
  });

  it('does not take the page of a proxy for an object', async () => {
    const proxy = createServer((_, answer) => answer.end('<html>logged out</html>'));
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const kubeconfig = join(folder, 'of-a-proxy');
    await writeFile(kubeconfig, kubeconfigFor(url, token, 'edge'));
    const cluster = await openCluster({ namespace: null, kubeconfig }, { environment: {} });
    expect(await failureOf(read(cluster))).toMatchObject({ fault: 'damaged' });
    await new Promise((closed) => {
      proxy.close(closed);
      proxy.closeAllConnections();
    });
  });

  it('gives up a watch whose line has no end', async () => {
    const part = 'x'.repeat(1024 * 1024);
    const endless = createServer((_, answer) => {
      answer.writeHead(200);
      const more = (): void => void answer.write(part, (error) => error ?? more());
      more();
    });
    await new Promise<void>((listening) => endless.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}`;
    const kubeconfig = join(folder, 'of-the-endless');
    await writeFile(kubeconfig, kubeconfigFor(url, token, 'edge'));
    const cluster = await openCluster({ namespace: null, kubeconfig }, { environment: {} });
    const { signal } = new AbortController();
    const watching = cluster.watch({ action: 'watch', path: '/api/v1/namespaces/edge/configmaps', signal });
    expect(await failureOf(watching.next())).toMatchObject({ fault: 'damaged' });
    await new Promise((closed) => {
      endless.close(closed);
      endless.closeAllConnections();
    });
  });

  it('reads a token anew that is refused', async () => {
    const cluster = await opened();
    await failureOf(read(cluster));
    fake.revoke(token);
    expect(await failureOf(read(cluster))).toMatchObject({ fault: 'unauthorized' });
    await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(fake.url, fake.grant('edge', ALL), 'edge'));
    expect(await failureOf(read(cluster))).toMatchObject({ fault: 'not-found' });
  });

  it('tells of changes as they come, and why a watch cannot go on', async () => {
    const cluster = await opened();
    const signal = new AbortController().signal;
    const path = '/api/v1/namespaces/edge/configmaps?watch=true&resourceVersion=';
    const watching = cluster.watch({ action: 'watch', path: `${path}${fake.store.version}`, signal });
    const first = watching.next();
    const kind = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      group: '',
      plural: 'configmaps',
      check: () => undefined,
    };
    fake.store.create(kind, 'edge', { metadata: { name: 'manifest' }, data: { a: 'ü'.repeat(70_000) } });
    expect((await first).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'manifest' } } });
    fake.endWatches();
    expect(await watching.next()).toMatchObject({ done: true });
    fake.store.forgetChanges();
    const late = cluster.watch({ action: 'watch', path: `${path}100`, signal });
    expect(await failureOf(late.next())).toMatchObject({ fault: 'expired' });
  });
});

describe('the cluster to use', () => {
  const NOWHERE = { namespace: null, kubeconfig: null };

  async function serviceAccount(namespace: string): Promise<string> {
    const mounted = join(folder, 'serviceaccount');
    await mkdir(mounted);
    await writeFile(join(mounted, 'token'), token);
    await writeFile(join(mounted, 'namespace'), namespace);
    return mounted;
  }

  it.each([
    { given: null, namespace: 'of-the-pod' },
    { given: 'of-the-settings', namespace: 'of-the-settings' },
  ])('is that of the pod, in the namespace $namespace', async ({ given, namespace }) => {
    const serviceAccountFolder = await serviceAccount('of-the-pod');
    const environment = { KUBERNETES_SERVICE_HOST: '::1', KUBECONFIG: '/nowhere' };
    const spec = { namespace: given, kubeconfig: null };
    const cluster = await openCluster(spec, { environment, serviceAccountFolder });
    expect(cluster.namespace).toBe(namespace);
  });

  it.each(['KUBECONFIG', 'HOME'])('is outside of a pod what %s names', async (name) => {
    await mkdir(join(folder, '.kube'));
    const path = join(folder, '.kube/config');
    await writeFile(path, kubeconfigFor(fake.url, token, 'edge'));
    const environment = { [name]: name === 'HOME' ? folder : path };
    const cluster = await openCluster(NOWHERE, { environment });
    expect(await failureOf(read(cluster))).toMatchObject({ fault: 'not-found' });
  });

  it('is missing where there is neither pod nor kubeconfig, which is said with the remedy', async () => {
    const { fault, message } = await failureOf(openCluster(NOWHERE, { environment: { HOME: folder } }));
    expect(fault).toBe('unconfigured');
    expect(message).toContain('kubernetes.kubeconfig');
  });

  it.each<[what: string, text: string, says: string]>([
    ['no file', '', 'does not exist'],
    ['no YAML', 'users: [ {secret-token', 'is not a kubeconfig'],
    ['nothing', '{}', 'no current context'],
    [
      'no context',
      kubeconfigFor('https://a', 'secret-token', 'x').replace('"current-context":"test"', '"a":1'),
      'no current context',
    ],
    ['no namespace', kubeconfigFor('https://a', 'secret-token', ''), 'kubernetes.namespace'],
    ['no TLS', kubeconfigFor('http://a', 'secret-token', 'x').replace('true', 'false'), 'without TLS'],
  ])('is not taken from a kubeconfig with %s', async (_, text, says) => {
    const kubeconfig = join(folder, 'broken');
    if (text !== '') await writeFile(kubeconfig, text);
    const { fault, message } = await failureOf(
      openCluster({ namespace: null, kubeconfig }, { environment: {} }),
    );
    expect(fault).toBe('unconfigured');
    expect(message).toContain(says);
    expect(message).not.toContain('secret-token');
  });
});
