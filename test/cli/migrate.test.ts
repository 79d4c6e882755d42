import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';

import { PARTS } from '../../src/cli/parts.ts';
import { aCanary, leaksIn } from '../canaries.ts';
import { temporaryFolder } from '../edges/temporary-folder.ts';
import { openSandbox } from '../sandbox/open-sandbox.ts';
import { ran, type Ran } from './fake-shell.ts';

const CONF = 'https://logs.example.net/in';
const OLD = `version: 1 # the only file
zones:
  - zone: example.com
    jobs:
      - name: http
        dataset: dns_logs
        enabled: true
        destination_conf: ${CONF}
        # what analysts need
        logpull_options: fields=ClientIP,RayID&sample=0.1 # agreed
`;
const NEW = OLD.replace(
  'logpull_options: fields=ClientIP,RayID&sample=0.1 # agreed',
  `output_options: # agreed
          field_names: [ClientIP, RayID]
          sample_rate: 0.1`,
);
const DIFF = `@@ -10,1 +10,3 @@
-        logpull_options: fields=ClientIP,RayID&sample=0.1 # agreed
+        output_options: # agreed
+          field_names: [ClientIP, RayID]
+          sample_rate: 0.1
`;

let folder: string;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = path.join(folder, 'm.yaml');
  writeFileSync(file, OLD);
});

function migrated(flags: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const argv = ['migrate', '--manifest', file, '--state', 'memory', ...flags];
  return ran(argv, { environment, parts: { openProgram: PARTS.openProgram } });
}

describe('migrate, offline', () => {
  it('rewrites the files in place, and they keep their mode', async () => {
    chmodSync(file, 0o640);
    const { exitCode, out, err } = await migrated([]);
    expect(readFileSync(file, 'utf8')).toBe(NEW);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(out).toContain('1 place in 1 file rewritten. 1 job compared: each means what it meant.');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect((await migrated(['--check'])).out).toBe('Nothing to rewrite in 1 file.\n');
  });

  it('writes through a link, and leaves the link', async () => {
    const link = path.join(folder, 'link.yaml');
    symlinkSync(file, link);
    await migrated(['--manifest', link]);
    expect(readFileSync(file, 'utf8')).toBe(NEW);
    expect(readFileSync(link, 'utf8')).toBe(NEW);
  });

  it('keeps a byte order mark', async () => {
    writeFileSync(file, `\uFEFF${OLD}`);
    await migrated([]);
    expect(readFileSync(file, 'utf8')).toBe(`\uFEFF${NEW}`);
  });

  it.each([
    ['--dry-run', 0],
    ['--check', 2],
  ])('%s shows a patch, writes nothing and answers %d', async (flag, answer) => {
    const { exitCode, out } = await migrated([flag]);
    expect(out).toContain(DIFF);
    expect(out).toContain('1 place in 1 file to rewrite.');
    expect(exitCode).toBe(answer);
    expect(readFileSync(file, 'utf8')).toBe(OLD);
  });

  it('--check answers 0 when all that is old has to be decided by hand, and says what', async () => {
    const text = OLD.replace('sample=0.1', 'sample=${env:SHARE}');
    writeFileSync(file, text);
    const { exitCode, out } = await migrated(['--check']);
    expect(out).toContain(
      'm.yaml:10:9  zones[0].jobs[0]\n  These logpull_options stay: it holds a reference',
    );
    expect(out).toContain('1 place left to you.');
    expect(exitCode).toBe(0);
  });

  it('is one JSON document on demand', async () => {
    const { out } = await migrated(['--dry-run', '--output', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      written: false,
      proof: 'jobs',
      jobs: 1,
      files: [{ hunks: [{ line: 10, before: [expect.any(String)], after: { length: 3 } }] }],
      places: [{ line: 10, column: 9 }],
      left: [],
    });
  });

  it('shows a patch that git takes', async () => {
    const text = `${OLD}      - name: both
        dataset: dns_logs
        enabled: true
        destination_conf: ${CONF}
        logpull_options: sample=0.5
        output_options: { sample_rate: 0.25 } # wins
      - { name: old, dataset: dns_logs, enabled: true, destination_conf: gs://acme-logs, logpull_options: sample=0.5 }
`;
    writeFileSync(file, text);
    const { out } = await migrated(['--dry-run']);
    const patch = out.slice(0, out.indexOf('3 places')).replaceAll(/^(---|\+\+\+) .*$/gm, '$1 m.yaml');
    execFileSync('git', ['apply', '-p0', '--unidiff-zero', '-'], { cwd: folder, input: patch });
    const patched = readFileSync(file, 'utf8');
    writeFileSync(file, text);
    await migrated([]);
    expect(patched).toBe(readFileSync(file, 'utf8'));
    expect(patched).not.toContain('logpull_options');
  });

  it.each(['text', 'json'])('shows no secret of a line that holds a whole job, as %s', async (output) => {
    const canary = aCanary('a line of a manifest');
    const head = OLD.slice(0, OLD.indexOf('      - name'));
    writeFileSync(
      file,
      `${head}      - { name: a, dataset: dns_logs, enabled: true, destination_conf: 'https://h.example/in/${canary.core}', ownership_challenge: ${canary.core}, logpull_options: sample=0.5 }\n`,
    );
    const { out, err } = await migrated(['--dry-run', '--output', output]);
    expect(out).toContain('output_options: { sample_rate: 0.5 }');
    expect(leaksIn(out + err, [canary])).toEqual([]);
  });

  it('rewrites no file where one of them has changed meanwhile', async () => {
    const other = path.join(folder, 'n.yaml');
    const text = OLD.replace('example.com', 'example.net');
    writeFileSync(other, text);
    const openProgram: typeof PARTS.openProgram = async (...given) => {
      const program = await PARTS.openProgram(...given);
      const meddled = async (signal: AbortSignal) => {
        const read = await program.text(signal);
        writeFileSync(other, `${text}# mine\n`);
        return read;
      };
      return { ...program, text: meddled };
    };
    const argv = ['migrate', '--manifest', folder, '--state', 'memory'];
    const { exitCode, out, err } = await ran(argv, { environment: {}, parts: { openProgram } });
    expect(err).toMatch(/n\.yaml has changed since it was read\. .* Nothing was rewritten\./);
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
    expect(readFileSync(file, 'utf8')).toBe(OLD);
    expect(readFileSync(other, 'utf8')).toBe(`${text}# mine\n`);
  });

  it('refuses a manifest with another mistake, shows it and writes nothing', async () => {
    const text = `${OLD}        colour: red\n`;
    writeFileSync(file, text);
    const { exitCode, err } = await migrated([]);
    expect(err).toContain('unknown-key');
    expect(exitCode).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('says when there is no manifest', async () => {
    const { exitCode, err } = await migrated(['--manifest', path.join(folder, 'gone.yaml')]);
    expect(err).toContain('gone.yaml');
    expect(exitCode).toBe(3);
  });
});

describe('migrate, with a credential', () => {
  async function withJob(fields: Record<string, unknown>) {
    const sandbox = await openSandbox();
    await sandbox.create({
      name: 'http',
      dataset: 'dns_logs',
      enabled: true,
      destination_conf: CONF,
      ...fields,
    });
    return { sandbox, environment: { CLOUDFLARE_API_TOKEN: 'test-token', CLOUDFLARE_BASE_URL: sandbox.url } };
  }

  it.each<[string, Record<string, unknown>]>([
    ['output_options', { output_options: { field_names: ['RayID', 'ClientIP'], sample_rate: 0.1 } }],
    ['other options than the manifest', { output_options: { field_names: ['RayID'], sample_rate: 0.1 } }],
  ])('compares the plans of a live job with %s, and rewrites', async (_, fields) => {
    const { environment, sandbox } = await withJob(fields);
    const before = await sandbox.list();
    const { exitCode, out } = await migrated([], environment);
    expect(out).toContain('and the plan is the same');
    expect(exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(NEW);
    expect(await sandbox.list()).toEqual(before);
  });

  it('rewrites where the guard refuses the plan for the same jobs before and after', async () => {
    const disabled = (text: string): string =>
      text
        .replace('enabled: true', 'enabled: false')
        .replace('ClientIP', 'ColoCode')
        .replace('RayID', 'QueryName');
    writeFileSync(file, disabled(OLD));
    const live = { field_names: ['QueryName'], sample_rate: 0.5 };
    const { environment } = await withJob({ output_options: live });
    const flags = ['--max-removals', '0', '--max-removal-share', '0'];
    const { exitCode, err } = await migrated(flags, environment);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(readFileSync(file, 'utf8')).toBe(disabled(NEW));
  });

  it('writes nothing where the plan would be another one', async () => {
    const live = { field_names: ['RayID', 'ClientIP'], sample_rate: 0.1, batch_prefix: '[' };
    const { environment } = await withJob({ output_options: live });
    const { exitCode, out, err } = await migrated([], environment);
    expect(err).toContain('is not the plan of the manifest as it is, so nothing was written');
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(readFileSync(file, 'utf8')).toBe(OLD);
  });

  it('writes nothing where a scope cannot be read, and does with --offline', async () => {
    const { environment } = await withJob({});
    const wrong = { ...environment, CLOUDFLARE_BASE_URL: 'http://127.0.0.1:1/client/v4' };
    const { exitCode, err } = await migrated([], wrong);
    expect(err).toContain('Pass --offline');
    expect(exitCode).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(OLD);
    expect((await migrated(['--offline'], wrong)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(NEW);
  });
});
