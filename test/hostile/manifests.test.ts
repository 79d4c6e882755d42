import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import type { OutputFormat } from '../../src/core/render/plan-report.ts';
import { renderProblems } from '../../src/core/render/problems.ts';
import { filesSource } from '../../src/edges/source/files.ts';
import { SourceError } from '../../src/reconcile/errors.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { loadSchema } from '../../src/schemas.ts';
import { leaksIn } from '../canaries.ts';
import { run } from '../e2e/process.ts';
import { temporaryFolder } from '../edges/temporary-folder.ts';
import { HOSTILE_MANIFESTS, type HostileManifest, PASTED } from './manifests.ts';

const FORMATS: readonly OutputFormat[] = ['text', 'json', 'markdown', 'github'];
const READABLE = HOSTILE_MANIFESTS.filter(({ unreadable }) => unreadable === undefined);
const UNREADABLE = HOSTILE_MANIFESTS.filter(({ unreadable }) => unreadable !== undefined);
const parse = createManifestParser(loadSchema('manifest'));
const signal = new AbortController().signal;

/** Files named after the row, so that a finding says which fixture it is about. */
function filed(manifests: readonly HostileManifest[], folder = temporaryFolder()): string {
  mkdirSync(folder, { recursive: true });
  for (const manifest of manifests) writeFileSync(join(folder, nameOf(manifest)), manifest.content);
  return folder;
}

function nameOf(manifest: HostileManifest): string {
  return `${manifest.row}-${HOSTILE_MANIFESTS.indexOf(manifest)}.yaml`;
}

describe('a hostile manifest, read and parsed', () => {
  it.each(READABLE.map((manifest) => [manifest.row, manifest.what, manifest] as const))(
    '%s: %s',
    async (_row, _what, manifest) => {
      const text = await filesSource([filed([manifest])]).read(signal);
      const result = parse(text.files);

      const found = new Set(result.problems.map(({ code }) => code));
      expect(manifest.codes.filter((code) => !found.has(code))).toEqual([]);
      expect(result.manifest === null).toBe(manifest.codes.length > 0);
      const told = [
        ...FORMATS.map((format) => renderProblems(result.problems, format)),
        inspect(result.problems, { maxArrayLength: 20, depth: 9 }),
      ];
      expect(leaksIn(told.join('\n'), [PASTED])).toEqual([]);
      expect(told.join('').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069\u200B]/u);
    },
  );

  it.each(UNREADABLE.map((manifest) => [manifest.row, manifest.what, manifest] as const))(
    '%s: %s',
    async (_row, _what, manifest) => {
      const reading = filesSource([filed([manifest])]).read(signal);
      await expect(reading).rejects.toThrow(SourceError);
      await expect(reading).rejects.toThrow(manifest.unreadable);
    },
  );

  it('leaves Object.prototype as it was', () => {
    expect('polluted' in {}).toBe(false);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a hostile manifest, given to the process', () => {
  const refused = READABLE.filter(({ codes }) => codes.length > 0);
  const rows = [...new Set(refused.map(({ row }) => row))];

  it.each(rows)('%s: every file has its finding, and it ends with 3', async (row) => {
    const manifests = refused.filter((manifest) => manifest.row === row);
    const folder = temporaryFolder();
    filed(manifests, join(folder, 'm'));

    const { code, stdout, stderr } = await run(['validate', 'm', '--output', 'json'], { cwd: folder });

    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    const { problems } = JSON.parse(stdout) as { problems: { file: string; severity: string }[] };
    const files = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
    // Findings that follow upon a thousand others are only counted.
    const told = manifests.filter(({ codes }) => !codes.includes('too-many-problems'));
    const silent = told.filter((manifest) => !files.has(`m/${nameOf(manifest)}`)).map(({ what }) => what);
    expect(problems.length > 1_000 ? [] : silent).toEqual([]);
    expect(leaksIn(stdout, [PASTED])).toEqual([]);
  });

  it.each(UNREADABLE.map((manifest) => [manifest.row, manifest.what, manifest] as const))(
    '%s: %s ends with 3, and names the file',
    async (_row, _what, manifest) => {
      const folder = temporaryFolder();
      filed([manifest], join(folder, 'm'));
      const { code, stdout, stderr } = await run(['validate', 'm'], { cwd: folder });
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(manifest.unreadable ?? /$^/);
      expect(stderr).toContain(nameOf(manifest));
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );

  it.each(['plan', 'apply', 'render'])(
    'is never used: %s of all of them at once asks nothing of Cloudflare',
    { timeout: 300_000 },
    async (command) => {
      const sandbox = await startSandbox({ zones: ['example.com'] });
      onTestFinished(() => sandbox.close());
      const folder = temporaryFolder();
      filed(READABLE, join(folder, 'm'));

      const { code, stdout, stderr } = await run(
        [command, '--manifest', 'm', ...(command === 'render' ? [] : ['--state', 'memory'])],
        {
          cwd: folder,
          env: { CLOUDFLARE_API_TOKEN: PASTED.core, CLOUDFLARE_BASE_URL: sandbox.url },
        },
      );

      expect(code).toBe(3);
      expect(sandbox.requests()).toEqual([]);
      expect(leaksIn(stdout + stderr, [PASTED])).toEqual([]);
    },
  );
});

describe('the id of a zone that YAML reads as a number', () => {
  it.each([
    '12345678901234567890123456789012',
    '00000000000000000000000000000001',
    '0123456789012345678901234567e123',
    '1234567890123456789012345678e-10'.replace('-', '1'),
    '99999999999999999999999999999e99',
  ])('stays that id: %s', (id) => {
    const job = '{ name: a, dataset: http_requests, enabled: true, destination_conf: "s3://b?region=r" }';
    for (const written of [id, `'${id}'`, `&x ${id}`]) {
      const text = `version: 1\nzones:\n  - zone: ${written}\n    jobs: [${job}]\n`;
      const { manifest, problems } = parse([{ path: 'm.yaml', text }]);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(JSON.stringify(manifest)).toContain(`"${id}"`);
    }
  });
});
