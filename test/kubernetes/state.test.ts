import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PARTS } from '../../src/cli/parts.ts';
import { configMapsIn, secretsIn } from '../../src/edges/kubernetes/kept-objects.ts';
import { clusterState, type ClusterPlace, openClusterState } from '../../src/edges/state/cluster.ts';
import { fileState, openFileState } from '../../src/edges/state/file.ts';
import { MOST_SHARDS, shardName } from '../../src/edges/state/shards.ts';
import { StateError } from '../../src/reconcile/errors.ts';
import { ran } from '../cli/fake-shell.ts';
import { describeStore, ZONE } from '../edges/state/store-contract.ts';
import type { Rule } from './fake-apiserver.ts';
import { type Account, describeServers } from './servers.ts';

/** What docs/kubernetes.md says that a state of this name needs. */
function rightsOn(state: string): readonly Rule[] {
  const names = Array.from({ length: MOST_SHARDS }, (_, index) => shardName(state, index));
  return [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: names, verbs: ['get', 'update'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: [state], verbs: ['get', 'update'] },
  ];
}

function placeOf({ cluster }: Account, name: string): ClusterPlace {
  return { name, configMaps: configMapsIn(cluster), secrets: secretsIn(cluster) };
}

async function complaint(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StateError);
  return error instanceof Error ? error.message : '';
}

function zone(number: number): string {
  return `zone.${number.toString(16).padStart(32, '0')}`;
}

/** As long as that of a zone with three jobs. */
function aPage(number: number, times: number): string {
  const applied = Object.fromEntries(
    Array.from({ length: 50 }, (_, field) => [`field_${field}`, `${number}`.padStart(32, '0')]),
  );
  return JSON.stringify({ version: 1, times, entries: [{ name: 'http', id: number, applied }] });
}

let states = 0;

describeServers('the state in a cluster', (server) => {
  /** A namespace with the empty Secret that the chart makes, and no more rights than are needed. */
  async function anAccount(name = 'logpushd-state'): Promise<Account> {
    states += 1;
    const namespace = `state-${states}`;
    const account = await server().account(namespace, rightsOn(name));
    const made = await server().ask('POST', `/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: { chart: 'logpushd' } },
    });
    expect(made.status).toBe(201);
    return account;
  }

  describeStore('with the rights that it is documented to need', () => {
    const account = anAccount();
    return {
      first: async () => openClusterState(placeOf(await account, 'logpushd-state'), 'a-pod'),
      again: async () => clusterState(placeOf(await account, 'logpushd-state')),
    };
  });

  it('is taken over whole, and lets in nothing of who had it before', async () => {
    const place = placeOf(await anAccount(), 'logpushd-state');
    const old = await openClusterState(place, 'old-pod');
    for (let number = 0; number < 100; number += 1) await old.save(zone(number), aPage(number, 1));
    const next = await openClusterState(place, 'new-pod');
    expect((await next.load()).size).toBe(100);
    for (const key of [zone(0), zone(57), ZONE])
      expect(await complaint(old.save(key, '"late"'))).toMatch(
        /was taken over by another logpushd \(new-pod /,
      );
    await next.save(ZONE, '"new"');
    const now = await clusterState(place).load();
    expect([now.get(ZONE), now.get(zone(57)), now.size]).toEqual(['"new"', aPage(57, 1), 101]);
  });

  it('holds a thousand zones in objects far below the limit, with one write for each save', async () => {
    const account = await anAccount();
    const place = placeOf(account, 'logpushd-state');
    const state = await openClusterState(place, 'a-pod');
    for (let number = 0; number < 1_000; number += 1) await state.save(zone(number), aPage(number, 1));
    const path = `/api/v1/namespaces/${account.cluster.namespace}/configmaps`;
    const versions = async (): Promise<readonly string[]> => {
      const { body } = await server().ask('GET', `${path}?labelSelector=logpushd%2Fstate%3Dlogpushd-state`);
      const items: { metadata: { name: string; resourceVersion: string }; data?: object }[] = body.items;
      for (const { data = {} } of items) expect(JSON.stringify(data).length).toBeLessThan(200_000);
      return items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    };
    const before = await versions();
    await state.save(zone(7), aPage(7, 2));
    const after = await versions();
    expect(after.filter((one) => !before.includes(one))).toHaveLength(1);
    expect((await clusterState(place).load()).size).toBe(1_000);
  }, 120_000);

  it('has no secret in its ConfigMaps, and leaves the rest of the Secret as the chart made it', async () => {
    const account = await anAccount();
    const { namespace } = account.cluster;
    const state = await openClusterState(placeOf(account, 'logpushd-state'), 'a-pod');
    const fingerprint = await state.fingerprint();
    await state.save(
      ZONE,
      JSON.stringify({ applied: { destination_conf: fingerprint('s3://bucket?secret=abc') } }),
    );
    const secret = await server().ask('GET', `/api/v1/namespaces/${namespace}/secrets/logpushd-state`);
    expect(secret.body.metadata.labels).toEqual({ chart: 'logpushd' });
    const key = Buffer.from(secret.body.data['fingerprint.key'], 'base64').toString('utf8').trim();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const kept = await server().ask('GET', `/api/v1/namespaces/${namespace}/configmaps/logpushd-state`);
    expect(JSON.stringify(kept.body)).not.toContain(key);
    expect(JSON.stringify(kept.body)).not.toContain('secret=abc');
  });

  it('says which right is missing, where there is no such namespace, and what is not its own', async () => {
    const account = await anAccount();
    const foreign = placeOf(account, 'of-somebody-else');
    expect(await complaint(openClusterState(foreign, 'a-pod'))).toMatch(
      /configmaps "of-somebody-else" is forbidden.*docs\/kubernetes.md lists what is needed/,
    );
    const { namespace } = account.cluster;
    await server().ask('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'logpushd-state' },
      data: { 'manifest.yaml': 'version: 1' },
    });
    expect(await complaint(openClusterState(placeOf(account, 'logpushd-state'), 'a-pod'))).toContain(
      'is not of the state kubernetes:logpushd-state. Set "state" to another name.',
    );
  });

  describe('state move', () => {
    async function move(account: Account, folder: string, from: string, to: string) {
      return ran(['state', 'move', '--from', from, '--to', to], {
        shell: { cwd: folder },
        environment: { LOGPUSHD_KUBERNETES_KUBECONFIG: account.kubeconfig },
        parts: { moveState: PARTS.moveState },
      });
    }

    function aFolder(): string {
      const folder = mkdtempSync(join(tmpdir(), 'logpushd-move-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      return folder;
    }

    it('takes all pages and the key into the cluster and back, leaves what it comes from, and says what is next', async () => {
      const account = await anAccount();
      const folder = aFolder();
      const [there, back] = [join(folder, 'there'), join(folder, 'back')];
      const state = fileState(there);
      for (let number = 0; number < 30; number += 1) await state.save(zone(number), aPage(number, 1));
      await state.save('history.log', '{"version":1,"entries":[]}');
      const into = await move(account, folder, `file:${there}`, 'kubernetes:logpushd-state');
      expect(into).toMatchObject({ exitCode: 0, err: '' });
      expect(into.out).toContain(
        `Moved 31 pages, 30 of zones and accounts, from file:${there} to kubernetes:logpushd-state.`,
      );
      expect(into.out).toContain(`Next: set "state: kubernetes:logpushd-state" and start logpushd.`);
      expect(into.out).toContain(`rm -r ${there}`);
      const again = await move(account, folder, `file:${there}`, 'kubernetes:logpushd-state');
      expect(again.out).toContain('31 pages of them an earlier run had moved');
      await move(account, folder, 'kubernetes:logpushd-state', `file:${back}`);
      expect(readdirSync(back).toSorted()).toEqual(readdirSync(there).toSorted());
      for (const name of readdirSync(there))
        expect(readFileSync(join(back, name), 'utf8')).toBe(readFileSync(join(there, name), 'utf8'));
    });

    it('refuses a place that holds something else, a folder in use, and one that holds nothing', async () => {
      const account = await anAccount();
      const folder = aFolder();
      const [mine, other] = [join(folder, 'mine'), join(folder, 'other')];
      await fileState(mine).save(ZONE, '{"mine":true}');
      await fileState(other).save(ZONE, '{"mine":false}');
      await move(account, folder, `file:${mine}`, 'kubernetes:logpushd-state');
      const refused = await move(account, folder, `file:${other}`, 'kubernetes:logpushd-state');
      expect(refused.exitCode).toBe(3);
      expect(refused.err).toContain(
        `kubernetes:logpushd-state holds a state of its own: ${ZONE} in it is not as in`,
      );
      const user = await openFileState(mine);
      const used = await move(account, folder, `file:${mine}`, 'kubernetes:logpushd-state');
      expect([used.exitCode, used.err]).toEqual([3, expect.stringContaining('Stop that process first')]);
      await user.close();
      const nothing = await move(account, folder, `file:${folder}/nothing`, 'kubernetes:logpushd-state');
      expect([nothing.exitCode, nothing.err]).toEqual([
        3,
        expect.stringContaining('There is nothing in file:'),
      ]);
      expect(readdirSync(folder).toSorted()).toEqual(['mine', 'other']);
      expect(await clusterState(placeOf(account, 'logpushd-state')).load()).toEqual(
        new Map([[ZONE, '{"mine":true}']]),
      );
    });
  });

  it('is opened by the settings of a program, and names the machine that holds it', async () => {
    const account = await anAccount();
    const { openState, stateToRead } = await import('../../src/compose.ts');
    const { loadSettings } = await import('../../src/settings.ts');
    const { settings } = loadSettings({
      flags: { state: 'kubernetes:logpushd-state' },
      environment: { LOGPUSHD_KUBERNETES_KUBECONFIG: account.kubeconfig },
      cwd: tmpdir(),
      credentials: 'unused',
      logToTerminal: false,
    });
    if (settings === null) throw new Error('these settings are good');
    const state = await openState(settings);
    await state.save(ZONE, '{}');
    expect(await (await stateToRead(settings)).load()).toEqual(new Map([[ZONE, '{}']]));
    const next = await openState(settings);
    expect(await complaint(state.save(ZONE, '"late"'))).toContain(hostname());
    await Promise.all([state.close(), next.close()]);
  });
});
