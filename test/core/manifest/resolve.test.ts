import { describe, expect, it } from 'vitest';
import type { DesiredJob } from '../../../src/core/job/job.ts';
import type { Manifest } from '../../../src/core/manifest/manifest.ts';
import {
  jobCount,
  needsAccounts,
  needsZones,
  referencesOf,
  resolveManifest,
} from '../../../src/core/manifest/resolve.ts';
import type { World } from '../../../src/core/manifest/world.ts';
import { Secret } from '../../../src/core/secret.ts';
import { asText, parseText } from './fixtures.ts';
import { ACME, aWorld, aZone, OTHER } from './world.ts';

const HTTP = 'dataset: http_requests, enabled: true, destination_conf: "s3://b/{DATE}?region=r"';
const ONE = '1'.repeat(32);

function manifestOf(text: string): Manifest {
  const { manifest, problems } = parseText(`version: 1\n${text}`);
  if (manifest === null) throw new Error(asText(problems));
  return manifest;
}

function resolve(text: string, world: World = aWorld({})) {
  return resolveManifest(manifestOf(text), world);
}

function jobOf(text: string, world: World = aWorld({})): DesiredJob {
  const { scopes } = resolve(text, world);
  const [job] = scopes.flatMap(({ jobs }) => jobs);
  if (job === undefined) throw new Error(JSON.stringify(scopes));
  return job;
}

function confOf(job: DesiredJob): string {
  const conf = job.fields['destination_conf'];
  return conf instanceof Secret ? conf.reveal() : '';
}

/** Scope name to the names of its jobs. */
function namesIn(text: string, world: World): { readonly [scope: string]: readonly string[] } {
  const { scopes } = resolve(text, world);
  return Object.fromEntries(scopes.map(({ scope, jobs }) => [scope.name, jobs.map(({ name }) => name)]));
}

describe('a job', () => {
  it('has its name, dataset and destination, and every field it was given', () => {
    const job = jobOf(
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, ${HTTP}, max_upload_bytes: 0, id: 7, protect: true, ignore: [filter], mode: warn, extra: { new_key: [1] } }] }]`,
    );
    expect(job).toEqual({
      name: 'a',
      fields: {
        name: 'a',
        dataset: 'http_requests',
        enabled: true,
        destination_conf: new Secret('s3://b/{DATE}?region=r'),
        max_upload_bytes: 0,
        new_key: [1],
      },
      id: 7,
      protect: true,
      ignore: ['filter'],
      mode: 'warn',
      origin: { file: 'm.yaml', line: 2, column: 58 },
    });
    expect(confOf(job)).toBe('s3://b/{DATE}?region=r');
  });

  it('wraps its destination and challenge, so that they cannot be printed', () => {
    const world = aWorld({ secrets: { token: 'CANARY-TOKEN', key: 'CANARY-KEY' } });
    const job = jobOf(
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination_conf: "https://h/?header_A=\${secret:key}", ownership_challenge: "\${secret:token}" }] }]`,
      world,
    );
    expect(confOf(job)).toContain('CANARY-KEY');
    expect((job.fields['ownership_challenge'] as Secret).reveal()).toBe('CANARY-TOKEN');
    expect(JSON.stringify(job)).not.toContain('CANARY');
  });

  it.each([
    [
      'an object',
      '{ where: { key: A, operator: eq, value: 1 } }',
      '{"where":{"key":"A","operator":"eq","value":1}}',
    ],
    [
      'the text as written',
      `'{ "where": {"key":"A","operator":"eq","value":1}}'`,
      '{ "where": {"key":"A","operator":"eq","value":1}}',
    ],
    [
      'a reference as a value, not as text',
      `'{"where":{"key":"A","operator":"eq","value":"\${env:X}"}}'`,
      '{"where":{"key":"A","operator":"eq","value":"\\"quoted\\""}}',
    ],
    ['a whole reference', '"${env:FILTER}"', '{"where":{"key":"B","operator":"eq","value":2}}'],
    ['nothing', '""', ''],
    ['an empty condition', '{ where: {} }', ''],
  ])('has its filter as Cloudflare takes it, from %s', (_what, written, sent) => {
    const env = { X: '"quoted"', FILTER: '{"where":{"key":"B","operator":"eq","value":2}}' };
    const job = jobOf(
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, ${HTTP}, filter: ${written} }] }]`,
      aWorld({ env }),
    );
    expect(job.fields['filter']).toBe(sent);
  });

  it('keeps null, which says "none"', () => {
    const job = jobOf(
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, ${HTTP}, filter: null, output_options: null }] }]`,
    );
    expect(job.fields).toMatchObject({ filter: null, output_options: null });
  });
});

describe('a structured destination', () => {
  const secrets = { id: 'KEY+ID', key: 'a/b+c=d&e' };

  it('is filled first and encoded then', () => {
    const text = `
destinations:
  r2: { type: r2, bucket: b, path: "\${zone.name}/\${job.dataset}/{DATE}", account_id: ${ONE}, access_key_id: "\${secret:id}", secret_access_key: "\${secret:key}" }
zones: [{ zone: example.com, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination: r2 }] }]`;
    const job = jobOf(text, aWorld({ zones: [aZone('example.com', 1)], secrets }));
    expect(confOf(job)).toBe(
      `r2://b/example.com/dns_logs/{DATE}?account-id=${ONE}&access-key-id=KEY%2BID&secret-access-key=a%2Fb%2Bc%3Dd%26e`,
    );
  });

  it('may be written within the job, with headers and parameters', () => {
    const text = `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination: { type: https, url: "https://h.example/in?t=\${secret:key}", headers: { Authorization: "Bearer \${secret:id}" }, params: { zone: "\${zone.id}" } } }] }]`;
    expect(confOf(jobOf(text, aWorld({ secrets })))).toBe(
      `https://h.example/in?t=a%2Fb%2Bc%3Dd%26e&zone=${ONE}&header_Authorization=Bearer%20KEY%2BID`,
    );
  });
});

describe('layers', () => {
  const text = (job: string) => `
defaults: { enabled: true, destination_conf: "s3://d/{DATE}?region=r", output_options: { timestamp_format: rfc3339, sample_rate: 0.5, field_names: [A, B] } }
destinations: { archive: { type: s3, bucket: archive, region: r } }
presets: { p: { dataset: http_requests, enabled: false, filter: { where: { key: A, operator: eq, value: 1 } }, output_options: { sample_rate: 0.1, field_names: [C] }, extra: { x: 1, y: 1 } } }
zones: [{ zone: ${ONE}, jobs: [{ name: a, preset: p, ${job} }] }]`;

  it('lie over each other: defaults, preset, job', () => {
    const job = jobOf(text('output_options: { sample_rate: 1 }, extra: { y: 2 }'));
    expect(job.fields).toMatchObject({
      enabled: false,
      output_options: { timestamp_format: 'rfc3339', sample_rate: 1, field_names: ['C'] },
      x: 1,
      y: 2,
    });
  });

  it('replace filters and lists whole, and null replaces too', () => {
    expect(
      jobOf(text('filter: { where: { or: [{ key: B, operator: eq, value: 2 }] } }')).fields['filter'],
    ).toBe('{"where":{"or":[{"key":"B","operator":"eq","value":2}]}}');
    expect(jobOf(text('filter: null')).fields['filter']).toBeNull();
    expect(jobOf(text('output_options: null')).fields['output_options']).toBeNull();
  });

  it('have one destination: the later form replaces the earlier one', () => {
    expect(confOf(jobOf(text('protect: false')))).toBe('s3://d/{DATE}?region=r');
    expect(confOf(jobOf(text('destination: archive')))).toBe('s3://archive/?region=r');
  });
});

describe('scopes', () => {
  const zones = [
    aZone('example.com', 1),
    aZone('a.shop.example', 2),
    aZone('test.shop.example', 3),
    aZone('shop.example', 4, { status: 'pending', account: OTHER }),
  ];

  it('are found by name in any case, and by id', () => {
    expect(
      namesIn(
        `zones: [{ zone: Example.COM, jobs: [{ name: a, ${HTTP} }] }, { zone: ${'2'.repeat(32)}, jobs: [{ name: b, ${HTTP} }] }]`,
        aWorld({ zones }),
      ),
    ).toEqual({
      'a.shop.example': ['b'],
      'example.com': ['a'],
    });
  });

  it('of one zone in several places are one: their jobs add up', () => {
    const { scopes, problems } = resolve(
      `zones: [{ zone: example.com, prune: never, jobs: [{ name: b, ${HTTP} }] }, { zone: ${ONE}, mode: warn, jobs: [{ name: a, ${HTTP} }] }]`,
      aWorld({ zones }),
    );
    expect(scopes).toMatchObject([
      {
        scope: { kind: 'zone', id: ONE, name: 'example.com' },
        mode: 'warn',
        prune: 'never',
        jobs: [{ name: 'a' }, { name: 'b' }],
        blocked: [],
      },
    ]);
    expect(problems).toEqual([]);
  });

  it('given by an id that the token does not list are taken at their word', () => {
    expect(
      resolve(`zones: [{ zone: ${'9'.repeat(32)}, jobs: [] }]`, aWorld({ zones })).scopes[0]?.scope,
    ).toEqual({
      kind: 'zone',
      id: '9'.repeat(32),
      name: '9'.repeat(32),
    });
  });

  it('without jobs are there all the same: they are to have none', () => {
    expect(namesIn('zones: [{ zone: example.com, jobs: [] }]', aWorld({ zones }))).toEqual({
      'example.com': [],
    });
  });

  it('that the token does not see are unresolved, with the name that may be meant', () => {
    const { scopes, unresolved } = resolve(
      `zones: [{ zone: exmaple.com, jobs: [{ name: a, ${HTTP} }] }]`,
      aWorld({ zones }),
    );
    expect(scopes).toEqual([]);
    expect(unresolved).toEqual([
      {
        name: 'exmaple.com',
        reason:
          'The token does not see the zone "exmaple.com". Did you mean "example.com"? Check the name, and that the token may read it.',
        origin: { file: 'm.yaml', line: 2, column: 9 },
      },
    ]);
  });

  it.each([
    ['a zone that is unresolved', `[{ zone: exmaple.com, jobs: [{ name: a, ${HTTP} }] }]`, 1],
    [
      'a zone in which the name of one is not known',
      `[{ zone: ${ONE}, jobs: [{ name: "\${zone.name}", ${HTTP} }] }]`,
      1,
    ],
    [
      'one entry of two that needs such a name',
      `[{ zone: ${ONE}, jobs: [] }, { zone: ${ONE}, jobs: [{ name: "\${zone.name}", ${HTTP} }] }]`,
      1,
    ],
    ['a selector that finds four zones', `[{ select: { name: "*" }, jobs: [{ name: a, ${HTTP} }] }]`, 4],
    ['a selector that finds no zone', `[{ select: { name: "*.test" }, jobs: [{ name: a, ${HTTP} }] }]`, 0],
  ])('with the jobs of %s count', (_, text, count) => {
    const named = text.includes(ONE) ? [] : zones;
    expect(resolve(`zones: ${text}`, aWorld({ zones: named })).jobs).toBe(count);
  });

  it('whose name the token sees twice are unresolved: nobody guesses which is meant', () => {
    const twice = [...zones, aZone('example.com', 7, { account: OTHER })];
    const { unresolved } = resolve('zones: [{ zone: example.com, jobs: [] }]', aWorld({ zones: twice }));
    expect(unresolved[0]?.reason).toContain(`${ONE} and ${'7'.repeat(32)}`);
  });

  it('are accounts by id or by exact name', () => {
    const audit = 'dataset: audit_logs, enabled: true, destination_conf: "s3://b/${account.id}?region=r"';
    const text = `accounts: [{ account: Acme Inc., jobs: [{ name: a, ${audit} }] }, { account: ${OTHER.id}, jobs: [{ name: b, ${audit} }] }, { account: acme inc., jobs: [] }]`;
    const { scopes, unresolved } = resolve(text, aWorld({ accounts: [ACME, OTHER] }));
    expect(scopes.map(({ scope }) => scope)).toEqual([
      { kind: 'account', id: ACME.id, name: 'Acme Inc.' },
      { kind: 'account', id: OTHER.id, name: 'Other' },
    ]);
    expect(scopes.flatMap(({ jobs }) => jobs).map(confOf)).toEqual([
      `s3://b/${ACME.id}?region=r`,
      `s3://b/${OTHER.id}?region=r`,
    ]);
    expect(unresolved.map(({ name }) => name)).toEqual(['acme inc.']);
  });

  describe('by selector', () => {
    const select = (selector: string) =>
      namesIn(`zones: [{ select: ${selector}, jobs: [] }]`, aWorld({ zones }));
    it.each([
      ['{ name: "*" }', ['a.shop.example', 'example.com', 'shop.example', 'test.shop.example']],
      ['{ name: "*.SHOP.example" }', ['a.shop.example', 'test.shop.example']],
      ['{ name: "?.shop.example" }', ['a.shop.example']],
      ['{ name: [example.com, shop.example] }', ['example.com', 'shop.example']],
      ['{ name: "*", except: ["*.shop.example"] }', ['example.com', 'shop.example']],
      ['{ name: "*", status: pending }', ['shop.example']],
      ['{ name: "*", account: Oth* }', ['shop.example']],
      [`{ name: "*", account: ${OTHER.id} }`, ['shop.example']],
    ])('%s are %j', (selector, names) => {
      expect(Object.keys(select(selector)).toSorted()).toEqual(names);
    });

    it('that matches nothing is a warning', () => {
      const { problems, scopes } = resolve(
        'zones: [{ select: { name: "*.test" }, jobs: [] }]',
        aWorld({ zones }),
      );
      expect(scopes).toEqual([]);
      expect(problems).toMatchObject([{ severity: 'warning', code: 'selects-nothing', path: 'zones[0]' }]);
    });
  });
});

describe('where several entries speak of one zone', () => {
  const world = aWorld({ zones: [aZone('example.com', 1), aZone('other.example', 2)] });
  const everywhere = (job: string, more = '') => `{ select: { name: "*" }, ${more} jobs: [${job}] }`;
  const a = (rate: number) => `{ name: a, ${HTTP}, output_options: { sample_rate: ${rate} } }`;

  it('the one that names it wins over the one that selects it, job by job', () => {
    const { scopes, problems } = resolve(
      `zones: [${everywhere(`${a(0.1)}, { name: b, ${HTTP} }`, 'mode: observe,')}, { zone: example.com, mode: enforce, jobs: [${a(1)}] }]`,
      world,
    );
    const rates = scopes.map(({ scope, mode, jobs }) => [
      scope.name,
      mode,
      jobs.map(({ name, fields }) => [name, (fields['output_options'] as any)?.sample_rate]),
    ]);
    expect(rates).toEqual([
      [
        'example.com',
        'enforce',
        [
          ['a', 1],
          ['b', undefined],
        ],
      ],
      [
        'other.example',
        'observe',
        [
          ['a', 0.1],
          ['b', undefined],
        ],
      ],
    ]);
    expect(problems).toEqual([]);
  });

  it('two selectors that give it one name block that job, and name both places', () => {
    const { scopes, problems } = resolve(
      `zones:\n  - ${everywhere(a(0.1))}\n  - ${everywhere(`${a(0.2)}, { name: b, ${HTTP} }`)}\n`,
      world,
    );
    for (const { jobs, blocked } of scopes) {
      expect(jobs.map(({ name }) => name)).toEqual(['b']);
      expect(blocked).toMatchObject([{ name: 'a', reason: expect.stringContaining('m.yaml:3, m.yaml:4') }]);
    }
    expect(problems).toEqual([]);
  });

  it('two that name it, one by name and one by id, block that job and are an error', () => {
    const { scopes, problems } = resolve(
      `zones:\n  - { zone: example.com, jobs: [${a(0.1)}] }\n  - { zone: ${ONE}, jobs: [${a(0.2)}] }\n`,
      world,
    );
    expect(scopes).toMatchObject([{ jobs: [], blocked: [{ name: 'a' }] }]);
    expect(problems).toMatchObject([
      { severity: 'error', code: 'duplicate-name', origin: { line: 4 }, path: 'zones[1].jobs[0]' },
    ]);
  });

  it('two that pin one live job block both', () => {
    const { scopes, problems } = resolve(
      `zones:\n  - { zone: example.com, jobs: [{ name: a, id: 7, ${HTTP} }] }\n  - { zone: ${ONE}, jobs: [{ name: b, id: 7, ${HTTP} }] }\n`,
      world,
    );
    expect(scopes).toMatchObject([
      {
        jobs: [],
        blocked: [
          { name: 'a', id: 7 },
          { name: 'b', id: 7 },
        ],
      },
    ]);
    expect(problems.map(({ code }) => code)).toEqual(['duplicate-id', 'duplicate-id']);
  });

  it('the more careful mode and prune hold while they contradict each other', () => {
    const { scopes, problems } = resolve(
      `zones: [${everywhere('', 'mode: enforce, prune: all,')}, ${everywhere('', 'mode: warn, prune: never,')}]`,
      world,
    );
    for (const scope of scopes) expect(scope).toMatchObject({ mode: 'warn', prune: 'never' });
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['conflicting-scope']));
  });
});

describe('references to the scope', () => {
  const conf =
    'dataset: dns_logs, enabled: true, destination_conf: "s3://b/${zone.name}-${zone.id}-${account.id}-${account.name}-${job.name}-${job.dataset}?region=r"';

  it('are those of the zone and its account', () => {
    const job = jobOf(
      `zones: [{ zone: example.com, jobs: [{ name: a, ${conf} }] }]`,
      aWorld({ zones: [aZone('example.com', 1, { account: OTHER })] }),
    );
    expect(confOf(job)).toBe(`s3://b/example.com-${ONE}-${OTHER.id}-Other-a-dns_logs?region=r`);
  });

  it('in an account mean the account, whose id stands for the zone', () => {
    const job = jobOf(
      `accounts: [{ account: ${OTHER.id}, jobs: [{ name: a, ${conf} }] }]`,
      aWorld({ accounts: [OTHER] }),
    );
    expect(confOf(job)).toBe(`s3://b/${OTHER.id}-${OTHER.id}-${OTHER.id}-Other-a-dns_logs?region=r`);
  });

  it('may make names, which then are compared within the scope', () => {
    const world = aWorld({ zones: [aZone('example.com', 1), aZone('other.example', 2)] });
    expect(
      namesIn(`zones: [{ select: { name: "*" }, jobs: [{ name: "http-\${zone.name}", ${HTTP} }] }]`, world),
    ).toEqual({
      'example.com': ['http-example.com'],
      'other.example': ['http-other.example'],
    });
  });

  it('that a name needs and nobody knows leave the whole scope alone: its live jobs cannot be told apart', () => {
    const { scopes, unresolved } = resolve(
      `zones: [{ zone: ${ONE}, jobs: [{ name: "\${zone.name}", ${HTTP} }] }]`,
    );
    expect(scopes).toEqual([]);
    expect(unresolved[0]?.reason).toContain('${zone.name} is not known');
  });
});

describe('a job that lacks a value', () => {
  const text = `zones: [{ zone: ${ONE}, jobs: [{ name: a, id: 3, dataset: "\${env:DATASET}", enabled: true, destination_conf: "https://h/?header_A=\${secret:key}" }, { name: b, ${HTTP} }] }]`;

  it('is blocked with all that is missing, and the others go on', () => {
    const { scopes } = resolve(text);
    expect(scopes[0]?.jobs.map(({ name }) => name)).toEqual(['b']);
    expect(scopes[0]?.blocked).toEqual([
      {
        name: 'a',
        id: 3,
        reason:
          '${env:DATASET} is not set: give logpushd the environment variable DATASET; ${secret:key} cannot be used: put a file named key into the secrets folder.',
        origin: { file: 'm.yaml', line: 2, column: 58 },
      },
    ]);
  });

  it('is blocked for an empty value too, and says why a secret could not be read', () => {
    const world = aWorld({ env: { DATASET: '' }, secrets: { key: '' }, unreadable: {} });
    expect(resolve(text, world).scopes[0]?.blocked[0]?.reason).toContain('${env:DATASET} is empty');
    const unreadable = aWorld({ env: { DATASET: 'dns_logs' }, unreadable: { key: 'it is a folder' } });
    expect(resolve(text, unreadable).scopes[0]?.blocked[0]?.reason).toContain(
      '${secret:key} cannot be used: it is a folder',
    );
  });

  it('is blocked for a missing secrets folder, which is said once, however many secrets it needs', () => {
    const keys = `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination_conf: "https://h/?header_A=\${secret:one}&header_B=\${secret:two}" }] }]`;
    const { scopes } = resolve(keys, aWorld({ missingFolder: 'config/secrets' }));
    expect(scopes[0]?.blocked[0]?.reason).toBe(
      'the secrets folder config/secrets does not exist: make it, or name another with --secrets-dir or the setting "secrets_dir".',
    );
  });

  it.each([
    [
      'dataset: "${env:X}", destination_conf: "s3://b?region=r"',
      { X: 'DNS logs' },
      '"dataset" is not the name of a dataset',
    ],
    ['dataset: dns_logs, destination_conf: "${env:X}"', { X: 'CANARY' }, 'has no scheme'],
    [
      'dataset: dns_logs, destination_conf: "https://h/${env:X}"',
      { X: 'CANARY'.repeat(1_000) },
      'takes at most 4096',
    ],
    [
      'dataset: dns_logs, destination_conf: "s3://b?region=r", filter: "${env:X}"',
      { X: 'CANARY' },
      'The filter is not JSON',
    ],
  ])('is blocked for a value that does not fit, which is not repeated: %s', (job, env, reason) => {
    const { scopes } = resolve(
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, enabled: true, ${job} }] }]`,
      aWorld({ env }),
    );
    expect(scopes[0]?.jobs).toEqual([]);
    expect(scopes[0]?.blocked[0]?.reason).toContain(reason);
    expect(scopes[0]?.blocked[0]?.reason).not.toContain('CANARY');
  });

  it.each(['datadog://${secret:key}', 's3://${secret:key}/x?region=r', 's3://b/${secret:key}?region=r'])(
    'is blocked for a secret where plans and logs would show it: %s',
    (conf) => {
      const { scopes } = resolve(
        `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination_conf: "${conf}" }] }]`,
        aWorld({ secrets: { key: 'CANARY' } }),
      );
      expect(scopes[0]?.jobs).toEqual([]);
      expect(scopes[0]?.blocked[0]?.reason).toContain(
        '${secret:key} would stand where plans and logs show it',
      );
      expect(scopes[0]?.blocked[0]?.reason).not.toContain('CANARY');
    },
  );
});

describe('what a manifest asks for', () => {
  it('are its variables and secrets, wherever they stand', () => {
    const manifest = manifestOf(`
destinations: { d: { type: https, url: "https://h/\${env:PATH_PART}", headers: { A: "\${secret:header}" } } }
presets: { p: { dataset: dns_logs, enabled: true, destination: d, filter: { where: { key: A, operator: eq, value: "\${env:IN_FILTER}" } } } }
zones: [{ zone: ${ONE}, jobs: [{ name: a, preset: p, ownership_challenge: "\${secret:challenge}", extra: { x: ["\${env:IN_EXTRA}", "$\${env:ESCAPED}"] } }] }]`);
    expect(referencesOf(manifest)).toEqual({
      env: new Set(['IN_FILTER', 'IN_EXTRA', 'PATH_PART']),
      secrets: new Set(['challenge', 'header']),
    });
    expect(jobCount(manifest)).toBe(1);
  });

  it.each([
    [`zones: [{ zone: ${ONE}, jobs: [] }]`, false, false],
    ['zones: [{ zone: example.com, jobs: [] }]', true, false],
    ['zones: [{ select: { name: "*" }, jobs: [] }]', true, false],
    [
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination_conf: "s3://b/\${zone.id}?region=r" }] }]`,
      false,
      false,
    ],
    [
      `zones: [{ zone: ${ONE}, jobs: [{ name: a, dataset: dns_logs, enabled: true, destination_conf: "s3://b/\${zone.name}?region=r" }] }]`,
      true,
      false,
    ],
    [
      `accounts: [{ account: ${ONE}, jobs: [{ name: a, dataset: audit_logs, enabled: true, destination_conf: "s3://b/\${zone.name}\${account.id}?region=r" }] }]`,
      false,
      false,
    ],
    [
      `accounts: [{ account: ${ONE}, jobs: [{ name: a, dataset: audit_logs, enabled: true, destination_conf: "s3://b/\${account.name}?region=r" }] }]`,
      false,
      true,
    ],
    ['accounts: [{ account: Acme, jobs: [] }]', false, true],
  ])('are the lists of zones and accounts only where they are needed: %s', (text, zones, accounts) => {
    const manifest = manifestOf(text);
    expect([needsZones(manifest), needsAccounts(manifest)]).toEqual([zones, accounts]);
  });
});
