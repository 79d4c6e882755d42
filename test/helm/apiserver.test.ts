import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHART, CI_VALUES, HELMS, podsOf, rendered } from './chart.ts';
import { KubeApiserver, kubeBinaries } from './kube-apiserver.ts';
import type { KubernetesObject } from './kubernetes-objects.ts';
import { documentedRights, flattened } from './rights.ts';

const binaries = kubeBinaries();
if (binaries === null)
  process.stderr.write(
    '!! The chart was not applied to a real kube-apiserver: there is none. `bash .ci/kube-apiserver` builds one.\n',
  );

const RESTRICTED = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/warn': 'restricted',
};

const GROUPS = [
  'v1',
  'apps/v1',
  'batch/v1',
  'policy/v1',
  'networking.k8s.io/v1',
  'rbac.authorization.k8s.io/v1',
  'coordination.k8s.io/v1',
];

const CLASS = { apiVersion: 'scheduling.k8s.io/v1' };

describe.skipIf(binaries === null)(
  'a real kube-apiserver that enforces the restricted Pod Security Standard',
  () => {
    let kube: KubeApiserver;
    /** Where the objects of a kind are, by apiVersion and kind. */
    const resources = new Map<string, string>();

    beforeAll(async () => {
      kube = await KubeApiserver.start(binaries!);
      const namespace = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'edge', labels: RESTRICTED },
      };
      await kube.ask('POST', '/api/v1/namespaces', namespace);
      const priority = { ...CLASS, kind: 'PriorityClass', metadata: { name: 'batch' }, value: 1 };
      await kube.ask('POST', `/apis/${CLASS.apiVersion}/priorityclasses`, priority);
      for (const group of GROUPS) {
        const root = group === 'v1' ? '/api/v1' : `/apis/${group}`;
        const { body } = await kube.ask('GET', root);
        for (const { kind, name } of body.resources)
          if (!name.includes('/')) resources.set(`${group} ${kind}`, `${root}/namespaces/edge/${name}`);
      }
    }, 150_000);

    afterAll(() => kube?.stop());

    async function apply(object: KubernetesObject): Promise<readonly string[]> {
      const { apiVersion, kind, metadata } = object;
      const place = resources.get(`${apiVersion} ${kind}`);
      // Custom resources: their definitions are not there.
      if (place === undefined && apiVersion.startsWith('monitoring.coreos.com/')) return [];
      const path = `${place}/${metadata.name}?fieldManager=test&fieldValidation=Strict&dryRun=All`;
      const placed = { ...object, metadata: { namespace: 'edge', ...metadata } };
      const { status, body, warnings } = await kube.ask(
        'PATCH',
        path,
        placed,
        'application/apply-patch+yaml',
      );
      const refused = status < 300 ? [] : [`${status} ${body.message}`];
      return [...refused, ...warnings].map((finding) => `${kind}/${metadata.name}: ${finding}`);
    }

    it.each([undefined, ...CI_VALUES])('takes every object of %s without a warning', async (file) => {
      const objects = await rendered(file === undefined ? {} : { file });
      const findings = await Promise.all(objects.map(apply));
      expect(findings.flat()).toEqual([]);
    });

    it.each([undefined, ...CI_VALUES])('admits every pod of %s', async (file) => {
      const pods = podsOf(await rendered(file === undefined ? {} : { file }));
      for (const { metadata, spec } of pods) {
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'a-pod' }, spec };
        expect(await apply(pod)).toEqual([]);
      }
    });

    it('refuses a pod that the standard does not allow, so that its yes means something', async () => {
      const spec = { containers: [{ name: 'a', image: 'a:1' }] };
      const findings = await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a-pod' }, spec });
      expect(findings.join('\n')).toMatch(/violates PodSecurity "restricted/);
    });

    it.each(HELMS)(
      'Helm $version installs, upgrades and uninstalls, says what to do next, and leaves the state alone',
      async ({ path, version }) => {
        const release = `by-helm-${version[0]}`;
        const helm = async (...args: readonly string[]): Promise<string> => {
          const options = ['--namespace', 'edge', '--kubeconfig', kube.kubeconfig];
          return (await promisify(execFile)(path, [...args, ...options])).stdout;
        };
        const objectAt = (kind: string, name: string) =>
          kube.ask('GET', `${resources.get(kind)}/${release}-logpushd${name}`);

        const installed = await helm('install', release, CHART, '--set', 'secrets[0].name=r2');
        expect(installed).toContain('create secret generic logpushd-cloudflare --from-file=token=FILE');
        expect(installed).toContain('create configmap logpushd-manifest --from-file=FOLDER');
        expect(installed).toContain('Secret r2');
        expect(installed).toContain(`helm test ${release} -n edge --logs`);
        expect(installed).toContain('It is in mode "observe" and writes nothing');

        const before = (await objectAt('apps/v1 Deployment', '')).body;
        const strict = [
          '--values',
          join(CHART, 'ci/strict-cluster-values.yaml'),
          '--set',
          'settings.mode=enforce',
        ];
        const claim = [
          '--set',
          'persistence.storageClassName=,persistence.accessModes={ReadWriteOnce},persistence.size=64Mi',
        ];
        const upgraded = await helm(
          'upgrade',
          release,
          CHART,
          ...strict,
          ...claim,
          '--set',
          'metrics.serviceMonitor.enabled=false,metrics.prometheusRule.enabled=false',
        );
        expect(upgraded).not.toContain('observe');
        const after = (await objectAt('apps/v1 Deployment', '')).body;
        expect(after.metadata.uid).toBe(before.metadata.uid);
        expect(after.metadata.generation).toBe(before.metadata.generation + 1);

        await helm('uninstall', release);
        expect((await objectAt('apps/v1 Deployment', '')).status).toBe(404);
        const kept = await objectAt('v1 PersistentVolumeClaim', '-state');
        expect(kept.status).toBe(200);
        await helm('install', release, CHART);
        expect((await objectAt('v1 PersistentVolumeClaim', '-state')).body.metadata.uid).toBe(
          kept.body.metadata.uid,
        );
      },
      60_000,
    );

    /** What the account of the pods may do in the namespace, beyond what everybody with a token may. */
    async function rightsOf(
      objects: readonly KubernetesObject[],
      namespace: string,
    ): Promise<readonly string[]> {
      const { spec } = podsOf(objects)[0]!;
      const [given, everybodys] = await Promise.all(
        [spec.serviceAccountName, 'nobody-in-particular'].map(async (account) => {
          const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
          await kube.ask('POST', accounts, { metadata: { name: account } });
          const asked = await kube.ask('POST', `${accounts}/${account}/token`, { spec: {} });
          const { body } = await kube.ask(
            'POST',
            '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
            { spec: { namespace } },
            'application/json',
            asked.body.status.token,
          );
          expect(body.status.incomplete).toBe(false);
          return flattened(body.status.resourceRules);
        }),
      );
      return given!.filter((right) => !everybodys!.includes(right));
    }

    it.each([undefined, ...CI_VALUES])(
      'lets the pods of %s do what the documentation says, and nothing else',
      async (file) => {
        const namespace = `rights-${(file ?? 'defaults').replace('.yaml', '')}`;
        await kube.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
        const objects = await rendered(file === undefined ? {} : { file });
        const kinds: Readonly<Record<string, string>> = { Role: 'roles', RoleBinding: 'rolebindings' };
        for (const object of objects.filter(({ kind }) => kind in kinds)) {
          const body = JSON.parse(JSON.stringify(object).replaceAll('"edge"', `"${namespace}"`));
          const place = `/apis/${object.apiVersion}/namespaces/${namespace}/${kinds[object.kind]}`;
          expect((await kube.ask('POST', place, body)).status).toBe(201);
        }
        // The Role of this one is somebody else's.
        const documented = file === 'watch-values.yaml' ? [] : documentedRights(objects);
        expect(await rightsOf(objects, namespace)).toEqual(documented);
      },
    );

    it.each(HELMS)(
      'Helm $version upgrades and rolls back without taking the Lease from its holder or the key from its Secret',
      async ({ path, version }) => {
        const release = `held-${version[0]}`;
        const helm = (...args: readonly string[]) =>
          promisify(execFile)(path, [...args, '--namespace', 'edge', '--kubeconfig', kube.kubeconfig]);
        await helm('install', release, CHART, '--set', 'state=cluster,replicas=2');
        const lease = `${resources.get('coordination.k8s.io/v1 Lease')}/${release}-logpushd`;
        const secret = `${resources.get('v1 Secret')}/${release}-logpushd-state`;
        const written = { spec: { holderIdentity: 'a-pod', leaseDurationSeconds: 15, leaseTransitions: 3 } };
        const merge = 'application/merge-patch+json';
        await kube.ask('PATCH', lease, written, merge);
        await kube.ask('PATCH', secret, { data: { 'fingerprint.key': 'a2V5' } }, merge);

        await helm('upgrade', release, CHART, '--set', 'state=cluster,replicas=3,commonLabels.a=b');
        await helm('rollback', release, '1');
        await helm('upgrade', release, CHART, '--set', 'state=cluster,replicas=2');
        expect((await kube.ask('GET', lease)).body.spec).toEqual(written.spec);
        expect((await kube.ask('GET', secret)).body.data).toEqual({ 'fingerprint.key': 'a2V5' });

        await helm('uninstall', release);
        expect((await kube.ask('GET', lease)).status).toBe(404);
        await helm('install', release, CHART, '--set', 'state=cluster');
        expect((await kube.ask('GET', secret)).body.data).toEqual({ 'fingerprint.key': 'a2V5' });
      },
      60_000,
    );

    it('runs installations side by side in one namespace', async () => {
      for (const release of ['shops', 'blogs']) {
        const objects = await rendered({ release, file: 'cluster-watch-values.yaml' });
        for (const object of objects) {
          const { status, body } = await kube.ask(
            'POST',
            `${resources.get(`${object.apiVersion} ${object.kind}`)}`,
            object,
          );
          expect([object.metadata.name, status, body.message]).toEqual([
            object.metadata.name,
            201,
            undefined,
          ]);
        }
      }
    });
  },
);
