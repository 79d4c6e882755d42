import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeKey } from '../../src/core/job/job.ts';
import { type WrittenJob, type WrittenScope, writtenZone } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import type { Raw } from './job-store.ts';
import { MUTATIONS } from './mutations.ts';
import { storeModes } from './modes.ts';
import { RESPELLINGS } from './respellings.ts';
import { filesOf, pendingOf, World } from './world.ts';

const picks = fc.record({ job: fc.nat(), mutation: fc.nat() });

describe('a change behind our back', () => {
  it.each(MUTATIONS)(
    'of what the manifest manages is reported as drift, and healed: $label',
    async ({ path, applies, change }) => {
      await fc.assert(
        fc.asyncProperty(writtenZone, storeModes, fc.nat(), async (scope, modes, pick) => {
          const world = new World({ modes: { ...modes, filter: 'list-and-get', secrets: 'clear' } });
          const files = filesOf([scope]);
          await world.apply(files);
          const key = scopeKey(scope);
          const managed = world.store.stored(key).filter((job) => applies(writtenAs(job, scope), job));
          fc.pre(managed.length > 0);
          const job = managed[pick % managed.length]!;

          world.store.tamper(key, Number(job['id']), change(job));

          const { plans } = await world.plan(files);
          const fields = plans.flatMap(({ changes }) => changes.flatMap((one) => one.fields));
          expect(fields.map((field) => `${field.class} ${field.path}`)).toContainEqual(
            expect.stringMatching(path),
          );
          expect(fields.map((field) => field.class)).toEqual(fields.map(() => 'drift'));

          await world.apply(files);
          expect(pendingOf(await world.plan(files))).toEqual([]);
        }),
        tries(0.2),
      );
    },
    PATIENCE_MS,
  );

  it(
    'of what the manifest does not manage is left alone',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenZone, storeModes, picks, async (scope, modes, pick) => {
          const world = new World({ modes });
          const files = filesOf([scope]);
          await world.apply(files);
          const key = scopeKey(scope);
          const job = world.store.stored(key)[pick.job % scope.jobs.length]!;
          const written = writtenAs(job, scope);
          const others = MUTATIONS.filter(
            ({ field, applies }) => field !== undefined && !(field in written) && !applies(written, job),
          );
          fc.pre(others.length > 0);
          const { change } = others[pick.mutation % others.length]!;

          world.store.tamper(key, Number(job['id']), change(job));

          expect(pendingOf(await world.plan(files))).toEqual([]);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'that deletes a job is drift, and the job is made again',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenZone, storeModes, fc.nat(), async (scope, modes, pick) => {
          const world = new World({ modes });
          const files = filesOf([scope]);
          await world.apply(files);
          const key = scopeKey(scope);
          const { id, name } = world.store.stored(key)[pick % scope.jobs.length]!;
          world.store.remove(key, Number(id));

          const { plans } = await world.plan(files);
          expect(
            plans.flatMap(({ changes }) => changes.map((one) => `${one.class} ${one.action} ${one.name}`)),
          ).toEqual([`drift create ${String(name)}`]);

          await world.apply(files);
          expect(pendingOf(await world.plan(files))).toEqual([]);
          expect(world.store.stored(key).length).toBe(scope.jobs.length);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );
});

describe('another spelling of the same', () => {
  it.each(RESPELLINGS)(
    'is no change: $label',
    async ({ change }) => {
      await fc.assert(
        fc.asyncProperty(writtenZone, storeModes, fc.nat(), async (scope, modes, pick) => {
          const world = new World({ modes: { ...modes, secrets: 'clear' } });
          const files = filesOf([scope]);
          await world.apply(files);
          const key = scopeKey(scope);
          const able = world.store.stored(key).filter((job) => change(job) !== null);
          fc.pre(able.length > 0);
          const job = able[pick % able.length]!;

          world.store.tamper(key, Number(job['id']), change(job) ?? {});

          expect(pendingOf(await world.plan(files))).toEqual([]);
        }),
        tries(0.2),
      );
    },
    PATIENCE_MS,
  );
});

describe('a key that this release does not know', () => {
  const strange: Raw = { future_option: { deep: [1, 'x'] }, transformer_id: 7 };
  const strangeOptions: Raw = { future_sub_option: 'kept', stringify_object: true };

  it(
    'survives every update, beside and inside of output_options',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenZone, writtenZone, storeModes, async (before, after, modes) => {
          // Where PUT merges, nothing is known to take `field_names` back to the default.
          const world = new World({ modes: { ...modes, jobsPerScope: null, putOutputOptions: 'replace' } });
          const key = scopeKey(before);
          // Equal datasets: a replaced job is a new one, and starts without what others put into the old one.
          const same = {
            ...after,
            jobs: after.jobs.map((job) => ({
              ...job,
              dataset: before.jobs.find(({ name }) => name === job.name)?.['dataset'] ?? job['dataset'],
            })),
          };
          await world.apply(filesOf([before]));
          for (const job of world.store.stored(key)) {
            const options = job['output_options'] as Raw | undefined;
            world.store.tamper(key, Number(job['id']), {
              ...strange,
              output_options: { ...options, ...strangeOptions },
            });
          }

          await world.apply(filesOf([same]));
          await world.apply(filesOf([before]));

          for (const { name } of same.jobs) {
            const kept = before.jobs.some((job) => job.name === name);
            const job = world.store.stored(key).find((one) => one['name'] === name);
            if (!kept || job === undefined) continue;
            expect(job).toMatchObject(strange);
            expect(job['output_options']).toMatchObject(strangeOptions);
          }
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );
});

function writtenAs(stored: Raw, scope: WrittenScope): WrittenJob {
  return scope.jobs.find(({ name }) => name === stored['name'])!;
}
