import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { Program } from '../../src/program.ts';
import { NotAllowedError, NotFoundError, RejectedError } from '../../src/reconcile/errors.ts';
import type { Scope } from '../../src/core/job/job.ts';
import type { LogpushReader } from '../../src/reconcile/ports.ts';
import type { Settings } from '../../src/settings.ts';
import { aCanary, leaksIn } from '../canaries.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope, aZone } from '../builders.ts';
import { ran, type Surroundings } from './fake-shell.ts';

const CANARY = aCanary('cli');
const CANARY_DESTINATION = `s3://acme-logs/http/{DATE}?region=us-west-2&access-key-id=AKIAPLAIN&secret-access-key=${CANARY.core}`;

const OTHER_ID = 'ffffffffffffffffffffffffffffffff';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A reader of one zone and one account; `asked` collects which calls were made. */
function reading(
  overrides: Partial<LogpushReader> = {},
  asked: string[] = [],
): NonNullable<Surroundings['program']> {
  const reader: Partial<LogpushReader> = {
    listZones: async () => {
      asked.push('zones');
      return [aZone()];
    },
    listAccounts: async () => {
      asked.push('accounts');
      return [{ id: OTHER_ID, name: 'Acme' }];
    },
    listJobs: async (scope) => {
      asked.push(`jobs ${scope.kind} ${scope.name}`);
      return [aLiveJob({ fields: { destination_conf: CANARY_DESTINATION } })];
    },
    ...overrides,
  };
  return () => ({ reader: reader as Program['reader'] });
}

describe('export', () => {
  it('writes the manifest to standard output, and the secrets to provide to standard error', async () => {
    const { exitCode, out, err } = await ran(['export', '--zone', 'example.com'], { program: reading() });
    expect(exitCode).toBe(0);
    expect(parse(out)).toMatchObject({ version: 1, zones: [{ jobs: [{ name: 'http' }] }] });
    expect(err).toContain('Provide these secrets');
    expect(leaksIn(out + err, [CANARY])).toEqual([]);
  });

  it('lists no zones when it was given an id, which a narrow token may not', async () => {
    const asked: string[] = [];
    await ran(['export', '--zone', OTHER_ID.toUpperCase()], { program: reading({}, asked) });
    expect(asked).toEqual([`jobs zone ${OTHER_ID}`]);
  });

  it('reads everything the token sees with --all', async () => {
    const asked: string[] = [];
    await ran(['export', '--all'], { program: reading({}, asked) });
    expect(asked).toEqual(['zones', 'accounts', 'jobs zone example.com', 'jobs account Acme']);
  });

  it('suggests the zone that is meant', async () => {
    const { exitCode, err } = await ran(['export', '--zone', 'exmple.com'], { program: reading() });
    expect(exitCode).toBe(3);
    expect(err).toContain('sees no zone "exmple.com" among 1. Did you mean "example.com"?');
  });

  it('asks for an id where a name has two meanings', async () => {
    const listAccounts = async () => [
      { id: OTHER_ID, name: 'Acme' },
      { id: aZone().id, name: 'acme' },
    ];
    const { exitCode, err } = await ran(['export', '--account', 'ACME'], {
      program: reading({ listAccounts }),
    });
    expect(exitCode).toBe(3);
    expect(err).toContain(OTHER_ID);
  });

  it('leaves out a scope that cannot be read, says so, and answers 1', async () => {
    const listJobs = async ({ kind }: Pick<Scope, 'kind'>) => {
      if (kind === 'account') throw new NotAllowedError({ action: 'list the jobs of Acme', status: 403 });
      return [aLiveJob()];
    };
    const { exitCode, out, err } = await ran(['export', '--all'], { program: reading({ listJobs }) });
    expect(exitCode).toBe(1);
    expect(err).toContain('list the jobs of Acme');
    expect(parse(out)).toMatchObject({ zones: [{}] });
  });

  it('never replaces a file that it was not told to replace', async () => {
    const file = path.join(folder, 'live.yaml');
    writeFileSync(file, 'mine');
    const argv = ['export', '--all', '--output-file', file];
    const refused = await ran(argv, { program: reading() });
    expect(refused.exitCode).toBe(3);
    expect(refused.err).toContain('--force');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await ran([...argv, '--force'], { program: reading() })).out).toBe('');
    expect(parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
  });

  it('does not write through a link that leads to nothing yet', async () => {
    const file = path.join(folder, 'live.yaml');
    symlinkSync(path.join(folder, 'elsewhere'), file);
    const { exitCode, err } = await ran(['export', '--all', '--output-file', file], { program: reading() });
    expect(exitCode).toBe(3);
    expect(err).toContain('cannot be written');
    expect(existsSync(path.join(folder, 'elsewhere'))).toBe(false);
  });

  it('writes one file for each zone and account, and names them', async () => {
    const out = path.join(folder, 'manifest');
    const result = await ran(['export', '--all', '--out', out], { program: reading() });
    expect(result.exitCode).toBe(0);
    const files = ['accounts/acme.yaml', 'zones/example.com.yaml'].map((file) => path.join(out, file));
    expect(result.out).toBe(files.map((file) => `${file}\n`).join(''));
    expect(parse(readFileSync(files[1]!, 'utf8'))).toMatchObject({ zones: [{ jobs: [{ name: 'http' }] }] });
    expect(leaksIn(files.map((file) => readFileSync(file, 'utf8')).join(''), [CANARY])).toEqual([]);
  });

  it('never writes beside a manifest that is there, unless it is told to', async () => {
    mkdirSync(path.join(folder, 'zones'));
    writeFileSync(path.join(folder, 'zones', 'old.yml'), 'mine');
    const argv = ['export', '--all', '--out', folder];
    const refused = await ran(argv, { program: reading() });
    expect(refused).toMatchObject({ exitCode: 3, err: expect.stringContaining('--force'), out: '' });
    expect(existsSync(path.join(folder, 'shared.yaml'))).toBe(false);
    expect((await ran([...argv, '--force'], { program: reading() })).exitCode).toBe(0);
    expect(readFileSync(path.join(folder, 'zones', 'old.yml'), 'utf8')).toBe('mine');
  });

  it('says when the folder cannot be written', async () => {
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    const { exitCode, err } = await ran(['export', '--all', '--out', file], { program: reading() });
    expect(exitCode).toBe(3);
    expect(err).toContain('cannot be written');
  });

  it('says when the file cannot be written', async () => {
    const file = path.join(folder, 'gone', 'live.yaml');
    const { exitCode, err } = await ran(['export', '--all', '--output-file', file], { program: reading() });
    expect(exitCode).toBe(3);
    expect(err).toContain('cannot be written');
    expect(existsSync(file)).toBe(false);
  });
});

describe('fields --lock', () => {
  const LISTS = {
    lists: [{ scope: aScope(), dataset: 'dns_logs', list: 'all', names: ['RayID'] }],
    failures: [],
  } as const;
  const locking = (overrides: Partial<Program>): NonNullable<Surroundings['program']> => {
    return () => ({
      text: async () => ({ files: [], revision: 'r' }),
      fieldLists: async () => LISTS,
      ...overrides,
    });
  };

  it('writes nothing where a list cannot be had, and says which', async () => {
    const fieldLists = async () => ({ ...LISTS, failures: ['Cloudflare lists no field of x.'] });
    const { exitCode, out, err } = await ran(['fields', '--lock'], { program: locking({ fieldLists }) });
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain('error: Cloudflare lists no field of x.\nThe lock would not be whole');
  });

  it('takes neither a dataset nor a zone, and needs one of them without it', async () => {
    for (const argv of [
      ['fields'],
      ['fields', 'dns_logs', '--lock'],
      ['fields', '--lock', '--zone', 'a.example'],
    ]) {
      expect((await ran(argv, { program: locking({}) })).exitCode).toBe(3);
    }
  });

  it('leaves several locks to a person', async () => {
    const files = ['a/fields.lock.yaml', 'b/fields.lock.yaml'].map((path) => ({ path, text: '' }));
    const text = async () => ({ files, revision: 'r' });
    const { exitCode, err } = await ran(['fields', '--lock'], { program: locking({ text }) });
    expect(exitCode).toBe(3);
    expect(err).toContain('several locks of fields: a/fields.lock.yaml, b/fields.lock.yaml');
  });

  it('has nothing to write where no job needs it', async () => {
    const fieldLists = async () => ({ lists: [], failures: [] });
    const { exitCode, out } = await ran(['fields', '--lock'], { program: locking({ fieldLists }) });
    expect(exitCode).toBe(0);
    expect(out).toContain('nothing to lock');
  });
});

describe('fields', () => {
  const lists = {
    listFields: async () =>
      new Map([
        ['RayID', 'The ray.'],
        ['ClientIP', 'Who asked.'],
      ]),
    listDefaultFields: async () => new Map([['RayID', 'The ray.']]),
  };

  it('lists every field by name, and marks the default ones', async () => {
    const argv = ['fields', 'http_requests', '--zone', 'example.com'];
    const { exitCode, out } = await ran(argv, { program: reading(lists) });
    expect(exitCode).toBe(0);
    expect(out).toBe(
      'field     default  description\n' +
        'ClientIP           Who asked.\nRayID     default  The ray.\n\n2 fields, 1 of them by default.\n',
    );
  });

  it('lists them also where Cloudflare does not serve the list of the default ones', async () => {
    const listDefaultFields = async () => {
      throw new NotFoundError({ action: 'list the default fields', status: 404 });
    };
    const argv = ['fields', 'http_requests', '--zone', 'example.com'];
    const { exitCode, out } = await ran(argv, { program: reading({ ...lists, listDefaultFields }) });
    expect(exitCode).toBe(0);
    expect(out).toContain('2 fields, and Cloudflare does not tell which by default.\n');
  });

  it('is one JSON document on demand', async () => {
    const argv = ['fields', 'audit_logs', '--account', 'Acme', '--output', 'json'];
    const { out } = await ran(argv, { program: reading(lists) });
    expect(JSON.parse(out)).toEqual({
      dataset: 'audit_logs',
      scope: { kind: 'account', id: OTHER_ID, name: 'Acme' },
      fields: [
        { name: 'ClientIP', default: false, description: 'Who asked.' },
        { name: 'RayID', default: true, description: 'The ray.' },
      ],
    });
  });

  it('prints nothing of a description that acts on a terminal', async () => {
    const listFields = async () => new Map([['RayID', 'a\u001b[2Jb\nc']]);
    const argv = ['fields', 'http_requests', '--zone', 'example.com'];
    const { out } = await ran(argv, { program: reading({ ...lists, listFields }) });
    expect(out).toMatch(/^[\n\x20-\x7e]*$/);
    expect(out.trim().split('\n')).toHaveLength(4);
  });

  it.each([
    [
      'http_request --zone example.com',
      3,
      '"http_request" is not a dataset that this release knows. Did you mean "http_requests"?',
    ],
    [
      'brand_new_thing --zone example.com',
      3,
      '"brand_new_thing" is not a dataset that this release knows.\n',
    ],
    ['audit_logs --zone example.com', 3, 'audit_logs belongs to accounts: pass --account.'],
    ['http_requests --zone example.com', 1, 'Cloudflare refused'],
  ])('says what was meant when Cloudflare refuses %s', async (argv, code, says) => {
    const listFields = async () => {
      throw new RejectedError({ action: 'list the fields', status: 400, cause: 'no such dataset' });
    };
    const { exitCode, err } = await ran(['fields', ...argv.split(' ')], {
      program: reading({ ...lists, listFields }),
    });
    expect(exitCode).toBe(code);
    expect(err).toContain('error: Cloudflare refused to list the fields');
    expect(err).toContain(says);
  });

  it('lists a dataset that Cloudflare knows and this release does not', async () => {
    const { exitCode, err } = await ran(['fields', 'brand_new', '--zone', 'example.com'], {
      program: reading(lists),
    });
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  });
});

describe('render', () => {
  const job = aDesiredJob({
    name: 'http',
    protect: true,
    ignore: ['filter'],
    fields: { destination_conf: CANARY_DESTINATION, ownership_challenge: CANARY.core },
  });
  const rendered = {
    revision: 'r1',
    scopes: [aDesiredScope({ jobs: [job], mode: 'warn' })],
    known: [aScope()],
    unresolved: [],
    problems: [],
  };

  it('shows the final jobs as YAML, with every secret masked', async () => {
    const { exitCode, out } = await ran(['render'], { program: () => ({ render: async () => rendered }) });
    expect(exitCode).toBe(0);
    expect(parse(out)).toMatchObject({
      revision: 'r1',
      scopes: [
        { zone: 'example.com', mode: 'warn', jobs: [{ name: 'http', protect: true, ignore: ['filter'] }] },
      ],
    });
    expect(leaksIn(out, [CANARY])).toEqual([]);
    expect(out).toContain('s3://acme-logs/http/{DATE}');
  });

  it('shows the same as JSON', async () => {
    const program = () => ({ render: async () => rendered });
    const yaml = await ran(['render'], { program });
    const json = await ran(['render', '--output', 'json'], { program });
    expect(JSON.parse(json.out)).toEqual(parse(yaml.out));
  });

  it('needs no token for a manifest of ids', async () => {
    const program = () => ({ render: async () => rendered });
    expect((await ran(['render'], { program, environment: {} })).exitCode).toBe(0);
  });

  it('answers 1 when a job cannot be rendered or a zone is not known, and says which', async () => {
    const blocked = [{ name: 'dns', reason: 'The secret "key" is missing.', origin: job.origin }];
    const program = () => ({
      render: async () => ({
        ...rendered,
        scopes: [aDesiredScope({ blocked })],
        unresolved: [{ name: 'gone.example', reason: 'The token does not see it.', origin: job.origin }],
      }),
    });
    const { exitCode, out, err } = await ran(['render'], { program });
    expect(exitCode).toBe(1);
    expect(parse(out)).toMatchObject({
      scopes: [{ blocked: [{ name: 'dns', reason: 'The secret "key" is missing.' }] }],
    });
    expect(err).toContain('manifest.yaml:1:1  unresolved  gone.example');
  });
});

describe('validate', () => {
  const problem = {
    severity: 'warning',
    code: 'deprecated',
    origin: { file: 'a.yaml', line: 1, column: 1 },
    path: 'zones',
    message: 'Old.',
  } as const;

  it('checks the paths it is given instead of the manifest of the settings', async () => {
    const { opened } = await ran(['validate', 'a.yaml', 'b'], { environment: { LOGPUSHD_MANIFEST: 'c' } });
    expect(opened[0]?.settings.manifest).toEqual({ kind: 'files', paths: ['a.yaml', 'b'] });
  });

  it('answers 0 for warnings and 3 for errors', async () => {
    const checking = (problems: readonly object[], manifest: unknown) => () => ({
      check: async () => ({ revision: 'r', files: 1, manifest, problems }) as never,
    });
    const warned = await ran(['validate'], { program: checking([problem], {}) });
    expect({ exitCode: warned.exitCode, shown: warned.out.includes('a.yaml:1:1') }).toEqual({
      exitCode: 0,
      shown: true,
    });
    const refused = await ran(['validate'], { program: checking([{ ...problem, severity: 'error' }], null) });
    expect(refused.exitCode).toBe(3);
  });

  it('is JSON on demand', async () => {
    expect(JSON.parse((await ran(['validate', '--output', 'json'])).out)).toMatchObject({ errors: 0 });
  });
});

describe('run', () => {
  const daemon = (started: { settings: Settings; sandbox: boolean }[], answer: () => Promise<number>) => ({
    runDaemon: (settings: Settings, { sandbox }: { sandbox: boolean }) => {
      started.push({ settings, sandbox });
      return answer();
    },
  });

  it('hands over to the daemon and answers what it answers', async () => {
    const started: { settings: Settings; sandbox: boolean }[] = [];
    const { exitCode } = await ran(['run', '--schedule', '@hourly'], {
      parts: daemon(started, async () => 0),
    });
    expect(exitCode).toBe(0);
    expect(started[0]).toMatchObject({
      sandbox: false,
      settings: { schedule: '@hourly', credentials: { kind: 'token' } },
    });
  });

  it('gives the sandbox no credential and no lasting state, whatever the environment holds', async () => {
    const started: { settings: Settings; sandbox: boolean }[] = [];
    const environment = { CLOUDFLARE_API_TOKEN: 'real', LOGPUSHD_STATE: 'file:/kept' };
    await ran(['run', '--sandbox'], { environment, parts: daemon(started, async () => 0) });
    expect(started[0]).toMatchObject({
      sandbox: true,
      settings: { credentials: null, state: { kind: 'memory' } },
    });
  });

  it('names an address that is taken, and how to choose another', async () => {
    const taken = Object.assign(new Error('listen'), { code: 'EADDRINUSE', syscall: 'listen' });
    const { exitCode, err } = await ran(['run'], { parts: daemon([], () => Promise.reject(taken)) });
    expect(exitCode).toBe(3);
    expect(err).toContain('127.0.0.1:8080');
    expect(err).toContain('--http');
  });
});

describe('sandbox', () => {
  it('prints how to use it, and ends with the first signal', async () => {
    const interrupt = new AbortController();
    const chosen: object[] = [];
    let closed = false;
    const startSandbox = async (choice: object) => {
      chosen.push(choice);
      interrupt.abort();
      return { url: 'http://127.0.0.1:1234/client/v4', close: async () => void (closed = true) };
    };
    const { exitCode, out } = await ran(['sandbox', '--listen', '127.0.0.1:0', '--zone', 'a.example'], {
      environment: {},
      parts: { startSandbox },
      shell: { interrupted: () => interrupt.signal },
    });
    expect({ exitCode, closed, chosen }).toEqual({
      exitCode: 0,
      closed: true,
      chosen: [expect.objectContaining({ host: '127.0.0.1', port: 0, zones: ['a.example'] })],
    });
    expect(out).toContain('export CLOUDFLARE_BASE_URL=http://127.0.0.1:1234/client/v4');
  });

  it('does not print the token it was given', async () => {
    const interrupted = () => AbortSignal.abort();
    const startSandbox = async () => ({ url: 'http://x', close: async () => undefined });
    const { out, err } = await ran(['sandbox', '--token', CANARY.core], {
      parts: { startSandbox },
      shell: { interrupted },
    });
    expect(leaksIn(out + err, [CANARY])).toEqual([]);
  });

  it('names an address that is taken', async () => {
    const startSandbox = () =>
      Promise.reject(Object.assign(new Error('x'), { code: 'EADDRINUSE', syscall: 'listen' }));
    const { exitCode, err } = await ran(['sandbox'], { parts: { startSandbox } });
    expect(exitCode).toBe(3);
    expect(err).toContain('127.0.0.1:8787');
  });
});

describe('sandbox', () => {
  it('writes challenges to the folder that it is given, seen from where it is started', async () => {
    let chosen: object = {};
    const { exitCode } = await ran(['sandbox', '--challenge-dir', 'buckets'], {
      parts: {
        startSandbox: async (choice) => {
          chosen = choice;
          return { url: 'http://127.0.0.1:1/client/v4', close: async () => undefined };
        },
      },
      shell: { cwd: '/srv', interrupted: () => AbortSignal.abort() },
    });
    expect(exitCode).toBe(0);
    expect(chosen).toMatchObject({ challengeDir: path.resolve('/srv/buckets') });
  });
});
