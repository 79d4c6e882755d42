/** The daemon with its manifest in ConfigMaps, as a process, against the fake and the real API server. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { aFolder, run, type RunOptions, Running } from '../e2e/process.ts';
import { overhear } from '../overheard.ts';
import type { Rule } from './fake-apiserver.ts';
import { describeServers } from './servers.ts';

const MAPS = '/api/v1/namespaces/edge/configmaps';
const EVENTS = '/apis/events.k8s.io/v1/namespaces/edge/events';
const MERGE = 'application/merge-patch+json';

/** What docs/kubernetes.md lists, and nothing more. */
const RIGHTS: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['zones'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

const manifest = (...names: readonly string[]): string =>
  ['version: 1', 'zones:', '  - zone: example.com', '    jobs:']
    .concat(
      names.map(
        (name) =>
          `      - { name: ${name}, enabled: true, dataset: http_requests, destination_conf: 'https://logs.example.net/${name}' }`,
      ),
    )
    .join('\n');

describeServers('a daemon with its manifest in a ConfigMap', (server) => {
  const apply = (text: string | null) =>
    server().ask('PATCH', `${MAPS}/zones`, { data: { 'zones.yaml': text } }, { type: MERGE });
  const reasons = async (): Promise<readonly string[]> => {
    const { body } = await server().ask('GET', EVENTS);
    return body.items.map(({ reason }: { reason: string }) => reason);
  };

  async function options(rules = RIGHTS): Promise<RunOptions> {
    const { kubeconfig } = await server().account('edge', rules);
    await server().ask('DELETE', `${MAPS}/zones`);
    const { status } = await server().ask('POST', MAPS, {
      metadata: { name: 'zones' },
      data: { 'zones.yaml': manifest('http') },
    });
    expect(status).toBe(201);
    const sandbox = await startSandbox({ zones: ['example.com'] });
    onTestFinished(() => sandbox.close());
    return {
      cwd: await aFolder(),
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: sandbox.url,
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_CHALLENGE_MODE: 'off',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        LOGPUSHD_MANIFEST_KUBERNETES_CONFIGMAPS: 'zones',
        LOGPUSHD_KUBERNETES_KUBECONFIG: kubeconfig,
        LOGPUSHD_KUBERNETES_EVENTS: 'true',
        POD_NAME: 'logpushd-0',
      },
    };
  }

  it('acts on an apply, keeps the last good manifest, and tells of it by Events on the ConfigMap', async () => {
    const daemon = new Running(['run', '--log-format', 'json'], await options());
    await daemon.says(/"event":"change.applied".*"logpushJob":"http"/);
    await daemon.says(/"event":"daemon.watching".*configmap\/zones/);

    const applied = performance.now();
    await apply(manifest('http', 'second'));
    await daemon.says(/"event":"change.applied".*"logpushJob":"second"/);
    process.stderr.write(`kubectl apply to the change made: ${Math.round(performance.now() - applied)} ms\n`);

    await apply('version: 1\nzones: 5\n');
    await daemon.says(/"event":"manifest.rejected".*configmap\/zones\/zones.yaml:2:8/);
    await apply(null);
    await daemon.says(/"event":"manifest.unreadable".*configmap\/zones has no key/);
    await server().ask('DELETE', `${MAPS}/zones`);
    await daemon.says(
      /"event":"manifest.unreadable".*Create the ConfigMap \\"zones\\" in the namespace edge/,
    );
    expect(daemon.stderr).not.toMatch(/"action":"delete"/);

    await vi.waitFor(async () => {
      expect(await reasons()).toEqual(
        expect.arrayContaining(['ManifestLoaded', 'JobCreated', 'ManifestInvalid', 'ManifestUnreadable']),
      );
    });
    daemon.child.kill('SIGTERM');
    expect((await daemon.ended).code).toBe(0);
    const { items } = (await server().ask('GET', EVENTS)).body;
    overhear('Events', JSON.stringify(items));
    expect(items[0]).toMatchObject({
      reportingController: 'logpushd.dev/logpushd',
      reportingInstance: 'logpushd-0',
      regarding: { kind: 'ConfigMap', name: 'zones', uid: expect.stringMatching(/./) },
    });
  });

  it('goes on without Events where it may not make them, and says so once', async () => {
    const daemon = new Running(['run', '--log-format', 'json'], await options(RIGHTS.slice(0, 1)));
    await daemon.says(/"event":"kubernetes-events.failing".*forbidden/);
    await daemon.says(/"event":"daemon.watching"/);
    expect(daemon.stderr).toMatch(/"event":"change.applied".*"logpushJob":"http"/);
    expect(daemon.stderr.match(/kubernetes-events.failing/g)).toHaveLength(1);
    await daemon.kill();
  });

  it('is checked and planned by commands outside of the cluster, which name the key', async () => {
    const given = await options();
    expect((await run(['plan'], given)).stdout).toContain('http');
    await apply('version: 1\nzones: 5\n');
    expect((await run(['validate'], given)).stdout).toContain('configmap/zones/zones.yaml:2:8');
  });
});

describe('a manifest in ConfigMaps', () => {
  it.each(['migrate', 'migrate --offline', 'fields --lock', 'drift accept example.com/http'])(
    'is not edited by %s, which says where to edit it before it asks anybody',
    async (command) => {
      const env = {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        LOGPUSHD_MANIFEST_KUBERNETES_CONFIGMAPS: 'zones',
        LOGPUSHD_KUBERNETES_KUBECONFIG: 'there-is-none',
      };
      const { code, stderr } = await run(command.split(' '), { cwd: await aFolder(), env });
      expect(stderr).toContain('The manifest stands in the ConfigMap "zones", where it is not edited');
      expect(stderr).toContain('--manifest PATH');
      expect(code).toBe(3);
    },
  );
});
