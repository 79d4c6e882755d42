import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/job/job.ts';
import type { Cluster } from '../../../src/edges/kubernetes/cluster.ts';
import { configMapsSource } from '../../../src/edges/kubernetes/manifest-source.ts';
import { filesSource } from '../../../src/edges/source/files.ts';
import { ClusterError, type ClusterFault } from '../../../src/reconcile/cluster-error.ts';
import { SourceError } from '../../../src/reconcile/errors.ts';
import type { ManifestText } from '../../../src/reconcile/ports.ts';
import { fill, temporaryFolder } from '../temporary-folder.ts';

const FOREVER = new AbortController().signal;
const ZONES = 'version: 1\nzones: []\n';

type Content = {
  readonly data?: { readonly [key: string]: string };
  readonly binaryData?: { readonly [key: string]: string };
};

/** ConfigMaps of the namespace "edge", as they are each time they are read. */
function clusterWith(read: (name: string) => Content & { readonly version?: number }): Cluster {
  return {
    namespace: 'edge',
    async ask({ path, action }): Promise<JsonObject> {
      expect(path).toMatch(/^\/api\/v1\/namespaces\/edge\/configmaps\//);
      const name = path.split('/').at(-1) ?? '';
      expect(action).toContain(`"${name}" in the namespace edge`);
      const { version = 1, ...content } = read(name);
      return { metadata: { name, uid: `uid-of-${name}`, resourceVersion: String(version) }, ...content };
    },
    watch: () => {
      throw new Error('Nobody watches here.');
    },
  };
}

function reading(
  maps: { readonly [name: string]: Content },
  limits?: Parameters<typeof configMapsSource>[2],
): Promise<ManifestText> {
  const cluster = clusterWith((name) => maps[name] ?? {});
  return configMapsSource(async () => cluster, Object.keys(maps), limits).read(FOREVER);
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SourceError) return error.message;
  throw new Error(`This is no refusal of a source: ${String(error)}`);
}

describe('a manifest in ConfigMaps', () => {
  it('is their keys that are manifest files, the lock, and the SQL that is named, each by its ConfigMap', async () => {
    const named =
      '[{ name: a, file: redact.sql }, { name: b, file: sql/gone.sql }, { name: c, file: no.sql }]';
    const transformers = `version: 1\naccounts:\n  - account: acme\n    transformers: ${named}\n`;
    const data = {
      'zones.yaml': ZONES,
      'accounts.yml': transformers,
      'fields.lock.yaml': 'version: 1\n',
      'notes.txt': 'not read',
      'other.sql': 'not named',
      '.hidden.yaml': 'not read',
      'redact.sql': 'SELECT 1',
    };
    const { files } = await reading({ zones: { data } });
    expect(files.map(({ path, text, refusal }) => [path, refusal ?? text])).toEqual([
      ['configmap/zones/accounts.yml', transformers],
      ['configmap/zones/fields.lock.yaml', 'version: 1\n'],
      ['configmap/zones/no.sql', 'is no key of the ConfigMap zones'],
      ['configmap/zones/redact.sql', 'SELECT 1'],
      ['configmap/zones/sql/gone.sql', 'cannot be a key of the ConfigMap zones, which has no folders'],
      ['configmap/zones/zones.yaml', ZONES],
    ]);
  });

  it('has the revision of a folder with the same files', async () => {
    const folder = temporaryFolder();
    const data = { 'a.yaml': ZONES, 'b.yml': '# nothing\n' };
    fill(folder, data);
    const inFolder = await filesSource([folder]).read(FOREVER);
    const inConfigMap = await reading({ zones: { data } });
    expect(inConfigMap.revision).toBe(inFolder.revision);
    expect((await reading({ zones: { data: { ...data, 'b.yml': '# else\n' } } })).revision).not.toBe(
      inFolder.revision,
    );
  });

  it('leaves a byte order mark out, as a file does', async () => {
    const { files } = await reading({ zones: { data: { 'a.yaml': `\uFEFF${ZONES}` } } });
    expect(files).toEqual([{ path: 'configmap/zones/a.yaml', text: ZONES }]);
  });

  it.each([
    ['no data at all', {}, 'configmap/zones has no key that ends with .yaml or .yml'],
    ['no manifest', { data: { 'a.txt': '' } }, 'has no key that ends with .yaml or .yml'],
    ['the lock alone', { data: { 'fields.lock.yaml': '' } }, 'has no key that ends with .yaml or .yml'],
    [
      'bytes',
      { data: { 'a.yaml': ZONES }, binaryData: { 'b.yaml': '/w==' } },
      'configmap/zones/b.yaml is not UTF-8 text',
    ],
  ])('is refused with %s', async (_, content, says) => {
    expect(await refusalOf(reading({ zones: content }))).toContain(says);
  });

  it('is refused when one of several ConfigMaps is empty: it may have been emptied by mistake', async () => {
    const work = reading({ zones: { data: { 'a.yaml': ZONES } }, accounts: {} });
    expect(await refusalOf(work)).toContain('configmap/accounts has no key');
  });

  it.each([
    ['too many files', { files: 1, fileBytes: 99, totalBytes: 99 }, 'more than 1 files'],
    [
      'a file that is too large',
      { files: 9, fileBytes: 5, totalBytes: 99 },
      'zones/a.yaml is larger than 5 bytes',
    ],
    ['too much in all', { files: 9, fileBytes: 99, totalBytes: 30 }, 'more than 30 bytes'],
  ])('is refused with %s', async (_, limits, says) => {
    const data = { 'a.yaml': ZONES, 'b.yaml': ZONES };
    expect(await refusalOf(reading({ zones: { data } }, limits))).toContain(says);
  });

  it('is one state of several ConfigMaps, not half of one and half of the next', async () => {
    // A job moves from b to a, while they are read: what is read first shows it in neither.
    const states = [
      { a: 'none', b: 'job' },
      { a: 'job', b: 'none' },
    ];
    const moments = [0, 1, 1, 1, 1, 1];
    const cluster = clusterWith((name) => {
      const moment = moments.shift() ?? 1;
      return { data: { 'x.yaml': states[moment]?.[name as 'a' | 'b'] ?? '' }, version: moment };
    });
    const { files } = await configMapsSource(async () => cluster, ['a', 'b']).read(FOREVER);
    expect(files.map(({ text }) => text)).toEqual(['job', 'none']);
  });

  it('is refused while its ConfigMaps do not come to rest', async () => {
    let version = 0;
    const cluster = clusterWith(() => ({ data: { 'x.yaml': ZONES }, version: ++version }));
    const work = configMapsSource(async () => cluster, ['a', 'b']).read(FOREVER);
    expect(await refusalOf(work)).toBe(
      'The ConfigMaps a, b keep changing while they are read. They are read again with the next pass.',
    );
  });

  it.each<[ClusterFault, string]>([
    [
      'not-found',
      'Create the ConfigMap "zones" in the namespace edge, or name another one with manifest.kubernetes.configMaps',
    ],
    ['forbidden', 'the verbs get, list and watch on the ConfigMap "zones" in the namespace edge'],
    ['unauthorized', 'whether its token is mounted'],
    ['unreachable', 'the last good manifest stays in force'],
    ['busy', 'the last good manifest stays in force'],
  ])('that cannot be read for %s says what to do', async (fault, says) => {
    const cluster = clusterWith(() => {
      throw new ClusterError(fault, { action: 'read it' });
    });
    const message = await refusalOf(configMapsSource(async () => cluster, ['zones']).read(FOREVER));
    expect(message).toMatch(/^The manifest configmap\/zones cannot be read: /);
    expect(message).toContain(says);
  });

  it('says how to name a cluster where there is none', async () => {
    const open = async (): Promise<Cluster> => {
      throw new ClusterError('unconfigured', { action: 'find the cluster', next: 'Name a kubeconfig.' });
    };
    expect(await refusalOf(configMapsSource(open, ['zones']).read(FOREVER))).toContain('Name a kubeconfig.');
  });

  it('knows the uid of what it has read', async () => {
    const cluster = clusterWith(() => ({ data: { 'a.yaml': ZONES } }));
    const source = configMapsSource(async () => cluster, ['zones']);
    expect(source.uidOf('zones')).toBeUndefined();
    await source.read(FOREVER);
    expect(source.uidOf('zones')).toBe('uid-of-zones');
  });
});
