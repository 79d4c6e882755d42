import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { exportManifest } from '../../src/core/export/manifest-of.ts';
import { scopeKey } from '../../src/core/job/job.ts';
import { leaksIn } from '../canaries.ts';
import { ACCOUNT, ALL_CANARIES, storedJob, ZONES } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { storeModes } from './modes.ts';
import { pendingOf, World } from './world.ts';

const SCOPES = [
  ...ZONES.map((zone) => ({ kind: 'zone' as const, ...zone })),
  { kind: 'account' as const, ...ACCOUNT },
];

const storedScopes = fc.tuple(...SCOPES.map(() => fc.array(storedJob, { maxLength: 6 })));

it(
  'exports live jobs as a manifest that holds no secret and whose plan is empty',
  async () => {
    await fc.assert(
      fc.asyncProperty(storedScopes, storeModes, async (jobs, modes) => {
        const secrets = new Map<string, string>();
        const world = new World({
          modes: { ...modes, secrets: 'clear', jobsPerScope: null },
          secretOf: (name) => secrets.get(name),
        });
        SCOPES.forEach((scope, index) => {
          for (const { raw } of jobs[index] ?? []) world.store.plant(scopeKey(scope), raw);
        });
        const exported = exportManifest(SCOPES.map((scope) => ({ scope, live: world.live(scope) })));
        for (const { name, value } of exported.secrets) if (value) secrets.set(name, value.reveal());

        expect(leaksIn(JSON.stringify(exported) + exported.text, ALL_CANARIES)).toEqual([]);
        const files = [{ path: 'exported.yaml', text: exported.text }];
        expect(pendingOf(await world.plan(files))).toEqual([]);

        await world.apply(files);
        expect(world.store.writes).toEqual([]);
      }),
      tries(),
    );
  },
  PATIENCE_MS,
);
