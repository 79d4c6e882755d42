import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeKey } from '../../src/core/job/job.ts';
import { writtenScopes, type WrittenScope } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { storeModes } from './modes.ts';
import { filesOf, pendingOf, World } from './world.ts';

const keysOf = (scopes: readonly WrittenScope[]): readonly string[] => scopes.map(scopeKey).toSorted();

describe('after an apply', () => {
  it(
    'the plan is empty, in a new process too, however Cloudflare echoes what it was sent',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenScopes(4), storeModes, async (scopes, modes) => {
          const world = new World({ modes });
          const files = filesOf(scopes);

          await world.apply(files);

          expect(pendingOf(await world.plan(files))).toEqual([]);
          world.restart();
          expect(pendingOf(await world.plan(files))).toEqual([]);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'each scope has exactly the jobs of the manifest',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenScopes(4), storeModes, async (scopes, modes) => {
          const world = new World({ modes });

          await world.apply(filesOf(scopes));

          for (const scope of scopes) {
            const stored = world.store
              .stored(scopeKey(scope))
              .map(({ name, dataset }) => `${String(name)} ${String(dataset)}`);
            const wanted = scope.jobs.map(({ name, dataset }) => `${name} ${String(dataset)}`);
            expect(stored.toSorted()).toEqual(wanted.toSorted());
          }
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'a pass that finds nothing to do sends one list call a scope and no write',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenScopes(4), storeModes, async (scopes, modes) => {
          const world = new World({ modes: { ...modes, filter: 'list-and-get' } });
          const files = filesOf(scopes);
          await world.apply(files);
          await world.apply(files);
          const [calls, writes] = [world.calls.length, world.store.writes.length];

          await world.apply(files);

          expect(world.calls.slice(calls).toSorted()).toEqual(keysOf(scopes).map((key) => `list ${key}`));
          expect(world.store.writes.length).toBe(writes);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'a filter that only a single read shows costs reads and no write',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenScopes(4), storeModes, async (scopes, modes) => {
          const world = new World({ modes: { ...modes, filter: 'get' } });
          const files = filesOf(scopes);
          await world.apply(files);
          const writes = world.store.writes.length;

          await world.apply(files);

          expect(world.store.writes.length).toBe(writes);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );
});
