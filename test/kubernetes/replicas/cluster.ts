import type { KubernetesObject } from '../../helm/kubernetes-objects.ts';
import { KubeApiserver, kubeBinaries } from '../../helm/kube-apiserver.ts';
import { objectOf } from '../../helm/chart.ts';

const NAMESPACE = 'edge';

/** Where the objects of a kind are. */
const PLACES: Readonly<Record<string, string>> = {
  ServiceAccount: 'api/v1 serviceaccounts',
  ConfigMap: 'api/v1 configmaps',
  Secret: 'api/v1 secrets',
  Service: 'api/v1 services',
  Role: 'apis/rbac.authorization.k8s.io/v1 roles',
  RoleBinding: 'apis/rbac.authorization.k8s.io/v1 rolebindings',
  Lease: 'apis/coordination.k8s.io/v1 leases',
  Deployment: 'apis/apps/v1 deployments',
  NetworkPolicy: 'apis/networking.k8s.io/v1 networkpolicies',
  PodDisruptionBudget: 'apis/policy/v1 poddisruptionbudgets',
};

/** A real kube-apiserver with the objects of one release in it, and what a person or a fault may do to them. */
export class Cluster {
  readonly #kube: KubeApiserver;
  #objects: readonly KubernetesObject[] = [];
  #token = '';

  private constructor(kube: KubeApiserver) {
    this.#kube = kube;
  }

  /** Null where there is no kube-apiserver to start. */
  static async start(): Promise<Cluster | null> {
    const binaries = kubeBinaries();
    if (binaries === null) return null;
    const kube = await KubeApiserver.start(binaries);
    await kube.ask('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE } });
    return new Cluster(kube);
  }

  /** `kubectl apply --server-side`, and a token of the release's service account. */
  async apply(objects: readonly KubernetesObject[]): Promise<void> {
    this.#objects = objects;
    for (const object of objects) await this.#put(object);
    const account = objectOf(objects, 'ServiceAccount').metadata.name;
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
    const { body } = await this.#kube.ask('POST', path, { spec: { expirationSeconds: 3600 } });
    this.#token = body.status.token;
  }

  /** That of a pod, with the token of its service account. */
  get kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'a', cluster: { server: this.#kube.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'a', user: { token: this.#token } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a', namespace: NAMESPACE } }],
      'current-context': 'a',
    });
  }

  /** As an upgrade of the release does. */
  restore(kind: string): Promise<void> {
    return this.#put(objectOf(this.#objects, kind));
  }

  async #put(object: KubernetesObject): Promise<void> {
    const path = `${pathOf(object)}?fieldManager=helm&force=true`;
    const { status, body } = await this.#kube.ask('PATCH', path, object, 'application/apply-patch+yaml');
    if (status >= 300) throw new Error(`${object.kind} was not applied: ${status} ${String(body.message)}`);
  }

  async remove(kind: string): Promise<void> {
    const { status, body } = await this.#kube.ask('DELETE', pathOf(objectOf(this.#objects, kind)));
    if (status >= 300) throw new Error(`${kind} was not deleted: ${status} ${String(body.message)}`);
  }

  /** Connections are taken and get no answer, until it goes on. */
  pause(): void {
    this.#kube.pause();
  }

  resume(): void {
    this.#kube.resume();
  }

  stop(): Promise<void> {
    return this.#kube.stop();
  }
}

function pathOf({ kind, metadata }: KubernetesObject): string {
  const [root = '', plural = ''] = (PLACES[kind] ?? '').split(' ');
  if (plural === '') throw new Error(`There is no place for a ${kind}.`);
  return `/${root}/namespaces/${NAMESPACE}/${plural}/${metadata.name}`;
}
