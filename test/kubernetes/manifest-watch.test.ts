import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/edges/clock/system-clock.ts';
import { type Cluster, openCluster } from '../../src/edges/kubernetes/cluster.ts';
import { configMapsSource } from '../../src/edges/kubernetes/manifest-source.ts';
import { type ConfigMapWatchPorts, watchConfigMaps } from '../../src/edges/kubernetes/manifest-watch.ts';
import { FakeApiserver, type Rule } from './fake-apiserver.ts';
import { describeServers, kubeconfigFor } from './servers.ts';

const MAPS = '/api/v1/namespaces/edge/configmaps';
const MERGE = 'application/merge-patch+json';
const FOREVER = new AbortController().signal;

/** What the chart grants, and nothing more. */
const RIGHTS: Rule = {
  apiGroups: [''],
  resources: ['configmaps'],
  resourceNames: ['zones', 'accounts'],
  verbs: ['get', 'list', 'watch'],
};

/** What is told, to be waited for in turn. */
class Told {
  readonly troubles: string[] = [];
  changes = 0;
  #seen = 0;
  readonly #looks = new Set<() => void>();

  readonly onChange = (): void => {
    this.changes += 1;
    for (const look of this.#looks) look();
  };

  readonly onTrouble: ConfigMapWatchPorts['onTrouble'] = (name, error) => {
    this.troubles.push(`${name}: ${error === null ? 'over' : error.message}`);
    for (const look of this.#looks) look();
  };

  /** Resolves with the next change. */
  change(): Promise<void> {
    return this.#until(() => this.changes > this.#seen).then(() => void (this.#seen += 1));
  }

  trouble(count: number): Promise<void> {
    return this.#until(() => this.troubles.length >= count);
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((done) => {
      const look = (): void => {
        if (!holds()) return;
        this.#looks.delete(look);
        done();
      };
      this.#looks.add(look);
      look();
    });
  }
}

async function watching(cluster: Cluster, names: readonly string[]): Promise<Told> {
  const told = new Told();
  // Waits after a failure are over at once, so that no test waits for them; that for silence stays.
  const real = systemClock();
  const clock = {
    ...real,
    sleep: (ms: number, signal: AbortSignal) => real.sleep(ms > 60_000 ? ms : 0, signal),
  };
  const watch = await watchConfigMaps(names, {
    open: async () => cluster,
    clock,
    random: () => 0.5,
    onChange: told.onChange,
    onTrouble: told.onTrouble,
  });
  onTestFinished(() => watch.close());
  return told;
}

describeServers('the manifest in ConfigMaps', (server) => {
  const put = (name: string, text: string) =>
    server().ask('PATCH', `${MAPS}/${name}`, { data: { 'a.yaml': text } }, { type: MERGE });
  const made = async (name: string): Promise<void> => {
    await server().ask('DELETE', `${MAPS}/${name}`);
    const { status } = await server().ask('POST', MAPS, {
      metadata: { name },
      data: { 'a.yaml': '# first\n' },
    });
    expect(status).toBe(201);
  };

  it('is read and watched with the rights on its ConfigMaps alone', async () => {
    const { cluster } = await server().account('edge', [RIGHTS]);
    await made('zones');
    const source = configMapsSource(async () => cluster, ['zones']);
    const told = await watching(cluster, ['zones']);
    expect((await source.read(FOREVER)).files).toEqual([
      { path: 'configmap/zones/a.yaml', text: '# first\n' },
    ]);
    await put('zones', '# second\n');
    await told.change();
    expect((await source.read(FOREVER)).files).toEqual([
      { path: 'configmap/zones/a.yaml', text: '# second\n' },
    ]);
    expect(told.troubles).toEqual([]);
  });

  it('is told of when one of its ConfigMaps is deleted and made anew', async () => {
    const { cluster } = await server().account('edge', [RIGHTS]);
    await made('zones');
    await made('accounts');
    const told = await watching(cluster, ['zones', 'accounts']);
    await server().ask('DELETE', `${MAPS}/accounts`);
    await told.change();
    await made('accounts');
    await told.change();
    expect(told.changes).toBe(2);
  });

  it('is not told of when another ConfigMap changes', async () => {
    const { cluster } = await server().account('edge', [RIGHTS]);
    for (const name of ['zones', 'other']) await made(name);
    const told = await watching(cluster, ['zones']);
    await put('other', '# second\n');
    await put('zones', '# second\n');
    await told.change();
    expect(told.changes).toBe(1);
  });

  it('cannot be read or watched with rights on other ConfigMaps', async () => {
    const { cluster } = await server().account('edge', [{ ...RIGHTS, resourceNames: ['other'] }]);
    await made('zones');
    const source = configMapsSource(async () => cluster, ['zones']);
    await expect(source.read(FOREVER)).rejects.toThrow(
      /cannot be read: .*forbidden.* Give the service account/,
    );
    const told = await watching(cluster, ['zones']);
    await told.trouble(1);
    expect(told.troubles).toEqual([
      expect.stringMatching(/^zones: .*watch the ConfigMap "zones" in the namespace edge.*forbidden/),
    ]);
  });
});

describe('a watch of ConfigMaps', () => {
  async function aFake() {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-watch-'));
    const fake = await FakeApiserver.start();
    onTestFinished(async () => {
      await fake.stop();
      await rm(folder, { recursive: true });
    });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigFor(fake.url, fake.admin, 'edge'));
    const cluster = await openCluster({ namespace: null, kubeconfig }, { environment: {} });
    const ask = async (method: string, path: string, body: object) => {
      const headers = { Authorization: `Bearer ${fake.admin}` };
      const answer = await fetch(`${fake.url}${path}`, { method, headers, body: JSON.stringify(body) });
      expect(answer.status).toBeLessThan(300);
    };
    await ask('POST', MAPS, { metadata: { name: 'zones' }, data: {} });
    const change = (text: string) => ask('PATCH', `${MAPS}/zones`, { data: { 'a.yaml': text } });
    return { fake, cluster, change };
  }

  it('goes on after the server has ended it', async () => {
    const { fake, cluster, change } = await aFake();
    const told = await watching(cluster, ['zones']);
    for (const text of ['1', '2', '3']) {
      fake.endWatches();
      await change(text);
      await told.change();
    }
    expect(told.troubles).toEqual([]);
  });

  it('lists anew where the version to go on from is forgotten, and tells what has changed in between', async () => {
    const { fake, cluster, change } = await aFake();
    const told = await watching(cluster, ['zones']);
    const end = fake.plant({ kind: 'hang-up', isDone: false }, ({ method }) => method === 'GET');
    fake.endWatches();
    await change('1');
    fake.store.forgetChanges();
    end();
    await told.change();
    await change('2');
    await told.change();
    expect(told.changes).toBe(2);
  });

  it('lists anew where a backup of the cluster was put back, whose versions are older', async () => {
    const { fake, cluster, change } = await aFake();
    const restore = fake.store.backup();
    const told = await watching(cluster, ['zones']);
    for (const text of ['1', '2']) {
      await change(text);
      await told.change();
    }
    restore();
    fake.endWatches();
    await told.change();
    await change('3');
    await told.change();
    expect(told.changes).toBe(4);
  });

  it('says once that it cannot see changes, and once that it can again', async () => {
    const { fake, cluster, change } = await aFake();
    const told = await watching(cluster, ['zones']);
    let asked = 0;
    const enough = Promise.withResolvers<void>();
    const end = fake.plant({ kind: 'answer', status: 503 }, ({ method }) => {
      if (method === 'GET' && ++asked > 10) enough.resolve();
      return method === 'GET';
    });
    fake.endWatches();
    await enough.promise;
    await change('1');
    end();
    await told.change();
    await told.trouble(2);
    expect(told.troubles).toEqual([expect.stringContaining('Kubernetes has too much to do'), 'zones: over']);
  });

  it('begins where the cluster cannot be reached, and tells of what it finds later', async () => {
    const { fake, cluster, change } = await aFake();
    const end = fake.plant({ kind: 'hang-up', isDone: false }, ({ method }) => method === 'GET');
    const told = await watching(cluster, ['zones']);
    await told.trouble(1);
    end();
    await told.change();
    await change('1');
    await told.change();
    expect(told.troubles.at(-1)).toBe('zones: over');
  });
});
