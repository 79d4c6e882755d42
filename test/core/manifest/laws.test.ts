import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { DesiredScope, JsonValue } from '../../../src/core/job/job.ts';
import { createManifestParser, type ManifestFile } from '../../../src/core/manifest/parser.ts';
import { resolveManifest } from '../../../src/core/manifest/resolve.ts';
import { Secret } from '../../../src/core/secret.ts';
import { loadSchema } from '../../../src/schemas.ts';
import { parseFiles } from './fixtures.ts';
import { aWorld, aZone } from './world.ts';

/** As long as a real one, and with the characters of base64. */
const SECRET = 'CANARY/CANARY+CANARY/CANARY+CANARY/CANARY==';
const SCHEMA = loadSchema('manifest');
const ZONES = ['a.example', 'b.example', 'c.example'];
const WORLD = aWorld({ zones: ZONES.map((name, index) => aZone(name, index + 1)) });

interface WrittenJob {
  readonly zone: string;
  readonly name: string;
  readonly preset: string | undefined;
  readonly sample: number | undefined;
}

const aJob: fc.Arbitrary<WrittenJob> = fc.record({
  zone: fc.constantFrom(...ZONES, '*', 'A.example', '1'.repeat(32)),
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  preset: fc.constantFrom('http', 'dns', undefined),
  sample: fc.constantFrom(0.1, 1, undefined),
});

/** One file a job, with the shared things in a file of their own. */
function filesOf(jobs: readonly WrittenJob[]): readonly ManifestFile[] {
  const shared = {
    version: 1,
    destinations: { archive: { type: 's3', bucket: 'b', region: 'r', path: '${zone.name}/{DATE}' } },
    presets: {
      http: { dataset: 'http_requests', enabled: true },
      dns: { dataset: 'dns_logs', enabled: false },
    },
  };
  const documents: readonly JsonValue[] = jobs.map(({ zone, name, preset, sample }) => ({
    version: 1,
    zones: [
      {
        ...(zone === '*' ? { select: { name: '*' } } : { zone }),
        jobs: [
          {
            name,
            destination: 'archive',
            ...(preset === undefined ? { dataset: 'nel_reports', enabled: true } : { preset }),
            ...(sample === undefined ? {} : { output_options: { sample_rate: sample } }),
          },
        ],
      },
    ],
  }));
  return [shared, ...documents].map((value, index) => ({ path: `${index}.yaml`, text: stringify(value) }));
}

/** All that matters of the result; places and the order of writing do not. */
function meaningOf(files: readonly ManifestFile[]): unknown {
  const { manifest, problems } = parseFiles(files);
  if (manifest === null) return new Set(problems.map(({ code, path }) => `${code} ${path}`));
  const { scopes, unresolved, problems: late } = resolveManifest(manifest, WORLD);
  return { scopes: scopes.map(withoutPlaces), unresolved, late: late.map(({ code }) => code).toSorted() };
}

function withoutPlaces(scope: DesiredScope): unknown {
  return JSON.parse(
    JSON.stringify(scope, (key, value: unknown) => {
      if (key === 'origin' || key === 'reason') return undefined;
      return value instanceof Secret ? value.reveal() : value;
    }),
  );
}

/** A manifest looks places up by a function, and two of these are never the same. */
function dataOf(answer: unknown): unknown {
  const asData = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value);
  return JSON.parse(JSON.stringify(answer, asData));
}

describe('laws of the manifest', () => {
  it('the order in which files are given does not matter at all', () => {
    fc.assert(
      fc.property(
        fc
          .array(aJob, { maxLength: 8 })
          .chain((jobs) =>
            fc.tuple(
              fc.constant(filesOf(jobs)),
              fc.shuffledSubarray([...filesOf(jobs)], { minLength: jobs.length + 1 }),
            ),
          ),
        ([files, shuffled]) => {
          expect(dataOf(parseFiles(shuffled))).toEqual(dataOf(parseFiles(files)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('the order in which jobs are written, and in which files, does not matter for what is desired', () => {
    fc.assert(
      fc.property(
        fc
          .array(aJob, { maxLength: 8 })
          .chain((jobs) =>
            fc.tuple(fc.constant(jobs), fc.shuffledSubarray(jobs, { minLength: jobs.length })),
          ),
        ([jobs, shuffled]) => {
          expect(meaningOf(filesOf(shuffled))).toEqual(meaningOf(filesOf(jobs)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('the same jobs in one file, in one zone after the other, are the same manifest', () => {
    fc.assert(
      fc.property(fc.array(aJob, { maxLength: 8 }), (jobs) => {
        const files = filesOf(jobs);
        const whole = [{ path: 'all.yaml', text: files.map(({ text }) => text).join('---\n') }];
        expect(meaningOf(whole)).toEqual(meaningOf(files));
      }),
      { numRuns: 100 },
    );
  });

  it('a parser that has seen other versions of the files answers as a new one would', () => {
    const versions = fc.array(fc.array(aJob, { maxLength: 6 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(versions, (all) => {
        const kept = createManifestParser(SCHEMA);
        const answers = all.map((jobs) => kept(filesOf(jobs)));
        const anew = all.map((jobs) => createManifestParser(SCHEMA)(filesOf(jobs)));
        expect(dataOf(answers)).toEqual(dataOf(anew));
      }),
      { numRuns: 20 },
    );
  });

  it('no text, however broken, makes the parser throw or quote a secret', () => {
    const good = stringify({
      version: 1,
      destinations: {
        a: { type: 'https', url: `https://h/?t=${SECRET}`, headers: { A: SECRET } },
        b: { type: 'r2', bucket: SECRET, access_key_id: SECRET, secret_access_key: SECRET },
      },
      defaults: { destination_conf: `s3://b?secret-access-key=${SECRET}`, ownership_challenge: SECRET },
      zones: [
        { zone: 'a.example', jobs: [{ name: 'a', destination: { type: SECRET }, extra: { x: SECRET } }] },
      ],
    });
    const edit = fc.record({
      at: fc.nat(good.length),
      remove: fc.nat(6),
      // No line end and no quote: they can turn a secret into a key of the top level, which is shown.
      insert: fc.string({
        unit: fc.constantFrom('[', '{', '}', ']', '&', '*', '!', '|', '%', '@', ' ', ',', '\t'),
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce(
          (before, { at, remove, insert }) => before.slice(0, at) + insert + before.slice(at + remove),
          good,
        );
        const { problems } = parseFiles([{ path: 'm.yaml', text }]);
        expect(JSON.stringify(problems)).not.toContain('CANARY');
      }),
      { numRuns: 2_000 },
    );
  });
});
