import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import Cloudflare from 'cloudflare';
import { describe, expect, it } from 'vitest';
import type { TransformerPlan } from '../../src/core/transformer/change.ts';
import { World } from './world.ts';

/** Transformers from files beside the manifest to Cloudflare, before the jobs that name them, over real HTTP. */

const REDACT = 'SELECT RayID, EdgeResponseStatus FROM http_requests\n';
const ERRORS = 'SELECT RayID FROM http_requests WHERE EdgeResponseStatus >= 500\n';
const FILE = '{ name: redact, file: sql/redact.sql, description: no names }';

interface Live {
  readonly id: number;
  readonly name: string;
  readonly description: string;
}

class TransformerWorld {
  readonly world: World;

  private constructor(world: World) {
    this.world = world;
  }

  static async open(): Promise<TransformerWorld> {
    const world = await World.open();
    await world.write('manifest/sql/redact.sql', REDACT);
    return new TransformerWorld(world);
  }

  /** With the transformer of {@link FILE} and a job that names it. */
  static async settled(): Promise<TransformerWorld> {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    await one.world.settle();
    return one;
  }

  /** One job in the zone, and these transformers of its account; null: the account does not mention any. */
  manifest(transformers: string | null, job = 'transformer: redact', account = ''): Promise<void> {
    const list = transformers === null ? '' : `transformers: [${transformers}],`;
    const keys = `name: http, dataset: http_requests, enabled: true, destination_conf: 'https://logs.example.net/in'`;
    return this.world.manifest(
      `accounts: [{ account: Example Inc, ${account} ${list} jobs: [] }]\n` +
        `zones: [{ zone: example.com, jobs: [{ ${keys}, ${job} }] }]\n`,
    );
  }

  /** Somebody else calls the API of transformers. */
  async call(path = '', init: RequestInit = {}): Promise<any> {
    const { sandbox, token } = this.world;
    const account = sandbox.model.accounts()[0]!.id;
    const url = `${sandbox.url}/accounts/${account}/logpush/transformers${path}`;
    const answer = await fetch(url, { ...init, headers: { authorization: `Bearer ${token}` } });
    return ((await answer.json()) as { result: unknown }).result;
  }

  list(): Promise<readonly Live[]> {
    return this.call();
  }

  make(name: string, code: string, description = ''): Promise<Live> {
    return this.call('', { method: 'POST', body: JSON.stringify({ name, code, description }) });
  }

  edit(id: number, body: object): Promise<Live> {
    return this.call(`/${id}`, { method: 'PUT', body: JSON.stringify(body) });
  }

  /** The SQL of all its versions, the newest first. */
  async versions(id: number): Promise<readonly string[]> {
    const versions = (await this.call(`/${id}/versions`)) as readonly { version: number }[];
    const contents = versions.map(({ version }) => this.call(`/${id}/content?version_id=${version}`));
    return (await Promise.all(contents)).map(({ content }) => content);
  }

  /** As in `POST transformers`: the writes while `work` runs. */
  async writes(work: () => Promise<unknown>): Promise<readonly string[]> {
    const calls = await this.world.callsDuring(work);
    return calls
      .filter((call) => !call.startsWith('GET') && !call.includes('/validate/'))
      .map((call) => call.replace(/ .*\/logpush\//, ' '));
  }

  async plan(): Promise<TransformerPlan> {
    const { transformers } = await this.world.plan();
    return transformers!.plans[0]!;
  }

  async switches(change: object): Promise<void> {
    await fetch(`${this.world.sandbox.origin}/sandbox/switches`, {
      method: 'PATCH',
      body: JSON.stringify(change),
    });
  }

  fault(path: string, fault: Record<string, unknown>): void {
    this.world.sandbox.faults.add({ path, ...fault });
  }
}

describe('a transformer of the manifest', () => {
  it('is made before the job that names it, and both stay as they are', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    expect(await one.writes(() => one.world.settle())).toEqual(['POST transformers', 'POST jobs']);
    const [live] = await one.list();
    expect(live).toMatchObject({ name: 'redact', description: 'no names', dataset: 'http_requests' });
    expect(await one.versions(live!.id)).toEqual([REDACT]);
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: live!.id });
    expect(await one.plan()).toMatchObject({ changes: [], withheld: [], unmanaged: [] });
    expect(await one.writes(() => one.world.settle())).toEqual([]);
  });

  it('is what the official SDK makes with the same words, and the SDK reads it', async () => {
    const one = await TransformerWorld.settled();
    const { sandbox, token } = one.world;
    const { transformers } = new Cloudflare({ apiToken: token, baseURL: sandbox.url }).logpush;
    const account_id = sandbox.model.accounts()[0]!.id;
    const twin = await transformers.create({
      account_id,
      name: 'twin',
      code: REDACT,
      description: 'no names',
    });
    const { dataset, description } = await transformers.get(1, { account_id });
    expect({ dataset, description }).toEqual({ dataset: twin.dataset, description: twin.description });
    expect(await transformers.content.get(1, { account_id })).toEqual({ content: REDACT });
  });

  it('gets a new version where its file changes, and the job is left alone', async () => {
    const one = await TransformerWorld.settled();
    await one.world.write('manifest/sql/redact.sql', ERRORS);
    expect(await one.plan()).toMatchObject({
      changes: [{ action: 'update', class: 'pending', fields: ['sql'] }],
    });
    expect(await one.writes(() => one.world.settle())).toEqual(['PUT transformers/ID']);
    expect(await one.versions(1)).toEqual([ERRORS, REDACT]);
  });

  it('gets a new description without a new version', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest(FILE.replace('no names', 'nobody'));
    await one.world.settle();
    expect(await one.list()).toMatchObject([{ description: 'nobody' }]);
    expect(await one.versions(1)).toHaveLength(1);
  });

  it('is written in the manifest itself, and how lines end is no difference', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(`{ name: redact, sql: "${REDACT.trim()}" }`);
    await one.world.settle();
    await one.edit(1, { name: 'redact', code: `\r\n${REDACT.trim()}\r\n` });
    expect(await one.plan()).toMatchObject({ changes: [], withheld: [] });
  });

  it('is shown by plan, which writes nothing', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    const texts: string[] = [];
    const writes = await one.writes(async () => {
      for (const format of ['text', 'json', 'markdown', 'github']) {
        const { out, exitCode } = await one.world.run('plan', '--output', format, '--detailed-exitcode');
        expect(exitCode).toBe(2);
        texts.push(out);
      }
    });
    expect(writes).toEqual([]);
    const [text, json, markdown, github] = texts;
    expect(text).toContain('Example Inc   account   transformers   manifest');
    expect(text).toMatch(/\+ create +redact\n/);
    expect(text).toMatch(/\+ create +http +http_requests/);
    expect(text).toContain('Transformers: 1 to create.');
    expect(JSON.parse(json!).transformers).toMatchObject([
      { scope: { name: 'Example Inc' }, changes: [{ action: 'create', name: 'redact', fields: [] }] },
    ]);
    expect(markdown).toContain('#### transformers of account `Example Inc`');
    expect(github).toContain('title=create transformer redact in Example Inc');
  });

  it('is told by apply, line by line', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    const { out, exitCode } = await one.world.run('apply');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/applied +create +transformer redact +Example Inc +id 1\n/);
    expect(out).toContain('Applied 2 of 2.');
  });
});

describe('what somebody changes of it at Cloudflare', () => {
  it.each([
    ['enforce', [{ action: 'update', class: 'drift', fields: ['sql'] }], [], REDACT],
    ['warn', [], [{ action: 'update', class: 'drift' }], ERRORS],
    ['observe', [], [{ action: 'update', class: 'drift' }], ERRORS],
  ])('is drift, which mode %s heals or reports', async (mode, changes, withheld, after) => {
    const one = await TransformerWorld.settled();
    await one.manifest(FILE, undefined, `mode: ${mode},`);
    await one.edit(1, { name: 'redact', description: 'no names', code: ERRORS });
    expect(await one.plan()).toMatchObject({ changes, withheld });
    await one.world.settle();
    expect((await one.versions(1))[0]).toBe(after);
  });

  it('is healed by its id where it was renamed, and made anew where it was deleted', async () => {
    const one = await TransformerWorld.settled();
    await one.edit(1, { name: 'other', description: 'no names' });
    expect(await one.plan()).toMatchObject({
      changes: [{ action: 'update', class: 'drift', fields: ['name'] }],
    });
    await one.world.settle();
    expect(await one.list()).toMatchObject([{ id: 1, name: 'redact' }]);

    await one.world.remove('http');
    await one.call('/1', { method: 'DELETE' });
    expect(await one.plan()).toMatchObject({ changes: [{ action: 'create', class: 'drift' }] });
    await one.world.settle();
    expect(await one.list()).toMatchObject([{ name: 'redact' }]);
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: (await one.list())[0]!.id });
  });
});

describe('a transformer that leaves the manifest', () => {
  it('is deleted after the job is taken off it', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest('', 'transformer: null');
    expect(await one.plan()).toMatchObject({ changes: [{ action: 'delete', name: 'redact' }] });
    expect(await one.writes(() => one.world.settle())).toEqual(['PUT jobs/ID', 'DELETE transformers/ID']);
    expect(await one.list()).toEqual([]);
  });

  it('stays while a job refers to it, which says how to take it out', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest('', 'frequency: high');
    const { withheld, changes } = await one.plan();
    expect(changes).toEqual([]);
    expect(withheld).toMatchObject([
      { action: 'delete', reason: expect.stringMatching(/"http" \(\d+\); .*"transformer: null"/) },
    ]);
    await one.world.settle();
    expect(await one.list()).toHaveLength(1);
  });

  it('stays where the job could not be taken off it after all', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest('', 'transformer: null');
    one.fault('/zones/*/logpush/jobs/*', {
      method: 'PUT',
      times: null,
      outcome: {
        kind: 'answer',
        status: 400,
        body: { success: false, errors: [{ code: 1, message: 'no' }] },
      },
    });
    const { transformers } = await one.world.apply();
    expect(transformers?.outcomes).toMatchObject([
      { result: 'skipped', reason: expect.stringContaining('Jobs refer to it: "http"') },
    ]);
    expect(await one.list()).toHaveLength(1);
  });

  it('stays with prune: never, and where the guard lets fewer go', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest('', 'transformer: null', 'prune: never,');
    expect(await one.plan()).toMatchObject({ changes: [], withheld: [{ action: 'delete' }] });
    await one.manifest('', 'transformer: null');
    one.world.settings({ 'guard.max_removals': '0', 'guard.max_removal_share': '0' });
    const { changes, withheld } = await one.plan();
    expect({ changes, reason: withheld[0]?.reason }).toEqual({
      changes: [],
      reason: expect.stringContaining('raise guard.max_removals (0)'),
    });
    await one.world.settle();
    expect(await one.list()).toHaveLength(1);
  });

  it('is left alone with all others where the account no longer mentions transformers', async () => {
    const one = await TransformerWorld.settled();
    await one.manifest(null, 'transformer: null');
    const calls = await one.world.callsDuring(() => one.world.settle());
    expect(calls.filter((call) => call.includes('transformers'))).toEqual([]);
    expect(await one.list()).toHaveLength(1);
  });
});

describe('a transformer that somebody else made', () => {
  it('is left alone where the manifest does not name it', async () => {
    const one = await TransformerWorld.open();
    await one.make('theirs', ERRORS);
    await one.manifest(FILE);
    expect(await one.plan()).toMatchObject({ unmanaged: [{ name: 'theirs' }] });
    await one.world.settle();
    await one.manifest('', 'transformer: null');
    await one.world.settle();
    expect(await one.list()).toMatchObject([{ name: 'theirs' }]);
  });

  it.each([
    ['always', 'update of its SQL', ERRORS, REDACT],
    ['if_equal', 'nothing', ERRORS, ERRORS],
    ['never', 'nothing', ERRORS, ERRORS],
  ])('is taken over with adopt %s: %s', async (adopt, _, before, after) => {
    const one = await TransformerWorld.open();
    await one.make('redact', before, 'no names');
    await one.manifest(FILE);
    one.world.settings({ adopt });
    const { changes, withheld } = await one.plan();
    expect([...changes, ...withheld]).toMatchObject([{ action: 'adopt', name: 'redact' }]);
    expect(changes).toHaveLength(adopt === 'always' ? 1 : 0);
    await one.world.settle();
    expect((await one.versions(1))[0]).toBe(after);
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: 1 });
  });

  it.each([
    ['if_equal', []],
    ['never', [{ name: 'redact' }]],
  ])(
    'and is as the manifest says is owned with adopt %s, and goes with the manifest then',
    async (adopt, left) => {
      const one = await TransformerWorld.open();
      await one.make('redact', REDACT, 'no names');
      one.world.settings({ adopt });
      await one.manifest(FILE);
      await one.world.settle();
      await one.manifest('', 'transformer: null');
      await one.world.settle();
      expect(await one.list()).toMatchObject(left);
    },
  );

  it('is found by its name where the manifest manages none', async () => {
    const one = await TransformerWorld.open();
    await one.make('redact', REDACT);
    await one.manifest(null);
    await one.world.settle();
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: 1 });
    expect(await one.list()).toHaveLength(1);
  });
});

describe('a job whose transformer cannot be used', () => {
  /** Why it is blocked; nothing is written to jobs. */
  async function blocked(one: TransformerWorld, zones: readonly string[] = []): Promise<string | undefined> {
    const { plans, outcomes } = await one.world.apply(zones);
    expect(outcomes).toEqual([]);
    const [reason, ...others] = plans.flatMap(({ desired }) => desired.blocked.map((job) => job.reason));
    expect(others).toEqual([]);
    return reason;
  }

  it('is not sent where no transformer has the name', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(null, 'transformer: redakt');
    expect(await blocked(one)).toBe(
      'The transformer "redakt" cannot be used: no transformer of the account has this name.',
    );
  });

  it('is not sent where several have the name', async () => {
    const one = await TransformerWorld.open();
    await one.make('redact', REDACT);
    await one.make('redact', ERRORS);
    await one.manifest(FILE);
    expect(await blocked(one)).toContain('2 transformers of the account have this name (1, 2)');
    expect(await one.list()).toHaveLength(2);
  });

  it('is not sent where its SQL reads another dataset', async () => {
    const one = await TransformerWorld.open();
    await one.make('redact', 'SELECT RayID FROM firewall_events');
    await one.manifest(null);
    expect(await blocked(one)).toContain('its SQL reads firewall_events, and this job is of http_requests');
  });

  it('is not sent where the transformers cannot be listed, and is once they can', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    await one.switches({ transformers: 'missing' });
    expect(await blocked(one)).toContain('the transformers of the account cannot be read');
    expect((await one.world.run('plan')).exitCode).toBe(1);
    await one.switches({ transformers: 'available' });
    await one.world.settle();
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: 1 });
  });

  it('is not sent by a pass over its zone alone before a pass over the account has made it', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    expect(await blocked(one, ['example.com'])).toContain('a pass over its account makes it');
    expect(await one.list()).toEqual([]);
  });

  it('is not sent where Cloudflare refuses the SQL, and other jobs are', async () => {
    const one = await TransformerWorld.open();
    await one.world.write('manifest/sql/redact.sql', 'SELECT nonsense');
    await one.manifest(
      FILE,
      `transformer: redact }, { name: plain, dataset: http_requests, enabled: true, destination_conf: 'https://logs.example.net/in'`,
    );
    const result = await one.world.apply();
    expect(result.transformers?.outcomes).toMatchObject([{ result: 'failed', change: { name: 'redact' } }]);
    expect(result.outcomes).toMatchObject([
      { result: 'skipped', reason: 'its transformer "redact" was not made' },
      { result: 'applied', change: { name: 'plain' } },
    ]);
    expect(Object.keys(one.world.jobs())).toEqual(['plain']);
  });
});

describe('a create whose answer is lost', () => {
  it('is not sent again: what it made is taken over, also where nothing is adopted', async () => {
    const one = await TransformerWorld.open();
    one.world.settings({ adopt: 'never' });
    await one.manifest(FILE);
    one.fault('/accounts/*/logpush/transformers', {
      method: 'POST',
      outcome: { kind: 'drop', when: 'after' },
    });
    const first = await one.world.apply();
    expect(first.transformers?.outcomes).toMatchObject([{ result: 'failed' }]);
    await one.world.settle();
    expect(await one.list()).toHaveLength(1);
    expect(one.world.jobs()['http']).toMatchObject({ transformer_id: 1 });
    await one.world.write('manifest/sql/redact.sql', ERRORS);
    expect(await one.plan()).toMatchObject({ changes: [{ action: 'update' }] });
  });

  it('is sent again only after several listings have not shown what it may have made', async () => {
    const one = await TransformerWorld.open();
    await one.manifest(FILE);
    one.fault('/accounts/*/logpush/transformers', {
      method: 'POST',
      outcome: { kind: 'drop', when: 'before' },
    });
    await one.world.apply();
    expect(await one.list()).toEqual([]);
    const { withheld } = await one.plan();
    expect(withheld).toMatchObject([
      { action: 'create', reason: expect.stringContaining('3 listings over') },
    ]);
    await one.world.apply();
    expect(await one.list()).toEqual([]);
  });
});

it('a listing that leaves out an owned transformer is not believed', async () => {
  const one = await TransformerWorld.settled();
  one.fault('/accounts/*/logpush/transformers', {
    method: 'GET',
    times: null,
    outcome: { kind: 'partial', keep: 0 },
  });
  const { transformers } = await one.world.apply();
  expect(transformers?.unreadable).toMatchObject([
    { error: { message: expect.stringContaining('"redact" (1), which still exist') } },
  ]);
  one.world.sandbox.faults.clear();
  expect(await one.list()).toHaveLength(1);
});

it('nothing is written to transformers by a pass that the guard refuses', async () => {
  const one = await TransformerWorld.settled();
  one.world.settings({ 'guard.max_removals': '0', 'guard.max_removal_share': '0' });
  await one.world.manifest(
    `accounts: [{ account: Example Inc, transformers: [${FILE.replace('no names', 'nobody')}], jobs: [] }]\nzones: [{ zone: example.com, jobs: [] }]\n`,
  );
  const writes = await one.writes(async () => expect((await one.world.apply()).refusal).not.toBeNull());
  expect(writes).toEqual([]);
  expect(await one.list()).toMatchObject([{ description: 'no names' }]);
});

describe('the file of its SQL', () => {
  it.each([
    ['../redact.sql', 'bad-file', 'leads out of the folder'],
    ['/etc/passwd.sql', 'bad-file', 'seen from the folder'],
    ['.hidden/redact.sql', 'bad-file', 'Hidden files'],
    ['sql/redact.txt', 'bad-file', 'end with ".sql"'],
    ['sql/gone.sql', 'unreadable-file', 'does not exist'],
    ['sql/out.sql', 'unreadable-file', 'leads out of its folder'],
    ['sql', 'bad-file', 'end with ".sql"'],
  ])('%s refuses the manifest: %s, %s', async (file, code, words) => {
    const one = await TransformerWorld.open();
    await one.world.write('outside.sql', REDACT);
    await symlink(join(one.world.folder, 'outside.sql'), join(one.world.folder, 'manifest/sql/out.sql'));
    await one.manifest(`{ name: redact, file: ${file} }`);
    const { exitCode, out } = await one.world.run('validate');
    expect(exitCode).toBe(3);
    expect(out).toContain(code);
    expect(out).toContain(words);
    expect(out).toMatch(/jobs\.yaml:2:\d+/);
  });

  it('keeps the last accepted manifest from changing when it vanishes', async () => {
    const one = await TransformerWorld.settled();
    await rm(join(one.world.folder, 'manifest/sql/redact.sql'));
    expect(await one.writes(async () => expect((await one.world.apply()).rejected).toBe(true))).toEqual([]);
  });
});

describe('a preview with plan --preview-sample', () => {
  const SAMPLE = '{"RayID":"a","EdgeResponseStatus":200}\n\n{"RayID":"b","EdgeResponseStatus":503}\n';

  async function withSample(sql: string, sample = SAMPLE): Promise<TransformerWorld> {
    const one = await TransformerWorld.open();
    await one.world.write('manifest/sql/redact.sql', sql);
    await one.world.write('sample.ndjson', sample);
    await one.manifest(FILE);
    return one;
  }

  function plan(one: TransformerWorld, ...flags: string[]): ReturnType<World['run']> {
    return one.world.run('plan', '--preview-sample', join(one.world.folder, 'sample.ndjson'), ...flags);
  }

  it('of SQL that Cloudflare refuses counts no record, and doctor says that it would fail', async () => {
    const one = await withSample('SELECT nonsense');
    expect((await plan(one)).out).toMatch(/preview of transformer redact: failed at the first record\n/);
    const { out, exitCode } = await one.world.run('doctor');
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /fail +transformers +Example Inc +redact, tried on an empty record: Cloudflare refused to preview/,
    );
    expect(out).toContain('--preview-sample FILE');
  });

  it('shows what Cloudflare makes of each record, and makes nothing', async () => {
    const one = await withSample(ERRORS);
    const { out, exitCode } = await plan(one);
    expect(exitCode).toBe(0);
    expect(out).toContain('preview of transformer redact: delivers 1 of 2 records');
    expect(out).toMatch(/ 1 {2}dropped\n +3 {2}\{"RayID":"b"\}\n/);
    const { previews } = JSON.parse((await plan(one, '--output', 'json')).out);
    expect(previews).toMatchObject([
      {
        name: 'redact',
        records: [
          { line: 1, delivered: [] },
          { line: 3, delivered: [{ RayID: 'b' }] },
        ],
      },
    ]);
    expect((await plan(one, '--output', 'markdown')).out).toContain(
      'Of the sample it delivers 1 of 2 records.',
    );
    expect((await plan(one, '--output', 'github')).out).toContain('::It delivers 1 of 2 records.');
    expect(await one.list()).toEqual([]);
  });

  it.each([[[null]], [null]])('takes %j of Cloudflare for a record that is dropped', async (result) => {
    const one = await withSample(ERRORS);
    const set = { result };
    one.fault('/accounts/*/logpush/transformers/preview', { times: null, outcome: { kind: 'rewrite', set } });
    expect((await plan(one)).out).toContain('delivers 0 of 2 records');
  });

  it('says what Cloudflare has against the SQL, once, and fails', async () => {
    const one = await withSample('SELECT nonsense');
    const calls = await one.world.callsDuring(async () => {
      const { out, exitCode } = await plan(one);
      expect(exitCode).toBe(1);
      expect(out).toContain('schema validation failed');
    });
    expect(calls.filter((call) => call.includes('preview'))).toHaveLength(1);
  });

  it('asks about the first ten records and about nothing that does not change', async () => {
    const one = await withSample(ERRORS, '{"RayID":"a"}\n'.repeat(12));
    const previews = async (): Promise<number> =>
      (await one.world.callsDuring(() => plan(one))).filter((call) => call.includes('preview')).length;
    expect(await previews()).toBe(10);
    await one.world.settle();
    expect(await previews()).toBe(0);
    expect((await plan(one)).out).toContain('there is nothing to preview');
  });

  it.each([
    ['not json', 'sample.ndjson:1 is not a JSON object'],
    ['', 'has no record'],
  ])('refuses a sample of %j', async (sample, words) => {
    const { err, exitCode } = await plan(await withSample(ERRORS, sample));
    expect(exitCode).toBe(3);
    expect(err).toContain(words);
  });
});

describe('an export', () => {
  it('has the transformers of an account and the names of jobs that use them, and plans to nothing', async () => {
    const one = await TransformerWorld.settled();
    await one.make('unused "${x}"', ERRORS);
    const { out, exitCode } = await one.world.run('export', '--all');
    expect(exitCode).toBe(0);
    expect(out).toContain('transformer: redact');
    expect(out).not.toContain('transformer_id');
    await one.world.write('manifest/jobs.yaml', out);
    await rm(join(one.world.folder, 'state'), { recursive: true });
    const { plans, transformers } = await one.world.plan();
    expect(plans.flatMap(({ changes, withheld }) => [...changes, ...withheld])).toEqual([]);
    expect(transformers?.plans).toMatchObject([{ changes: [], withheld: [], unmanaged: [] }]);
    expect(transformers?.plans[0]?.inSync).toHaveLength(2);
  });

  it('of a zone alone has the id of the transformer, and asks for none', async () => {
    const one = await TransformerWorld.settled();
    const calls = await one.world.callsDuring(async () => {
      expect((await one.world.run('export', '--zone', 'example.com')).out).toContain('transformer_id: 1');
    });
    expect(calls.filter((call) => call.includes('transformers'))).toEqual([]);
  });

  it('has the ids, and says why, where the transformers cannot be read', async () => {
    const one = await TransformerWorld.settled();
    await one.switches({ transformers: 'missing' });
    const { out, err, exitCode } = await one.world.run('export', '--all');
    expect(exitCode).toBe(0);
    expect(out).toContain('transformer_id: 1');
    expect(err).toContain('So jobs have the ids of transformers, not their names.');
  });
});
