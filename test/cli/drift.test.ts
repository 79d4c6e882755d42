import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { PARTS } from '../../src/cli/parts.ts';
import { fileState } from '../../src/edges/state/file.ts';
import { AUDIT_KEY, EMPTY_AUDIT_PAGE, textOfAuditPage } from '../../src/reconcile/audit/page.ts';
import { ADA } from '../core/audit/entries.ts';
import { temporaryFolder } from '../edges/temporary-folder.ts';
import { type OpenSandbox, openSandbox } from '../sandbox/open-sandbox.ts';
import { ran, type Ran } from './fake-shell.ts';

const CONF = 'https://logs.example.net/in';
const MANIFEST = `version: 1 # the only file
presets:
  http:
    dataset: http_requests
    enabled: true
    destination_conf: ${CONF}/http
    output_options: { field_names: [ClientIP, RayID], sample_rate: 0.5 }
zones:
  - zone: example.com
    jobs:
      - name: http # the first one
        preset: http
        # nobody touches this
        max_upload_records: 2000 # agreed
      - { name: other, preset: http, destination_conf: ${CONF}/other }
      - name: dns
        dataset: dns_logs
        enabled: true
        destination_conf: ${CONF}/dns
        filter:
          where: { key: ResponseCode, operator: eq, value: 0 }
`;

interface Installation {
  readonly sandbox: OpenSandbox;
  readonly file: string;
  readonly text: () => string;
  /** Runs a command with the manifest, the state and the sandbox. */
  readonly run: (...argv: readonly string[]) => Promise<Ran>;
  /** Somebody changes a job at Cloudflare. */
  readonly edit: (name: string, fields: Record<string, unknown>) => Promise<void>;
  /** A daemon has read in the audit log that Ada changed this job. */
  readonly audited: (name: string, at: number) => Promise<void>;
}

/** What the manifest says is at Cloudflare. */
async function installed(manifest = MANIFEST, now?: () => number): Promise<Installation> {
  const sandbox = await openSandbox(now && { now });
  const folder = temporaryFolder();
  const file = path.join(folder, 'm.yaml');
  writeFileSync(file, manifest);
  const environment = {
    CLOUDFLARE_API_TOKEN: 'test-token',
    CLOUDFLARE_BASE_URL: sandbox.url,
    LOGPUSHD_MANIFEST: file,
    LOGPUSHD_STATE: `file:${path.join(folder, 'state')}`,
  };
  const run = (...argv: readonly string[]): Promise<Ran> =>
    ran(argv, { environment, parts: { openProgram: PARTS.openProgram } });
  const { exitCode, err } = await run('apply');
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  const edit = async (name: string, fields: Record<string, unknown>): Promise<void> => {
    const live = (await sandbox.list()).find((job) => job.name === name);
    expect((await sandbox.put(live.id, fields)).status).toBe(200);
  };
  const audited = async (name: string, at: number): Promise<void> => {
    const { id } = (await sandbox.list()).find((job) => job.name === name);
    const scope = { kind: 'zone', id: sandbox.zone } as const;
    const action = { event: 'entry-1', at, scope, job: id, action: 'update', by: ADA } as const;
    const text = textOfAuditPage({ ...EMPTY_AUDIT_PAGE, actions: [action] });
    await fileState(path.join(folder, 'state')).save(AUDIT_KEY, text);
  };
  return { sandbox, file, text: () => readFileSync(file, 'utf8'), run, edit, audited };
}

describe('drift', () => {
  it('shows what somebody changed, and nothing that the manifest changes', async () => {
    const { file, run, edit } = await installed();
    await edit('http', { enabled: false });
    writeFileSync(file, MANIFEST.replace('max_upload_records: 2000', 'max_upload_records: 3000'));
    const { out, exitCode } = await run('drift');
    expect(out).toMatch(/http .*\n(?:.*\n)* +enabled /);
    expect(out).not.toContain('max_upload_records');
    expect(exitCode).toBe(0);
  });

  it.each<[string, readonly string[], number]>([
    ['drift', [], 4],
    ['drift of another field', ['--field', 'filter'], 0],
    ['drift of this field', ['--field', 'enabled'], 4],
    ['drift of another job', ['--job', 'dns'], 0],
    ['drift of this job', ['--job', 'http'], 4],
    ['drift of an unknown zone', ['--zone', 'typo.example'], 3],
  ])('with --detailed-exitcode answers by %s', async (_, flags, expected) => {
    const { run, edit } = await installed();
    await edit('http', { enabled: false });
    expect((await run('drift', '--detailed-exitcode', ...flags)).exitCode).toBe(expected);
  });

  it('ends with how many have drifted, and what can be done about it', async () => {
    const { run, edit } = await installed();
    await edit('dns', { enabled: false });
    const { out } = await run('drift');
    expect(out).toContain(
      [
        '',
        '1 of 3 jobs in 1 scope has drifted.',
        '',
        'Keep it:   logpushd drift accept example.com/dns   (--dry-run shows the edit)',
        'Undo it:   logpushd apply   (a daemon does so by itself; what is withheld says why not)',
        'Wait:      logpushd pause example.com/dns --for 4h   (a daemon leaves it alone)',
        '',
      ].join('\n'),
    );
    expect((await run('drift', '--output', 'markdown')).out).toMatch(
      /^### logpushd drift\n\n\*\*1 of 3 jobs/,
    );
  });

  it.each([
    [[], 'No drift: 3 jobs in 1 scope were looked at.'],
    [['--job', 'dns'], 'No drift: 1 job in 1 scope was looked at.'],
    [['--field', 'filter'], 'No drift of filter: 3 jobs in 1 scope were looked at.'],
  ])('says that there is none, and where it was looked for: %j', async (flags, line) => {
    const { file, run } = await installed();
    writeFileSync(file, MANIFEST.replace('max_upload_records: 2000', 'max_upload_records: 3000'));
    expect((await run('drift', ...flags)).out).toBe(`${line}\n`);
  });

  it.each([
    [['drift', 'accept', 'exmple.com/http'], 'Did you mean "example.com/http"?'],
    [['drift', 'accept', 'example.com/dnss'], 'Did you mean "dns"?'],
  ])('says which name may be meant: %j', async (argv, hint) => {
    const { run } = await installed();
    expect(await run(...argv)).toMatchObject({ err: expect.stringContaining(hint), exitCode: 3 });
  });

  it('takes no job that does not exist for one without drift', async () => {
    const { run } = await installed();
    expect(await run('drift', '--job', 'htp', '--job', 'http')).toMatchObject({
      out: '',
      err: 'error: --job htp: no job that was looked at has this name. Did you mean "http"?\n',
      exitCode: 3,
    });
  });

  it('answers 6 for what both have changed, and 0 for what only the manifest has', async () => {
    const { file, run, edit } = await installed();
    writeFileSync(file, MANIFEST.replace('max_upload_records: 2000', 'max_upload_records: 3000'));
    expect((await run('drift', '--detailed-exitcode')).exitCode).toBe(0);
    await edit('http', { max_upload_records: 4000 });
    expect((await run('drift', '--detailed-exitcode')).exitCode).toBe(6);
  });
});

describe.each(['plan', 'drift'])('%s beside a daemon that reads the audit log', (command) => {
  it('names who changed a job, and nobody for the others', async () => {
    const { run, edit, audited } = await installed(MANIFEST, Date.now);
    await edit('http', { enabled: false });
    await edit('other', { enabled: false });
    await audited('http', Date.now());
    expect((await run(command)).out.match(/changed by .*/g)).toEqual([
      expect.stringMatching(/^changed by ada@example\.com in the dashboard at /),
    ]);
    expect((await run(command, '--output', 'markdown')).out.match(/Changed by \S+/g)).toHaveLength(1);
    const { scopes } = JSON.parse((await run(command, '--output', 'json')).out);
    const changedBy = scopes[0].changes.map(({ name, changed_by }: never) => [name, changed_by]);
    expect(new Map(changedBy)).toEqual(
      new Map([
        ['http', expect.objectContaining({ email: 'ada@example.com', way: 'dashboard', others: 0 })],
        ['other', undefined],
      ]),
    );
  });

  it('names nobody for what was changed again after it was put right', async () => {
    const { run, edit, audited } = await installed(MANIFEST, Date.now);
    await audited('http', Date.now() - 60_000);
    await edit('http', { enabled: false });
    expect((await run('apply')).exitCode).toBe(0);
    await edit('http', { enabled: false });
    expect((await run(command)).out).toMatch(/enabled(?:(?!changed by).|\n)*$/);
  });
});

describe('drift accept', () => {
  it('writes what was changed into the job itself, and leaves comments, order and other jobs alone', async () => {
    const { sandbox, text, run, edit } = await installed();
    await edit('http', { enabled: false, max_upload_records: 5000 });
    const live = await sandbox.list();
    const { out, err, exitCode } = await run('drift', 'accept', 'example.com/http');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(text()).toBe(
      MANIFEST.replace(
        '- name: http # the first one\n',
        '- name: http # the first one\n        enabled: false\n',
      ).replace('max_upload_records: 2000 # agreed', 'max_upload_records: 5000 # agreed'),
    );
    expect(out).toContain('+        enabled: false');
    expect(out).toContain('the plan is the same without the drift');
    expect(await sandbox.list()).toEqual(live);
    expect((await run('plan', '--detailed-exitcode')).exitCode).toBe(0);
  });

  it.each<[string, string, Record<string, unknown>, string, string]>([
    [
      'an option, over that of the preset',
      'http',
      { output_options: { field_names: ['ClientIP', 'RayID'], sample_rate: 0.1 } },
      '- name: http # the first one\n',
      '- name: http # the first one\n        output_options: { sample_rate: 0.1 }\n',
    ],
    [
      'a list of fields',
      'http',
      { output_options: { field_names: ['RayID'], sample_rate: 0.5 } },
      '- name: http # the first one\n',
      '- name: http # the first one\n        output_options: { field_names: [RayID] }\n',
    ],
    ['a key of a mapping in one line', 'other', { enabled: false }, '/other }', '/other, enabled: false }'],
    [
      'a filter in a block',
      'dns',
      { filter: '{"where":{"key":"ResponseCode","operator":"eq","value":3}}' },
      'filter:\n          where: { key: ResponseCode, operator: eq, value: 0 }',
      'filter: { where: { key: ResponseCode, operator: eq, value: 3 } }',
    ],
    [
      'a filter that was taken away',
      'dns',
      { filter: '' },
      'filter:\n          where: { key: ResponseCode, operator: eq, value: 0 }',
      'filter: null',
    ],
  ])('takes over %s', async (_, job, fields, from, to) => {
    const { text, run, edit } = await installed();
    await edit(job, fields);
    const { err, exitCode } = await run('drift', 'accept', `example.com/${job}`);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(text()).toBe(MANIFEST.replace(from, to));
    expect((await run('plan', '--detailed-exitcode')).exitCode).toBe(0);
  });

  it.each([
    ['nothing behind the colon', 'filter:\n', 'filter: FILTER\n'],
    ['spaces behind the colon', 'filter:  \n', 'filter: FILTER  \n'],
    ['a comment behind the colon', 'filter: # all\n', 'filter: FILTER # all\n'],
    ['no line of its own', '{ filter: , name: dns2,', '{ filter: FILTER , name: dns2,'],
    ['no colon', '{ filter, name: dns2,', '{ filter: FILTER, name: dns2,'],
  ])('takes over what the manifest leaves empty, with %s', async (_, written, expected) => {
    const isFlow = written.startsWith('{');
    const manifest = isFlow
      ? `${MANIFEST}      - ${written} dataset: dns_logs, enabled: true, destination_conf: ${CONF}/dns2 }\n`
      : MANIFEST.replace(/filter:\n.*\n$/, `${written}        frequency: low\n`);
    const { text, run, edit } = await installed(manifest);
    await edit(isFlow ? 'dns2' : 'dns', {
      filter: '{"where":{"key":"ResponseCode","operator":"eq","value":3}}',
    });
    const { err, exitCode } = await run('drift', 'accept', `example.com/${isFlow ? 'dns2' : 'dns'}`);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const filter = '{ where: { key: ResponseCode, operator: eq, value: 3 } }';
    expect(text()).toBe(manifest.replace(written, expected.replace('FILTER', filter)));
  });

  it('takes over one field of several, and the others stay drift', async () => {
    const { text, run, edit } = await installed();
    await edit('http', { enabled: false, max_upload_records: 5000 });
    expect((await run('drift', 'accept', 'example.com/http', '--field', 'enabled')).exitCode).toBe(0);
    expect(text()).toContain('max_upload_records: 2000');
    expect((await run('drift', '--detailed-exitcode', '--field', 'max_upload_records')).exitCode).toBe(4);
  });

  it('writes nothing with --dry-run, and shows what it would', async () => {
    const { text, run, edit } = await installed();
    await edit('http', { enabled: false });
    const { out, exitCode } = await run('drift', 'accept', 'example.com/http', '--dry-run');
    expect(out).toContain('+        enabled: false');
    expect({ exitCode, text: text() }).toEqual({ exitCode: 0, text: MANIFEST });
  });

  const SELECTED = MANIFEST.replace('- zone: example.com', '- select: { name: "*" }');
  const ANCHORED = `version: 1
zones:
  - zone: example.com
    jobs:
      - &a { name: http, dataset: http_requests, enabled: true, destination_conf: ${CONF} }
      - { <<: *a, name: other, destination_conf: ${CONF}/o }
`;

  it.each<[string, string, (one: Installation) => Promise<unknown>, string, string]>([
    ['nothing has drifted', MANIFEST, async () => undefined, 'example.com/http', 'has not drifted'],
    ['there is no such job', MANIFEST, async () => undefined, 'example.com/typo', 'has no job "typo"'],
    [
      'there is no such scope',
      MANIFEST,
      async () => undefined,
      'typo.example/http',
      'is no job of a zone or account',
    ],
    [
      'the destination has drifted',
      MANIFEST,
      ({ edit }) => edit('http', { destination_conf: `${CONF}/elsewhere` }),
      'example.com/http',
      'never written into a manifest',
    ],
    [
      'the job was deleted',
      MANIFEST,
      async ({ sandbox }) => {
        const live = (await sandbox.list()).find((job) => job.name === 'http');
        await sandbox.call('DELETE', `/zones/${sandbox.zone}/logpush/jobs/${live.id}`);
      },
      'example.com/http',
      'take it out of the manifest',
    ],
    [
      'the manifest has changed the same field',
      MANIFEST,
      async ({ edit, file }) => {
        await edit('http', { max_upload_records: 5000 });
        writeFileSync(file, MANIFEST.replace('records: 2000', 'records: 3000'));
      },
      'example.com/http',
      'have both changed max_upload_records',
    ],
    [
      'the job is one of many zones',
      SELECTED,
      ({ edit }) => edit('http', { enabled: false }),
      'example.com/http',
      'stands under "select"',
    ],
    [
      'another job would change with it',
      ANCHORED,
      ({ edit }) => edit('http', { enabled: false }),
      'example.com/http',
      'another job meaning something else',
    ],
  ])('writes nothing where %s, and says what to do', async (_, manifest, happen, target, why) => {
    const installation = await installed(manifest);
    await happen(installation);
    const before = installation.text();
    const { err, exitCode, out } = await installation.run('drift', 'accept', target);
    expect(err).toContain(why);
    expect(err).toContain('Nothing was written.');
    expect({ exitCode, out, text: installation.text() }).toEqual({ exitCode: 3, out: '', text: before });
  });
});
