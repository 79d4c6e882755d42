import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exportFolder, exportManifest } from '../../../src/core/export/manifest-of.ts';
import type { LiveJob, Scope } from '../../../src/core/job/job.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import { loadSchema } from '../../../src/schemas.ts';
import { aLiveJob, aScope } from '../../builders.ts';

const parseManifest = createManifestParser(loadSchema('manifest'));

interface ExportedJob {
  readonly [key: string]: unknown;
}

function exported(live: readonly LiveJob[], scope: Scope = aScope()) {
  const result = exportManifest([{ scope, live }]);
  const root = parse(result.text) as {
    zones?: { jobs: ExportedJob[] }[];
    accounts?: { jobs: ExportedJob[] }[];
    destinations?: object;
  };
  return { ...result, root, jobs: (root.zones ?? root.accounts ?? [])[0]?.jobs ?? [] };
}

function jobWith(fields: NonNullable<NonNullable<Parameters<typeof aLiveJob>[0]>['fields']>) {
  return exported([aLiveJob({ fields })]).jobs[0]!;
}

describe('an exported job', () => {
  it('has exactly what Cloudflare returned, and not what is none', () => {
    const job = jobWith({
      filter: null,
      logpull_options: '',
      max_upload_bytes: 0,
      max_upload_records: 5_000,
      kind: '',
      frequency: 'high',
      enabled: false,
      filter_attack_traffic: false,
    });

    expect(job).toEqual({
      name: 'http',
      dataset: 'http_requests',
      enabled: false,
      destination: { type: 's3', bucket: 'acme-logs', path: 'http/{DATE}', region: 'us-west-2' },
      max_upload_records: 5_000,
    });
  });

  it('of years ago has no kind, though Cloudflare calls it like a session of Instant Logs', () => {
    expect(jobWith({ kind: 'instant-logs' })).not.toHaveProperty('kind');
  });

  it('has its filter as an object', () => {
    const filter = { where: { and: [{ key: 'EdgeResponseStatus', operator: 'geq', value: 500 }] } };
    expect(jobWith({ filter: ` ${JSON.stringify(filter, null, 2)} ` })['filter']).toEqual(filter);
  });

  it.each([
    [
      'a number that JavaScript would round',
      '{"where":{"key":"ZoneID","operator":"eq","value":12345678901234567890}}',
    ],
    ['a key given twice', '{"where":{"key":"A","key":"B","operator":"eq","value":1}}'],
    ['an escape', '{"where":{"key":"A","operator":"eq","value":"\\u0041"}}'],
    [
      'a number that a manifest takes for a misspelt one',
      '{"where":{"key":"A","operator":"eq","value":1e+21}}',
    ],
  ])('keeps the text of a filter with %s', (_, filter) => {
    expect(jobWith({ filter })['filter']).toBe(filter);
  });

  it('has its output options as returned, empty texts included', () => {
    const output_options = { field_names: ['RayID'], batch_prefix: '', sample_rate: 1, record_suffix: '}\n' };
    expect(jobWith({ output_options })['output_options']).toEqual(output_options);
  });

  it('has logpull_options only where nothing wins over them', () => {
    expect(jobWith({ logpull_options: 'fields=RayID' })['logpull_options']).toBe('fields=RayID');
    expect(
      jobWith({ logpull_options: 'fields=RayID', output_options: { sample_rate: 1 } }),
    ).not.toHaveProperty('logpull_options');
  });

  it('has merge_subrequests among its options, wherever Cloudflare keeps it', () => {
    const fields = { merge_subrequests: true, output_options: { sample_rate: 0.5 } };
    expect(jobWith(fields)).toMatchObject({ output_options: { sample_rate: 0.5, merge_subrequests: true } });
    expect(jobWith(fields)).not.toHaveProperty('merge_subrequests');
    expect(jobWith({ merge_subrequests: true })).toMatchObject({
      output_options: { merge_subrequests: true },
    });
    expect(jobWith({ merge_subrequests: false })).not.toHaveProperty('output_options');
  });

  it('has merge_subrequests where it was beside logpull_options, which options would replace', () => {
    const job = jobWith({ merge_subrequests: true, logpull_options: 'fields=RayID' });
    expect(job).toMatchObject({ merge_subrequests: true, logpull_options: 'fields=RayID' });
    expect(job).not.toHaveProperty('output_options');
  });

  it('says so when it is of low frequency', () => {
    expect(jobWith({ frequency: 'low' })['frequency']).toBe('low');
  });

  it('escapes what would be a reference, wherever it stands', () => {
    const text = exported([
      aLiveJob({
        name: '${zone.name}',
        fields: {
          filter: '{"where":{"key":"A","operator":"eq","value":"${env:HOME} $${x}"}}',
          output_options: { batch_prefix: '${secret:a}' },
        },
      }),
    ]);

    expect(text.jobs[0]).toMatchObject({
      name: '$${zone.name}',
      filter: { where: { value: '$${env:HOME} $$${x}' } },
      output_options: { batch_prefix: '$${secret:a}' },
    });
  });

  it.each<[string, object]>([
    ['a limit below the minimum', { max_upload_bytes: 2_000_000 }],
    ['a limit above the maximum', { max_upload_records: 2_000_000 }],
    [
      'a filter that Cloudflare would not take again',
      { filter: '{"where":{"key":"A","operator":"neq","value":1}}' },
    ],
    ['a filter that is no JSON', { filter: 'status > 500' }],
    ['an unknown kind', { kind: 'new-kind' }],
    ['an edge job of another dataset', { kind: 'edge', dataset: 'dns_logs' }],
    ['a key newer than this release', { new_option: 'may-be-a-secret-0123456789' }],
    ['an output type newer than this release', { output_options: { output_type: 'parquet' } }],
    ['an option newer than this release', { output_options: { new_option: 'may-be-a-secret-0123456789' } }],
    ['a share of zero', { output_options: { sample_rate: 0 } }],
    ['a share in scientific notation', { output_options: { sample_rate: 1e-7 } }],
    ['a field named twice', { output_options: { field_names: ['A', 'A'] } }],
  ])('leaves out %s, tells its name and not its value, and still is a good manifest', (_, fields) => {
    const { text, notes, jobs } = exported([aLiveJob({ fields: { ...fields } })]);
    const names = Object.entries(fields).flatMap(([key, value]) =>
      typeof value === 'object' ? Object.keys(value as object) : [key],
    );

    expect(
      parseManifest([{ path: 'm.yaml', text }]).problems.filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
    expect(notes).toHaveLength(1);
    expect(names.some((name) => notes[0]!.includes(name))).toBe(true);
    expect(notes[0]).not.toContain('may-be-a-secret');
    expect(jobs).toHaveLength(1);
  });

  it('of IBM Cloud Logs keeps the small batches that are documented for it', () => {
    const job = jobWith({
      destination_conf: 'ibmcl://id.example.com/logs?ibm_api_key=0123456789',
      max_upload_bytes: 2_000_000,
    });
    expect(job['max_upload_bytes']).toBe(2_000_000);
  });
});

describe('the identity of exported jobs', () => {
  it('is their name', () => {
    expect(exported([aLiveJob({ id: 7, name: 'http' })]).jobs[0]).not.toHaveProperty('id');
  });

  it('is their id where they share a name, which is then left alone', () => {
    const { jobs, notes } = exported([
      aLiveJob({ id: 8 }),
      aLiveJob({ id: 7 }),
      aLiveJob({ id: 9, name: 'job-7' }),
    ]);

    expect(jobs.map(({ name, id, ignore }) => ({ name, id, ignore }))).toEqual([
      { name: 'job-7-2', id: 7, ignore: ['name'] },
      { name: 'job-8', id: 8, ignore: ['name'] },
      { name: 'job-7', id: undefined, ignore: undefined },
    ]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toContain('shares the name "http" with another');
  });

  it.each([
    ['no name', ''],
    ['a name with a control character', 'a\u0007b'],
    ['a name that would turn around what follows', 'a\u202eb'],
    ['a name that is too long', 'a'.repeat(513)],
  ])('is their id where they have %s', (_, name) => {
    const { jobs, text } = exported([aLiveJob({ id: 7, name })]);

    expect(jobs[0]).toMatchObject({ name: 'job-7', id: 7, ignore: ['name'] });
    expect(parseManifest([{ path: 'm.yaml', text }]).manifest).not.toBeNull();
  });

  it.each(['null', '0x1f', '1e3', 'yes', ' a ', 'a: b', '- a', '#a', "it's", '"', '{a}', '*a', '%a', '\\'])(
    'survives YAML: %s',
    (name) => {
      const { jobs, text } = exported([aLiveJob({ name })]);

      expect(jobs[0]!['name']).toBe(name);
      expect(parseManifest([{ path: 'm.yaml', text }]).manifest?.scopes[0]?.jobs[0]?.name).toBe(name);
    },
  );
});

describe('jobs that a manifest cannot hold', () => {
  it.each<[string, object, string]>([
    [
      'a websocket',
      { destination_conf: 'wss://logs.cloudflare.com/instant-logs/ws/sessions/0123456789' },
      'Instant Logs',
    ],
    ['no dataset', { dataset: undefined }, 'dataset'],
    ['no destination', { destination_conf: '' }, 'destination'],
    ['a destination that is no URI', { destination_conf: 'REDACTED' }, 'destination'],
    [
      'a destination that reads like a reference',
      { destination_conf: 's3://b/${job.name}?region=x' },
      'destination',
    ],
    ['a destination with a space', { destination_conf: 's3://a b?region=x' }, 'destination'],
  ])('are left out with a note: %s', (_, fields, why) => {
    const { jobs, notes } = exported([aLiveJob({ id: 7, fields: { ...fields } })]);

    expect(jobs).toEqual([]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('Job 7 (example.com/http) is left out, and so left alone');
    expect(notes[0]).toContain(why);
    expect(notes[0]).not.toContain('0123456789');
  });

  it('are those that repeat a secret where it would be shown', () => {
    const key = 'k3y-0123456789abcdef';
    const { text, jobs, notes } = exported([
      aLiveJob({ id: 7, fields: { destination_conf: `https://h.example?header_Authorization=${key}` } }),
      aLiveJob({ id: 8, name: 'dns', fields: { destination_conf: `s3://b/${key}?region=us-west-2` } }),
    ]);

    expect(jobs.map(({ name }) => name)).toEqual(['http']);
    expect(notes.join()).toContain('Job example.com/dns is left out');
    expect(text).not.toContain(key);
  });
});

describe('an exported scope', () => {
  it('is a zone by its name, or by its id where another zone has that name', () => {
    const other = aScope({ id: '1'.repeat(32) });
    const zonesOf = (scopes: readonly Scope[]) =>
      (
        parse(exportManifest(scopes.map((scope) => ({ scope, live: [] }))).text) as {
          zones: { zone: string }[];
        }
      ).zones.map(({ zone }) => zone);

    expect(zonesOf([aScope()])).toEqual(['example.com']);
    expect(zonesOf([aScope(), other])).toEqual([other.id, aScope().id].toSorted());
    expect(zonesOf([aScope({ name: aScope().id })])).toEqual([aScope().id]);
  });

  it('is an account by its id', () => {
    const scope = aScope({ kind: 'account' });
    expect(exported([aLiveJob({ fields: { dataset: 'audit_logs' } })], scope).root.accounts).toMatchObject([
      { account: scope.id },
    ]);
  });

  it('stands at the same place whatever the order of the listing', () => {
    const scopes = [
      {
        scope: aScope({ name: 'b.example', id: '2'.repeat(32) }),
        live: [aLiveJob({ id: 2, name: 'b' }), aLiveJob({ id: 1, name: 'a' })],
      },
      { scope: aScope({ kind: 'account' }), live: [aLiveJob({ id: 1 })] },
      { scope: aScope({ name: 'a.example', id: '1'.repeat(32) }), live: [aLiveJob({ id: 3 })] },
    ];
    const turned = scopes.toReversed().map(({ scope, live }) => ({ scope, live: live.toReversed() }));

    expect(exportManifest(turned)).toEqual(exportManifest(scopes));
  });

  it('without jobs says that there are none', () => {
    expect(exported([]).root.zones).toEqual([{ zone: 'example.com', jobs: [] }]);
  });
});

describe('what repeats', () => {
  const OPTIONS = { field_names: ['RayID'], timestamp_format: 'rfc3339' };

  function rootOf(...jobs: readonly Parameters<typeof aLiveJob>[0][]) {
    const live = jobs.map((job, index) => aLiveJob({ id: index + 1, name: `job-${index}`, ...job }));
    const { text } = exportManifest([{ scope: aScope(), live }]);
    const { manifest } = parseManifest([{ path: 'm.yaml', text }]);
    const root = parse(text) as { presets?: object; zones: { jobs: ExportedJob[] }[] };
    return { presets: root.presets, jobs: root.zones[0]!.jobs, manifest };
  }

  it('is a preset, named after the dataset; whether a job runs is its own affair', () => {
    const fields = { dataset: 'http_requests', output_options: OPTIONS, max_upload_records: 5000 };
    const { presets, jobs } = rootOf({ fields }, { fields: { ...fields, enabled: false } });
    expect(presets).toEqual({ 'http-requests': fields });
    expect(jobs[1]).toEqual({
      name: 'job-1',
      preset: 'http-requests',
      enabled: false,
      destination: expect.anything(),
    });
  });

  it('of jobs that differ elsewhere is a preset of dataset and options', () => {
    const fields = { dataset: 'http_requests', output_options: OPTIONS };
    const { presets, jobs } = rootOf({ fields }, { fields: { ...fields, max_upload_records: 5000 } });
    expect(presets).toEqual({ 'http-requests': fields });
    expect(jobs.map((job) => job['max_upload_records'])).toEqual([undefined, 5000]);
  });

  it('is no preset where it is the dataset alone, or said once', () => {
    expect(rootOf({}, {}).presets).toBeUndefined();
    expect(rootOf({ fields: { output_options: OPTIONS } }, {}).presets).toBeUndefined();
  });

  it('has no name that a manifest refuses as a key', () => {
    const fields = { dataset: 'constructor', output_options: OPTIONS };
    expect(Object.keys(rootOf({ fields }, { fields }).presets ?? {})).toEqual(['constructor-2']);
  });

  it('gets names that differ', () => {
    const other = { output_options: { timestamp_format: 'unix' } };
    const [a, b] = [{ fields: { output_options: OPTIONS } }, { fields: other }];
    const { presets, jobs } = rootOf(a, a, b, b);
    expect(Object.keys(presets ?? {})).toEqual(['http-requests', 'http-requests-2']);
    expect(jobs.map((job) => job['preset'])).toEqual([
      'http-requests',
      'http-requests',
      'http-requests-2',
      'http-requests-2',
    ]);
  });

  it('escapes what would be a reference', () => {
    const job = { fields: { output_options: { batch_prefix: '${zone.name}' } } };
    const { manifest } = rootOf(job, job);
    expect(manifest?.scopes[0]?.jobs[0]?.fields['output_options']).toEqual({ batch_prefix: '$${zone.name}' });
  });
});

describe('an exported folder', () => {
  const scopes = [
    { scope: aScope({ name: 'b.example', id: '2'.repeat(32) }), live: [aLiveJob({ id: 2 })] },
    {
      scope: aScope({ kind: 'account', name: '../Acme Inc.' }),
      live: [aLiveJob({ id: 1, fields: { dataset: 'audit_logs' } })],
    },
    { scope: aScope({ name: 'b.example', id: '1'.repeat(32) }), live: [aLiveJob({ id: 3 })] },
  ];

  it('has one file for each scope, safe to write, and one for what they share', () => {
    const { files } = exportFolder(scopes);
    expect(files.map(({ path }) => path)).toEqual([
      'shared.yaml',
      'accounts/acme-inc.yaml',
      'zones/b.example.yaml',
      'zones/b.example-2.yaml',
    ]);
  });

  it('means the same as the one file', () => {
    const { files, ...told } = exportFolder(scopes);
    const { text, ...toldOfOne } = exportManifest(scopes);
    const jobsOf = (result: ReturnType<typeof parseManifest>) =>
      result.manifest?.scopes
        .map(({ target, jobs }) => JSON.stringify([target, jobs.map((job) => ({ ...job, place: null }))]))
        .toSorted();
    expect(jobsOf(parseManifest(files))).toHaveLength(3);
    expect(jobsOf(parseManifest(files))).toEqual(jobsOf(parseManifest([{ path: 'm.yaml', text }])));
    expect(told).toEqual(toldOfOne);
  });
});

it('says what the references are, and names no schema that may not be there', () => {
  expect(exported([]).text.split('\n').slice(0, 2)).toEqual([
    '# Exported by logpushd. Each ${secret:NAME} is a file of that name in the secrets folder.',
    '',
  ]);
});
