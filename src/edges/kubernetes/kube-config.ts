import type { KubeConfig } from '@kubernetes/client-node';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { whyUnreadable } from '../../core/unreadable.ts';
import { ClusterError } from '../../reconcile/cluster-error.ts';

/** Which cluster, as the settings say. */
export interface ClusterSpec {
  /** Null: that of the pod, or of the context of the kubeconfig. */
  readonly namespace: string | null;
  /** Path; null: the service account of the pod, else what `KUBECONFIG` names, else `~/.kube/config`. */
  readonly kubeconfig: string | null;
}

export interface Surroundings {
  readonly environment: { readonly [name: string]: string | undefined };
  /** Where Kubernetes mounts the token of a pod. */
  readonly serviceAccountFolder?: string;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const ACTION = 'find the cluster';
const REMEDY =
  'Run logpushd in a pod with the token of its service account mounted, or name a kubeconfig with kubernetes.kubeconfig.';

/** How to talk to the cluster, read anew by each call. */
export interface Found {
  readonly config: KubeConfig;
  /** As `config` knows it: with a slash at the end nowhere. */
  readonly server: string;
  readonly namespace: string;
}

/** @throws ClusterError with the fault `unconfigured` */
export function findCluster(Config: typeof KubeConfig, spec: ClusterSpec, around: Surroundings): Found {
  const config = new Config();
  const where = load(config, spec, around);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined)
    throw unconfigured(`${where} has no current context, or it names a cluster that is not there`);
  if (server.startsWith('http:') && config.getCurrentCluster()?.skipTLSVerify !== true)
    throw unconfigured(`${where} names a server without TLS, to which no token may be sent`);
  const context = config.getContextObject(config.getCurrentContext())?.namespace?.trim() ?? '';
  const namespace = spec.namespace ?? context;
  if (namespace === '')
    throw unconfigured(`${where} names no namespace`, 'Set kubernetes.namespace to the one that is meant.');
  return { config, server, namespace };
}

/** Resolves to what was loaded, for messages. */
function load(config: KubeConfig, { kubeconfig }: ClusterSpec, around: Surroundings): string {
  if (kubeconfig !== null) return loadFiles(config, [kubeconfig]);
  const folder = around.serviceAccountFolder ?? SERVICE_ACCOUNT;
  const { KUBERNETES_SERVICE_HOST: host, KUBECONFIG: listed = '', HOME: home } = around.environment;
  if (host !== undefined && existsSync(join(folder, 'token')))
    return loadServiceAccount(config, folder, around);
  const named = listed.split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return loadFiles(config, named);
  const own = join(home ?? '', '.kube', 'config');
  if (home !== undefined && existsSync(own)) return loadFiles(config, [own]);
  throw unconfigured('this is no pod with the token of a service account, and there is no kubeconfig');
}

function loadServiceAccount(config: KubeConfig, folder: string, { environment }: Surroundings): string {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  config.loadFromOptions({
    clusters: [{ name: 'pod', server, caFile: join(folder, 'ca.crt'), skipTLSVerify: false }],
    users: [
      { name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } } },
    ],
    contexts: [{ name: 'pod', cluster: 'pod', user: 'pod', namespace: namespaceIn(folder) }],
    currentContext: 'pod',
  });
  return 'the service account of the pod';
}

function namespaceIn(folder: string): string {
  try {
    return readFileSync(join(folder, 'namespace'), 'utf8');
  } catch {
    return '';
  }
}

function loadFiles(config: KubeConfig, paths: readonly string[]): string {
  const [first = '', ...others] = paths;
  loadFile(config, first);
  for (const path of others) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the class is loaded late, so only an instance of it is at hand
    const other = new (config.constructor as typeof KubeConfig)();
    loadFile(other, path);
    try {
      config.mergeConfig(other);
    } catch {
      throw unconfigured(`the kubeconfig ${path} repeats a name of another file of KUBECONFIG`);
    }
  }
  return `the kubeconfig ${first}`;
}

/** What the library says about a file quotes it, with the token that is in it. */
function loadFile(config: KubeConfig, path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    throw unconfigured(`the kubeconfig ${path} ${whyUnreadable(error)}`);
  }
  try {
    config.loadFromFile(path);
  } catch {
    throw unconfigured(`the file ${path} is not a kubeconfig`);
  }
}

function unconfigured(cause: string, next = REMEDY): ClusterError {
  return new ClusterError('unconfigured', { action: ACTION, cause, next });
}
