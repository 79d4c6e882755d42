import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../src/core/job/diff.ts';
import { liveJobOf } from '../../src/core/job/live.ts';
import { type JsonObject, type LiveJob, scopeKey } from '../../src/core/job/job.ts';
import { writtenZone, type WrittenScope } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { storeModes } from './modes.ts';
import { filesOf, pendingOf, World } from './world.ts';

/** What a person who says everything writes: a key that is left out would stay as an earlier manifest set it. */
const EVERYTHING = {
  enabled: true,
  filter: '',
  max_upload_bytes: 0,
  max_upload_interval_seconds: 0,
  max_upload_records: 0,
  frequency: 'high',
};

const EVERY_OPTION = {
  output_type: 'ndjson',
  field_names: ['RayID'],
  timestamp_format: 'unixnano',
  sample_rate: 1,
  batch_prefix: '',
  batch_suffix: '',
  record_prefix: '',
  record_suffix: '\n',
  record_delimiter: '',
  field_delimiter: ',',
  'CVE-2021-44228': false,
  merge_subrequests: false,
};

const explicitZone: fc.Arbitrary<WrittenScope> = writtenZone.map((scope) => ({
  ...scope,
  jobs: scope.jobs.map(({ output_options: options, ...job }) => ({
    ...EVERYTHING,
    ...job,
    filter: job['filter'] ?? '',
    logpull_options: '',
    output_options: { ...EVERY_OPTION, ...(options as object | undefined) },
  })),
}));

const fullZone = explicitZone.filter(({ jobs }) => jobs.length === 4);

const BROKEN = [
  { path: 'manifest.yaml', text: 'version: 1\nzones: [{ zone: example.com, jobs: [{ nam: x }] }]\n' },
];

describe('the way to a manifest', () => {
  it(
    'does not matter: a walk ends where the straight way ends',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(explicitZone, { minLength: 2, maxLength: 6 }),
          storeModes,
          async (steps, modes) => {
            const walked = new World({ modes });
            for (const step of steps) await walked.apply(filesOf([step]));
            const straight = new World({ modes });
            await straight.apply(filesOf([steps.at(-1)!]));

            expect(inOtherWords(walked, straight)).toEqual([]);
            expect(pendingOf(await walked.plan(filesOf([steps.at(-1)!])))).toEqual([]);
          },
        ),
        tries(0.5),
      );
    },
    PATIENCE_MS,
  );

  it(
    'does not matter: restarts and broken manifests in between change nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(explicitZone, { minLength: 2, maxLength: 4 }),
          storeModes,
          async (steps, modes) => {
            const walked = new World({ modes });
            for (const step of steps) {
              await walked.apply(filesOf([step]));
              const writes = walked.store.writes.length;
              await expect(walked.apply(BROKEN)).rejects.toThrow('the manifest was refused');
              expect(walked.store.writes.length).toBe(writes);
              walked.restart();
            }
            const straight = new World({ modes });
            await straight.apply(filesOf([steps.at(-1)!]));

            expect(inOtherWords(walked, straight)).toEqual([]);
          },
        ),
        tries(0.3),
      );
    },
    PATIENCE_MS,
  );

  it(
    'never leaves a job that both manifests want without a live one, where there is room',
    async () => {
      await fc.assert(
        fc.asyncProperty(explicitZone, explicitZone, storeModes, async (before, after, modes) => {
          const world = new World({ modes: { ...modes, jobsPerScope: null } });
          await world.apply(filesOf([before]));

          await world.apply(filesOf([after]));

          const wanted = new Set(after.jobs.map(({ name }) => name));
          expect(world.store.lastOnesDeleted.filter((name) => wanted.has(name))).toEqual([]);
        }),
        tries(0.5),
      );
    },
    PATIENCE_MS,
  );

  it(
    'goes through a full zone where a gap is allowed',
    async () => {
      await fc.assert(
        fc.asyncProperty(fullZone, storeModes, async (before, modes) => {
          const after = inAnotherDataset(before);
          const world = new World({ modes: { ...modes, jobsPerScope: 4 }, policy: { allowGap: true } });
          await world.apply(filesOf([before]));

          await world.apply(filesOf([after]));

          expect(pendingOf(await world.plan(filesOf([after])))).toEqual([]);
        }),
        tries(0.2),
      );
    },
    PATIENCE_MS,
  );

  it(
    'stops at a full zone where no gap is allowed',
    async () => {
      await fc.assert(
        fc.asyncProperty(fullZone, storeModes, async (before, modes) => {
          const world = new World({ modes: { ...modes, jobsPerScope: 4 }, policy: { allowGap: false } });
          await world.apply(filesOf([before]));
          const writes = world.store.writes.length;

          const { plans } = await world.apply(filesOf([inAnotherDataset(before)]));

          expect(world.store.writes.length).toBe(writes);
          expect(plans.flatMap(({ withheld }) => withheld.map(({ action }) => action))).toEqual(
            before.jobs.map(() => 'replace'),
          );
        }),
        tries(0.2),
      );
    },
    PATIENCE_MS,
  );

  it(
    'leaves no gap in a zone that is full only afterwards',
    async () => {
      await fc.assert(
        fc.asyncProperty(explicitZone, explicitZone, storeModes, async (before, after, modes) => {
          fc.pre(before.jobs.length < 4);
          const world = new World({ modes: { ...modes, jobsPerScope: 4 } });
          await world.apply(filesOf([before]));

          await world.apply(filesOf([after]));

          const wanted = new Set(after.jobs.map(({ name }) => name));
          expect(world.store.lastOnesDeleted.filter((name) => wanted.has(name))).toEqual([]);
        }),
        tries(0.5),
      );
    },
    PATIENCE_MS,
  );
});

function inAnotherDataset(scope: WrittenScope): WrittenScope {
  return { ...scope, jobs: scope.jobs.map((job) => ({ ...job, dataset: 'nel_reports' })) };
}

/** In what the stored jobs of two worlds differ in meaning; ids are not meaning. */
function inOtherWords(one: World, other: World): readonly string[] {
  const [mine, theirs] = [storedIn(one), storedIn(other)];
  const names = [mine, theirs].map((jobs) => jobs.map(({ name }) => name).toSorted());
  expect(names[0]).toEqual(names[1]);
  return mine.flatMap((job) => {
    const twin = theirs.find(({ name }) => name === job.name)!;
    const found = [
      ...differencesOf(job.fields, twin.fields, []),
      ...differencesOf(twin.fields, job.fields, []),
    ];
    return found.map(({ path }) => `${job.name}: ${path}`);
  });
}

function storedIn(world: World): readonly LiveJob[] {
  const scope = { kind: 'zone' as const, id: '023e105f4ecef8ad9ca31a8372d0c353' };
  return world.store.stored(scopeKey(scope)).map((raw) => liveJobOf(raw as JsonObject));
}
