import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportFolder, exportManifest } from '../../src/core/export/manifest-of.ts';
import { type Scope, scopeKey } from '../../src/core/job/job.ts';
import { CloudflareModel } from '../../src/sandbox/model/cloudflare.ts';
import type { Json } from '../../src/sandbox/model/json.ts';
import { leaksIn } from '../canaries.ts';
import { ACCOUNT, ALL_CANARIES, secretValue, storedJob, writtenScopes, ZONES } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { USUAL_MODES } from './job-store.ts';
import { sandboxApi } from './sandbox-api.ts';
import { filesOf, pendingOf, World } from './world.ts';

/** The same laws over the sandbox, which somebody else wrote from the same facts, and through the real client. */

const SCOPES: readonly Scope[] = [
  ...ZONES.map((zone) => ({ kind: 'zone' as const, ...zone })),
  { kind: 'account', ...ACCOUNT },
];

const switches = fc.record({
  zero_values: fc.constantFrom('omit', 'return'),
  output_options_echo: fc.constantFrom('sent', 'filled'),
  filter_reads: fc.constantFrom('both', 'get', 'none'),
  secrets: fc.constantFrom('clear', 'masked'),
  delete_result: fc.constantFrom('empty', 'id', 'null'),
  success_lists: fc.constantFrom('array', 'null'),
  output_options_put: fc.constantFrom('replace', 'merge'),
  immutable_fields: fc.constantFrom('reject', 'ignore'),
  extra_keys: fc.constantFrom('known', 'none', 'future'),
  zone_totals: fc.constantFrom('present', 'absent'),
  empty_filter: fc.constantFrom('accept', 'reject'),
  create_status: fc.constantFrom('200', '201'),
  job_ids: fc.constantFrom('global', 'per-scope'),
} as const);

/** A signature is one secret, of which nobody can provide a likeness once it is masked. */
function isNoSignature({ raw }: { readonly raw: { readonly [key: string]: unknown } }): boolean {
  return !String(raw['destination_conf']).startsWith('azure://');
}

function modelWith(chosen: object): CloudflareModel {
  const model = new CloudflareModel({
    now: () => Date.UTC(2026, 0, 1),
    zones: ZONES,
    accounts: [ACCOUNT.name],
  });
  // A token that proves ownership is a matter of another law.
  model.changeSwitches({ ownership: 'off', jobs_per_zone: null, ...chosen });
  return model;
}

function accountOf(model: CloudflareModel): Scope {
  const [account] = model.accounts();
  return { kind: 'account', id: account!.id, name: account!.name };
}

function worldOf(model: CloudflareModel, secretOf = secretValue) {
  const { api, calls } = sandboxApi(model);
  return { world: new World({ modes: { ...USUAL_MODES, jobsPerScope: null }, api, secretOf }), api, calls };
}

describe('over the sandbox', () => {
  it(
    'the plan after an apply is empty, and a pass that changes nothing writes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenScopes(3), switches, async (scopes, chosen) => {
          const { world, calls } = worldOf(modelWith(chosen));
          const own = scopes.filter(({ kind }) => kind === 'zone');
          fc.pre(own.some(({ jobs }) => jobs.length > 0));
          const files = filesOf(own);

          const { outcomes } = await world.applyAsFarAsPossible(files);
          fc.pre(outcomes.every(({ result }) => result === 'applied'));

          expect(pendingOf(await world.plan(files))).toEqual([]);
          await world.apply(files);
          const before = calls.length;
          await world.apply(files);
          const since = calls.slice(before);
          expect(since.filter((call) => !call.startsWith('GET'))).toEqual([]);
          expect(since.filter((call) => call.endsWith('/logpush/jobs'))).toHaveLength(own.length);
        }),
        { ...tries(0.5), maxSkipsPerRun: 1_000 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'an export holds no secret, and its plan is empty, as one file or as many',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(storedJob.filter(isNoSignature), { maxLength: 12 }),
          switches,
          async (jobs, chosen) => {
            const model = modelWith(chosen);
            const secrets = new Map<string, string>();
            const { world, api, calls } = worldOf(model, (name) => secrets.get(name));
            const scopes = [...SCOPES.slice(0, 2), accountOf(model)];
            jobs.forEach(({ raw }, index) =>
              model.plantJob(scopes[index % scopes.length]!.id, raw as { [key: string]: Json }),
            );
            const live = await Promise.all(
              scopes.map(async (scope) => ({ scope, live: await api.listJobs(scope, CALL) })),
            );

            const exported = exportFolder(live);

            for (const { name, value } of exported.secrets)
              secrets.set(name, value?.reveal() ?? `by-hand-${name}`);
            expect(leaksIn(JSON.stringify(exported), ALL_CANARIES)).toEqual([]);
            const { files } = exported;
            const one = [{ path: 'exported.yaml', text: exportManifest(live).text }];
            expect(pendingOf(await world.plan(one))).toEqual([]);
            expect(pendingOf(await world.plan(files))).toEqual([]);
            await world.apply(files);
            expect(calls.filter((call) => !call.startsWith('GET'))).toEqual([]);
          },
        ),
        tries(0.5),
      );
    },
    PATIENCE_MS,
  );

  it(
    'exports fifty mixed jobs as a manifest whose plan is empty',
    async () => {
      const model = modelWith({});
      const secrets = new Map<string, string>();
      const { world, api } = worldOf(model, (name) => secrets.get(name));
      const scope = SCOPES[0]!;
      for (const { raw } of fc.sample(storedJob, { numRuns: 50, seed: 1 }))
        model.plantJob(scope.id, raw as { [key: string]: Json });

      const exported = exportManifest([{ scope, live: await api.listJobs(scope, CALL) }]);

      for (const { name, value } of exported.secrets) secrets.set(name, value?.reveal() ?? '');
      const result = await world.plan([{ path: 'exported.yaml', text: exported.text }]);
      expect(pendingOf(result)).toEqual([]);
      expect(result.plans[0]!.paired.length + result.plans[0]!.unmanaged.length).toBe(50);
      expect(scopeKey(result.plans[0]!.scope)).toBe(scopeKey(scope));
    },
    PATIENCE_MS,
  );
});

const CALL = { signal: new AbortController().signal, priority: 'change' } as const;
