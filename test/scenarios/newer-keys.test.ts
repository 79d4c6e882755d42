import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { World } from './world.ts';

/** Keys that came to Cloudflare lately, in both kinds of scope, from the manifest to Cloudflare and back. */

const SCOPES = [
  ['zone', 'example.com', 'zones: [{ zone: example.com, jobs: '],
  ['account', 'Example Inc', 'accounts: [{ account: Example Inc, jobs: '],
] as const;

const KEYS: readonly (readonly [written: string, stored: object, other: object, none: string])[] = [
  [
    'filter_attack_traffic: true',
    { filter_attack_traffic: true },
    { filter_attack_traffic: false },
    'filter_attack_traffic: false',
  ],
  ['transformer_id: 1', { transformer_id: 1 }, { transformer_id: 2 }, 'transformer_id: 0'],
  [
    'extra: { a_key_of_tomorrow: 7 }',
    { a_key_of_tomorrow: 7 },
    { a_key_of_tomorrow: 8 },
    'extra: { a_key_of_tomorrow: null }',
  ],
  ...['rfc3339ms', 'rfc3339ns'].map(
    (format) =>
      [
        `output_options: { timestamp_format: ${format} }`,
        { output_options: { timestamp_format: format } },
        { output_options: { timestamp_format: 'unix' } },
        'output_options: { timestamp_format: null }',
      ] as const,
  ),
  [
    'output_options: { stringify_object: true }',
    { output_options: { stringify_object: true } },
    { output_options: { stringify_object: false } },
    'output_options: { stringify_object: false }',
  ],
];

describe.each(SCOPES)('in a %s', (kind, name, head) => {
  async function settled(text: string): Promise<World> {
    const world = await World.open();
    const { url, model } = world.sandbox;
    const account = model.accounts()[0]!.id;
    for (const transformer of ['a', 'b']) {
      await fetch(`${url}/accounts/${account}/logpush/transformers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.token}` },
        body: JSON.stringify({ name: transformer, code: 'SELECT RayID FROM firewall_events' }),
      });
    }
    await write(world, text);
    await world.settle();
    return world;
  }

  function write(world: World, text: string): Promise<void> {
    const conf = 'https://logs.example.net/in';
    return world.manifest(
      `${head}[{ name: fw, dataset: firewall_events, enabled: true, destination_conf: '${conf}', ${text} }] }]\n`,
    );
  }

  it.each(KEYS)('%s is sent, kept, healed, cleared and exported', async (text, stored, other, none) => {
    const world = await settled(text);
    const job = () => world.jobs(name)['fw'];
    expect(job()).toMatchObject({ dataset: 'firewall_events', ...stored });
    expect((await world.plan()).plans[0]?.changes).toEqual([]);

    await world.edit('fw', other, name);
    expect((await world.plan()).plans[0]?.changes).toMatchObject([{ action: 'update', class: 'drift' }]);
    await world.settle();
    expect(job()).toMatchObject(stored);

    const { out } = await world.run('export', `--${kind}`, name);
    const exported = (parse(out) as { readonly [section: string]: { jobs: object[] }[] })[`${kind}s`]?.[0]
      ?.jobs[0];
    // A key that this release does not know may hold a secret, so an export names it and leaves it alone.
    const isNamed = kind === 'account' && text.startsWith('transformer_id');
    const written = isNamed ? { transformer: 'a' } : stored;
    expect(exported).toMatchObject(text.startsWith('extra') ? { name: 'fw' } : written);
    await world.write('manifest/jobs.yaml', out);
    expect((await world.plan()).plans[0]?.changes).toEqual([]);

    await write(world, none);
    await world.settle();
    expect(job()).not.toMatchObject(stored);
    expect((await world.plan()).plans[0]?.changes).toEqual([]);
  });
});

it('merge_subrequests of http_requests is sent as an output option, and found where Cloudflare keeps it', async () => {
  const world = await World.open();
  const write = (options: string) =>
    world.manifest(
      `zones: [{ zone: example.com, jobs: [{ name: http, dataset: http_requests, enabled: true, destination_conf: 'https://logs.example.net/in', ${options} }] }]\n`,
    );
  await write('output_options: { merge_subrequests: true }');
  await world.settle();
  expect(world.jobs()['http']).toMatchObject({ output_options: { merge_subrequests: true } });

  await world.edit('http', { merge_subrequests: true, output_options: {} });
  expect((await world.plan()).plans[0]?.changes).toEqual([]);
  const { out } = await world.run('export', '--zone', 'example.com');
  expect(out).toContain('output_options:\n          merge_subrequests: true');
});

describe('a dataset in the wrong kind of scope', () => {
  it.each([
    ['audit_logs', 'zones: [{ zone: example.com', 'is a dataset of accounts, and this job is in a zone'],
    [
      'http_requests',
      'accounts: [{ account: Example Inc',
      'is a dataset of zones, and this job is in an account',
    ],
    ['firewall_events', 'accounts: [{ account: Example Inc', 'No problems in 1 file.\n'],
    ['firewall_events', 'zones: [{ zone: example.com', 'No problems in 1 file.\n'],
    ['websocket_analytics', 'accounts: [{ account: Example Inc', 'No problems in 1 file.\n'],
  ])('%s below %s is warned about where it is one, and never refused', async (dataset, head, words) => {
    const world = await World.open();
    await world.manifest(
      `${head}, jobs: [{ name: a, dataset: ${dataset}, enabled: true, destination_conf: 'https://logs.example.net/in' }] }]\n`,
    );
    const { exitCode, out } = await world.run('validate');
    expect(exitCode).toBe(0);
    expect(out).toContain(words);
  });
});
