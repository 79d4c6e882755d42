import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openProgram, type Program } from '../../src/program.ts';
import { openSandbox, type OpenSandbox } from '../sandbox/open-sandbox.ts';
import { ran, type Ran } from './fake-shell.ts';

/** The command against a real sandbox, over HTTP. */

const TOKEN = 'a-token-of-the-doctor';
const SIGNATURE = 'a-signature-that-nobody-may-see';
const HTTPS = 'https://logs.example.net/in';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'doctor-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function opened(switches: object = {}): Promise<OpenSandbox> {
  const sandbox = await openSandbox({ zones: ['example.com'], token: TOKEN, now: () => Date.now() });
  await sandbox.control('PATCH', '/switches', switches);
  return sandbox;
}

interface Row {
  readonly check: string;
  readonly subject: string;
  readonly state: string;
  readonly says: string;
  readonly next: string;
}

interface Visit {
  readonly jobs?: readonly object[];
  readonly flags?: readonly string[];
  readonly token?: string;
  readonly manifest?: object;
  readonly environment?: object;
}

async function visit(sandbox: OpenSandbox, wish: Visit = {}) {
  const { jobs = [], flags = [], token = TOKEN, manifest } = wish;
  const written = manifest ?? { version: 1, zones: [{ zone: 'example.com', jobs }] };
  writeFileSync(path.join(folder, 'manifest.yaml'), JSON.stringify(written));
  const argv = ['doctor', '--manifest', folder, '--state', 'memory', '--base-url', sandbox.url, ...flags];
  const environment = { CLOUDFLARE_API_TOKEN: token, SIGNATURE, ...wish.environment };
  const parts = { openProgram: async (...given: Parameters<typeof openProgram>) => openProgram(...given) };
  const answer = await ran([...argv, '--output', 'json'], { environment, parts });
  return { ...answer, rows: rowsOf(answer) };
}

function rowsOf({ out }: Ran): readonly Row[] {
  return out === '' ? [] : (JSON.parse(out) as { checks: readonly Row[] }).checks;
}

const job = (name: string, destination = HTTPS) => ({
  name,
  dataset: 'http_requests',
  enabled: true,
  destination_conf: destination,
});

describe('doctor', () => {
  it('finds nothing wrong with a good token, a good manifest and room for it', async () => {
    const { rows, exitCode } = await visit(await opened(), { jobs: [job('a')] });
    expect(rows.map(({ check, state }) => [check, state])).toEqual([
      ['manifest', 'ok'],
      ['token', 'ok'],
      ['zones', 'ok'],
      ['accounts', 'ok'],
      ['audit', 'ok'],
      ['pushes', 'ok'],
      ['scope', 'ok'],
      ['destination', 'unknown'],
      ['rate limit', 'ok'],
      ['clock', 'ok'],
      ['fields', 'ok'],
    ]);
    expect(exitCode).toBe(0);
  });

  it('warns where nobody can be named for a drift, and names the right that is missing', async () => {
    const sandbox = await opened({ audit_permission: 'missing' });
    const { rows, exitCode } = await visit(sandbox, { jobs: [job('a')] });
    expect(rows.filter(({ check }) => check === 'audit')).toMatchObject([
      { subject: 'Example Inc', state: 'warn', next: expect.stringContaining('"Account Settings: Read"') },
    ]);
    expect(exitCode).toBe(0);
    const environment = { LOGPUSHD_AUDIT_MODE: 'off' };
    const off = await visit(sandbox, { jobs: [job('a')], environment });
    expect(off.rows.map(({ check }) => check)).not.toContain('audit');
  });

  it('warns where what was pushed cannot be read, and names the right that is missing', async () => {
    const sandbox = await opened({ graphql_permission: 'missing' });
    const { rows, exitCode } = await visit(sandbox, { jobs: [job('a')] });
    expect(rows.filter(({ check }) => check === 'pushes')).toMatchObject([
      { subject: 'example.com', state: 'warn', next: expect.stringContaining('"Analytics: Read"') },
    ]);
    expect(exitCode).toBe(0);
    const environment = { LOGPUSHD_HEALTH_GRAPHQL: 'off' };
    const off = await visit(sandbox, { jobs: [job('a')], environment });
    expect(off.rows.map(({ check }) => check)).not.toContain('pushes');
  });

  it('writes nothing, not even a test object, unless it is asked to', async () => {
    const sandbox = await opened();
    await visit(sandbox, { jobs: [job('a')] });
    expect(await methodsOf(sandbox)).toEqual(['GET']);
    const { rows } = await visit(sandbox, { jobs: [job('a')], flags: ['--try-destinations'] });
    expect(rows).toContainEqual(expect.objectContaining({ check: 'destination', state: 'ok' }));
    expect((await sandbox.control('GET', `/jobs?scope=${sandbox.zone}`)).json).toEqual([]);
  });

  it('warns of another job at the place of a new one, and asks of new ones alone', async () => {
    const sandbox = await opened();
    const askedOf = async (name: string) => {
      const { rows } = await visit(sandbox, { jobs: [job(name)], flags: ['--try-destinations'] });
      return rows.filter(({ check, state }) => check === 'destination' && state === 'warn');
    };
    await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, job('theirs'), {
      authorization: `Bearer ${TOKEN}`,
    });
    expect(await askedOf('mine')).toMatchObject([{ says: expect.stringContaining('mine in example.com') }]);
    expect(await askedOf('theirs')).toEqual([]);
  });

  it.each([
    ['a token that Cloudflare does not know', {}, { token: 'another-token' }, 'token', 'Make a new one'],
    ['a scope that the token may not read', { forbidden_scopes: ['example.com'] }, {}, 'scope', 'Logs: Edit'],
    [
      'more jobs than there are places',
      { jobs_per_zone: 4 },
      { jobs: ['a', 'b', 'c', 'd', 'e'].map((name) => job(name)) },
      'scope',
      'ask Cloudflare',
    ],
    [
      'a zone that nobody sees',
      {},
      { manifest: { version: 1, zones: [{ zone: 'gone.example', jobs: [] }] } },
      'scope',
      'Correct the name',
    ],
    [
      'a manifest with an error',
      {},
      { manifest: { version: 1, zones: [{ zone: 'example.com', jobs: [{ name: 7 }] }] } },
      'manifest',
      'logpushd validate',
    ],
    [
      'an Azure signature that has ended',
      {},
      { jobs: [job('a', 'azure://c/logs?sp=w&se=2026-01-11T00%3A00%3A00Z&sig=${env:SIGNATURE}')] },
      'sas',
      'Make a new SAS',
    ],
    [
      'a destination that fails when tried',
      { dns_failures: ['logs.example.net'] },
      { jobs: [job('a')], flags: ['--try-destinations'] },
      'destination',
      'Check that the name is spelled right',
    ],
  ] as const)('says what to do about %s, and answers 1', async (_, switches, wrong, check, next) => {
    const { rows, exitCode, out } = await visit(await opened(switches), wrong);
    const found = rows.filter((row) => row.check === check && row.state === 'fail');
    expect(found).toHaveLength(1);
    expect(`${found[0]?.says} ${found[0]?.next}`).toContain(next);
    expect(exitCode).toBe(1);
    expect(out).not.toContain(SIGNATURE);
  });

  it('tries each destination of a host, by meaning, and says which one fails', async () => {
    const sandbox = await opened();
    await sandbox.control('POST', '/destinations', { match: 'https://logs.example.net/typo', fail: true });
    const { rows } = await visit(sandbox, {
      jobs: [
        job('a', 'https://logs.example.net/good'),
        job('b', 'https://logs.example.net/typo'),
        job('c', 'https://LOGS.example.net/good'),
        job('d', 'https://logs.example.net/good?header_X=${env:SIGNATURE}'),
      ],
      flags: ['--try-destinations'],
    });
    expect(rows.filter(({ check }) => check === 'destination')).toMatchObject([
      {
        subject: 'https://logs.example.net',
        state: 'fail',
        says: expect.stringMatching(/^1 job: Cloudflare tried \S+ of b in example\.com, and it failed/),
      },
      {
        subject: 'https://logs.example.net',
        state: 'ok',
        says: '3 jobs: Cloudflare tried 2 destinations there, and all work.',
      },
    ]);
    const { json } = await sandbox.control('GET', '/requests');
    const tries = (json as { path: string }[]).filter(({ path: where }) =>
      where.endsWith('/validate/destination'),
    );
    expect(tries).toHaveLength(3);
  });

  it('looks at each place of a bucket for challenges, and tells once what is the same of them', async () => {
    const reader = {
      destinations: ['gs://logs/a', 'gs://logs/b', 'gs://logs/c'],
      via: 'folder',
      path: folder,
    };
    const jobs = ['a', 'b', 'c', 'd'].map((name) => job(name, `gs://logs/${name}`));
    const environment = { LOGPUSHD_CHALLENGE_READERS: JSON.stringify([reader]) };
    const { rows } = await visit(await opened(), { jobs, environment });
    expect(rows.filter(({ check }) => check === 'challenge')).toMatchObject([
      { subject: 'gs://logs', state: 'ok' },
      { subject: 'gs://logs', state: 'fail', says: expect.stringContaining('gs://logs/d') },
    ]);
  });

  it('does not fail for a zone that has more jobs than usual by contract, and warns where it is to get more', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const sandbox = await opened({ jobs_per_zone: 6 });
    for (const name of names) {
      await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, job(name), {
        authorization: `Bearer ${TOKEN}`,
      });
    }
    const scopeRow = async (wanted: readonly string[]) => {
      const { rows } = await visit(sandbox, { jobs: wanted.map((name) => job(name)) });
      return rows.find(({ check }) => check === 'scope');
    };
    expect(await scopeRow(names)).toMatchObject({
      state: 'ok',
      says: 'Its jobs can be read: 5 jobs, more than the usual 4.',
    });
    expect(await scopeRow([...names, 'f'])).toMatchObject({ state: 'warn' });
  });

  it.each(['check', 'listZones', 'verifyToken', 'pass', 'validateDestination'])(
    'that is stopped at %s shows no picture of half of it',
    async (step) => {
      const sandbox = await opened();
      writeFileSync(
        path.join(folder, 'manifest.yaml'),
        JSON.stringify({ version: 1, zones: [{ zone: 'example.com', jobs: [job('a')] }] }),
      );
      const stop = new AbortController();
      const argv = ['doctor', '--manifest', folder, '--state', 'memory', '--base-url', sandbox.url];
      const { exitCode, out, err } = await ran([...argv, '--try-destinations'], {
        environment: { CLOUDFLARE_API_TOKEN: TOKEN },
        parts: { openProgram: async (...given) => stoppedAt(step, openProgram(...given), stop) },
        shell: { interrupted: () => stop.signal },
      });
      expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
      expect(err).toMatch(/^error: Stopped before/m);
    },
  );

  it('says at once whom it asks, and does not ask long whom nobody hears', async () => {
    const sandbox = await opened();
    const origin = new URL(sandbox.url).host;
    await sandbox.close();
    const { rows, err, exitCode } = await visit(sandbox, { jobs: [job('a')] });
    expect(err).toMatch(
      new RegExp(`^note: Asking Cloudflare at ${sandbox.url}.\nnote: .*refused .${origin}.*tried again.\n$`),
    );
    expect(rows.filter(({ state }) => state === 'fail').map(({ check }) => check)).toEqual([
      'token',
      'zones',
    ]);
    expect(rows.map(({ says }) => says).join()).not.toContain('right');
    expect(exitCode).toBe(1);
  });

  it('names the right that one Zero Trust job asks for', async () => {
    const sandbox = await opened();
    await sandbox.call(
      'POST',
      `/accounts/${sandbox.account}/logpush/jobs`,
      { dataset: 'gateway_dns', destination_conf: HTTPS },
      { authorization: `Bearer ${TOKEN}` },
    );
    await sandbox.control('PATCH', '/switches', { zero_trust_reads: 'refused' });
    const manifest = { version: 1, accounts: [{ account: sandbox.account, jobs: [] }] };
    const { rows } = await visit(sandbox, { manifest });
    const [row] = rows.filter(({ check }) => check === 'scope');
    expect(row).toMatchObject({ state: 'fail' });
    expect(row?.says).toContain('reading job for product');
    expect(row?.next).toContain('Zero Trust: PII Read');
  });

  it('looks whether the readers of challenges can read, and asks for no challenge', async () => {
    const sandbox = await opened();
    const reader = { destinations: ['gs://mounted', 'gs://gone'], via: 'folder' };
    const environment = {
      LOGPUSHD_CHALLENGE_READERS: JSON.stringify([
        { ...reader, destinations: ['gs://mounted/*'], path: folder },
        { ...reader, destinations: ['gs://gone/*'], path: path.join(folder, 'gone') },
      ]),
    };
    const jobs = ['mounted', 'gone', 'nobodys'].map((bucket) => job(bucket, `gs://${bucket}/logs`));
    const { rows, exitCode } = await visit(sandbox, { jobs, environment });
    expect(rows.filter(({ check }) => check === 'challenge')).toMatchObject([
      { subject: 'gs://gone', state: 'fail', says: expect.stringContaining('does not exist') },
      { subject: 'gs://mounted', state: 'ok' },
      { subject: 'gs://nobodys', state: 'fail', says: expect.stringContaining('waiting-for-challenge') },
    ]);
    expect(exitCode).toBe(1);
    expect(await methodsOf(sandbox)).toEqual(['GET']);
  });

  it('warns ahead of the end of an Azure signature', async () => {
    const destination = 'azure://c/logs?sp=w&se=2026-01-20T00%3A00%3A00Z&sig=${env:SIGNATURE}';
    const { rows } = await visit(await opened(), { jobs: [job('a', destination)] });
    expect(rows.filter(({ check }) => check === 'sas')).toMatchObject([
      {
        state: 'warn',
        subject: 'azure://c',
        says: expect.stringMatching(/^SAS of a in example.com: It ends on 2026-01-20/),
      },
    ]);
  });

  it('tells a failing delivery, which Cloudflare is about to end', async () => {
    const sandbox = await opened();
    await sandbox.call('POST', `/zones/${sandbox.zone}/logpush/jobs`, job('a'), {
      authorization: `Bearer ${TOKEN}`,
    });
    await sandbox.control('POST', '/destinations', { match: 'logs.example.net', fail: true });
    await sandbox.control('POST', '/time', { advance_ms: 150_000 });
    const { rows } = await visit(sandbox, { jobs: [job('a')] });
    expect(rows.filter(({ check }) => check === 'destination')).toMatchObject([{ state: 'fail' }]);
  });

  it('shows a line for each, with what to do below it', async () => {
    const sandbox = await opened();
    writeFileSync(
      path.join(folder, 'manifest.yaml'),
      JSON.stringify({ version: 1, zones: [{ zone: 'example.com', jobs: [job('a')] }] }),
    );
    const argv = ['doctor', '--manifest', folder, '--state', 'memory', '--base-url', sandbox.url];
    const parts = { openProgram: async (...given: Parameters<typeof openProgram>) => openProgram(...given) };
    const { out } = await ran(argv, { environment: { CLOUDFLARE_API_TOKEN: TOKEN }, parts });
    expect(out).toMatch(
      /^ok {7}scope +example\.com +Its jobs can be read: 0 of 4 jobs, 1 after the next pass\.$/m,
    );
    expect(out).toMatch(
      /^unknown {2}destination +https:\/\/logs\.example\.net +1 job: nothing was delivered yet\.\n {9}-> "logpushd doctor --try-destinations"/m,
    );
    expect(out).toMatch(/\n\n0 fail, 0 warn, 1 unknown, 10 ok\n$/);
  });
});

/** Of all calls but queries in GraphQL, which cannot write. */
async function methodsOf(sandbox: OpenSandbox): Promise<readonly string[]> {
  const { json } = await sandbox.control('GET', '/requests');
  const asked = (json as { method: string; path: string }[]).filter(({ path }) => !path.endsWith('/graphql'));
  return [...new Set(asked.map(({ method }) => method))];
}

/** A program whose user presses Ctrl-C when it comes to this step. */
function stoppedAt(step: string, program: Program, stop: AbortController): Program {
  const watched = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, key) => {
        if (key === step) stop.abort();
        const value: unknown = Reflect.get(of, key);
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });
  return watched({ ...program, reader: watched(program.reader) });
}
