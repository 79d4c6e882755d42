import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Migration, migrateManifest } from '../../src/core/migrate/migrate.ts';
import { ZONES } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { storeModes } from './modes.ts';
import { type Files, parseManifest, pendingOf, World } from './world.ts';

const logpull = fc.constantFrom(
  'fields=ClientIP,RayID',
  'fields=RayID&sample=0.5',
  'sample=0.25&timestamps=rfc3339',
  'timestamps=unix&CVE-2021-44228=true',
  'CVE-2021-44228=false',
  'fields%3DRayID%26sample%3D0.5',
  'fields=${zone.name}',
  'fields=RayID&start=1',
  '',
  null,
);
const options = fc.constantFrom(
  '{}',
  'null',
  '{ sample_rate: 0.75 }',
  '{ field_names: [RayID], output_type: csv }',
);
const style = fc.constantFrom('block', 'flow', 'folded', 'commented');

/** What a layer says about its options, in one of the ways in which it can be written. */
const layer = fc.record({
  logpull: fc.option(logpull, { nil: undefined, freq: 4 }),
  options: fc.option(options, { nil: undefined, freq: 1 }),
  style,
});
type Layer = typeof layer extends fc.Arbitrary<infer T> ? T : never;

const written = fc.record({
  defaults: layer,
  presets: fc.tuple(layer, layer),
  jobs: fc.array(
    fc.record({
      layer,
      preset: fc.constantFrom('', 'p0', 'p1'),
      ignores: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});
type WrittenManifest = typeof written extends fc.Arbitrary<infer T> ? T : never;

let comments = 0;

function lines(head: readonly string[], one: Layer, indent: number): string {
  const isFlow = one.style === 'flow';
  const value = one.logpull === null ? 'null' : `'${one.logpull ?? ''}'`;
  const comment = (comments += 1);
  const old = {
    block: `logpull_options: ${value}`,
    flow: `logpull_options: ${value}`,
    folded:
      one.logpull === null
        ? 'logpull_options: ~'
        : `logpull_options: >-\n${' '.repeat(indent + 4)}${one.logpull ?? ''}`,
    commented: `# above ${comment}\n${' '.repeat(indent)}logpull_options: ${value} # behind ${comment}`,
  }[one.style];
  const all = [
    ...head,
    ...(one.logpull === undefined ? [] : [old]),
    ...(one.options === undefined ? [] : [`output_options: ${one.options}`]),
  ];
  return isFlow ? `{ ${all.join(', ')} }` : `\n${all.map((text) => ' '.repeat(indent) + text).join('\n')}`;
}

function textOf({ defaults, presets, jobs }: WrittenManifest): string {
  comments = 0;
  const base = ['enabled: true', 'dataset: http_requests', "destination_conf: 'gs://acme-logs/x'"];
  const entries = jobs.map(({ layer: own, preset, ignores }, index) => {
    const head = [
      `name: job-${index}`,
      ...(preset === '' ? [] : [`preset: ${preset}`]),
      ...(ignores ? ['ignore: [output_options.sample_rate]'] : []),
    ];
    return `      - ${lines(head, own, 8).trimStart()}`;
  });
  return [
    'version: 1',
    `defaults: ${lines(base, defaults, 2)}`,
    'presets:',
    ...presets.map((one, index) => `  p${index}: ${lines([`max_upload_records: ${1000 + index}`], one, 4)}`),
    'zones:',
    `  - zone: ${ZONES[0].name}`,
    '    jobs:',
    ...entries,
    '',
  ].join('\n');
}

function migrated(files: Files): Migration {
  const result = migrateManifest(files, parseManifest);
  if ('problems' in result) throw new Error(JSON.stringify(result.problems));
  return result;
}

function commentsIn(text: string): readonly string[] {
  return [...text.matchAll(/# [a-z]+ \d+/g)].map(([comment]) => comment);
}

describe('a migrated manifest', () => {
  it(
    'wants no change of what the one before it has made, nor the other way round',
    async () => {
      await fc.assert(
        fc.asyncProperty(written, storeModes, async (manifest, modes) => {
          const before = [{ path: 'm.yaml', text: textOf(manifest) }];
          const { files: after } = migrated(before);
          for (const [first, second] of [
            [before, after],
            [after, before],
          ] as const) {
            const world = new World({ modes: { ...modes, jobsPerScope: null } });
            await world.apply(first);
            expect(pendingOf(await world.plan(second))).toEqual([]);
          }
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'keeps every comment in its order, and what was left is at most removed the next time',
    () => {
      fc.assert(
        fc.property(written, (manifest) => {
          const text = textOf(manifest);
          const first = migrated([{ path: 'm.yaml', text }]);
          const again = migrated(first.files);
          expect(commentsIn(again.files[0]!.text)).toEqual(commentsIn(text));
          expect(again.done.length).toBeLessThanOrEqual(first.left.length);
          expect(migrated(again.files).rewritten).toEqual([]);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );
});
