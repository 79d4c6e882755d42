import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Exported, exportManifest } from '../../src/core/export/manifest-of.ts';
import { type Scope, scopeKey } from '../../src/core/job/job.ts';
import { leaksIn } from '../canaries.ts';
import { ACCOUNT, ALL_CANARIES, storedJob, ZONES } from '../generators.ts';
import { wildJob } from '../wild-jobs.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import type { StoreModes } from './job-store.ts';
import { storeModes } from './modes.ts';
import { type Files, pendingOf, World } from './world.ts';

const SCOPES: readonly Scope[] = [
  ...ZONES.map((zone) => ({ kind: 'zone' as const, ...zone })),
  { kind: 'account', ...ACCOUNT },
];

const storedScopes = fc.tuple(...SCOPES.map(() => fc.array(storedJob, { maxLength: 6 })));
type StoredScopes = typeof storedScopes extends fc.Arbitrary<infer T> ? T : never;

interface Export {
  readonly world: World;
  readonly exported: Exported;
  readonly files: Files;
}

/** A world with these jobs, and its export with the secrets that it asks for. */
function exportOf(jobs: StoredScopes, modes: StoreModes): Export {
  const secrets = new Map<string, string>();
  const world = new World({ modes: { ...modes, jobsPerScope: null }, secretOf: (name) => secrets.get(name) });
  SCOPES.forEach((scope, index) => {
    for (const { raw } of (jobs[index] ?? []).filter((job) => canBeProvided(job, modes)))
      world.store.plant(scopeKey(scope), raw);
  });
  const exported = exportManifest(SCOPES.map((scope) => ({ scope, live: world.live(scope) })));
  for (const { name, value } of exported.secrets) secrets.set(name, value?.reveal() ?? `by-hand-${name}`);
  return { world, exported, files: [{ path: 'exported.yaml', text: exported.text }] };
}

/** A signature is one secret, of which nobody can provide a likeness once it is masked. */
function canBeProvided({ raw }: StoredScopes[number][number], { secrets }: StoreModes): boolean {
  return secrets === 'clear' || !String(raw['destination_conf']).startsWith('azure://');
}

describe('an export', () => {
  it(
    'holds no secret, and its plan is empty',
    async () => {
      await fc.assert(
        fc.asyncProperty(storedScopes, storeModes, async (jobs, modes) => {
          const { world, exported, files } = exportOf(jobs, modes);

          expect(leaksIn(JSON.stringify(exported) + exported.text, ALL_CANARIES)).toEqual([]);
          expect(pendingOf(await world.plan(files))).toEqual([]);

          await world.apply(files);
          expect(world.store.writes).toEqual([]);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'takes in every live job, but for those that it says it leaves out',
    async () => {
      await fc.assert(
        fc.asyncProperty(storedScopes, storeModes, async (jobs, modes) => {
          const { world, exported, files } = exportOf(jobs, modes);
          const leftOut = exported.notes.filter((note) => /^Job .* is left out/.test(note)).length;

          const { plans } = await world.plan(files);

          const paired = plans.reduce((sum, plan) => sum + plan.paired.length, 0);
          expect(paired + leftOut).toBe(jobs.flat().filter((job) => canBeProvided(job, modes)).length);
          expect(plans.flatMap(({ unmanaged }) => unmanaged)).toHaveLength(leftOut);
        }),
        tries(),
      );
    },
    PATIENCE_MS,
  );

  it(
    'plans to nothing for any jobs at all, and says of each that it leaves out why',
    async () => {
      const anyScopes = fc.tuple(...SCOPES.map(() => fc.array(wildJob, { maxLength: 4 })));
      await fc.assert(
        fc.asyncProperty(anyScopes, storeModes, async (jobs, modes) => {
          const raw = jobs.map((list) => list.map((job) => ({ raw: job, canaries: [] })));
          const { world, exported, files } = exportOf(raw, { ...modes, secrets: 'clear' });
          const planned = await world.plan(files);

          expect(planned.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
          const hidden = exported.secrets.flatMap(({ value, usedBy }) => (value === undefined ? usedBy : []));
          const others = planned.plans
            .flatMap(({ changes, withheld }) => [...changes, ...withheld])
            .filter(({ name }) => !hidden.some((job) => job.endsWith(`/${name}`)));
          expect(others).toEqual([]);
          const leftOut = exported.notes.filter((note) =>
            /^Job .* is left out, and so left alone: \S/.test(note),
          );
          expect(planned.plans.flatMap(({ unmanaged }) => unmanaged)).toHaveLength(leftOut.length);
        }),
        tries(2),
      );
    },
    2 * PATIENCE_MS,
  );

  it(
    'manages what it has written: a change behind its back is drift',
    async () => {
      await fc.assert(
        fc.asyncProperty(storedScopes, storeModes, fc.nat(), async (jobs, modes, pick) => {
          const { world, files } = exportOf(jobs, { ...modes, secrets: 'clear' });
          await world.apply(files);
          const owned = (await world.plan(files)).plans.flatMap(({ scope, paired }) =>
            paired.map(({ live }) => ({ scope, live })),
          );
          fc.pre(owned.length > 0);
          const { scope, live } = owned[pick % owned.length]!;
          const { enabled, destination_conf: destination } = world.store
            .stored(scopeKey(scope))
            .find(({ id }) => id === live.id)!;

          world.store.tamper(scopeKey(scope), live.id, {
            enabled: enabled !== true,
            destination_conf: String(destination).replace('://', '://moved-'),
          });

          const fields = (await world.plan(files)).plans.flatMap(({ changes }) =>
            changes.flatMap((change) => change.fields),
          );
          expect(fields.map((field) => `${field.class} ${field.path}`)).toEqual(
            expect.arrayContaining(['drift enabled', expect.stringMatching(/^drift destination_conf/)]),
          );
        }),
        tries(0.5),
      );
    },
    PATIENCE_MS,
  );
});
