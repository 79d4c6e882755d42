import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { scopeKey } from '../../src/core/job/job.ts';
import { renderPlan } from '../../src/core/render/plan-report.ts';
import { PLAIN } from '../../src/core/render/style.ts';
import type { PassResult } from '../../src/reconcile/pass/pass-terms.ts';
import { storedJob, writtenScopes, type WrittenJob, type WrittenScope } from '../generators.ts';
import { PATIENCE_MS, tries } from './effort.ts';
import { USUAL_MODES } from './job-store.ts';
import { documentOf, type Files, World } from './world.ts';

/** Where each job goes: which file, which document of it, and in which order. */
interface Layout {
  readonly file: number;
  readonly document: number;
  readonly rank: number;
}

const layouts: fc.Arbitrary<readonly Layout[]> = fc.array(
  fc.record({ file: fc.nat(2), document: fc.nat(1), rank: fc.nat() }),
  { minLength: 9, maxLength: 9 },
);

const NO_LIMIT = { ...USUAL_MODES, jobsPerScope: null };

it(
  'plans the same whatever the order of files, documents, jobs and keys',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        writtenScopes(3),
        layouts,
        layouts,
        fc.array(storedJob, { maxLength: 5 }),
        async (scopes, one, other, live) => {
          const first = await planOf(laidOut(scopes, one, false), live);
          const second = await planOf(laidOut(scopes, other, true), live.toReversed());

          expect(withoutPlaces(second)).toBe(withoutPlaces(first));
        },
      ),
      tries(),
    );
  },
  PATIENCE_MS,
);

it(
  'gives the same bytes for the same files in another order',
  async () => {
    await fc.assert(
      fc.asyncProperty(writtenScopes(3), layouts, async (scopes, layout) => {
        const files = laidOut(scopes, layout, false);

        expect(json(await planOf(files.toReversed(), []))).toBe(json(await planOf(files, [])));
      }),
      tries(),
    );
  },
  PATIENCE_MS,
);

async function planOf(files: Files, live: readonly { readonly raw: object }[]): Promise<PassResult> {
  const world = new World({ modes: NO_LIMIT });
  // Ids are part of a plan, so each job keeps its own in whatever order the listing has them.
  const ids = new Map(live.toSorted(byText).map((job, index) => [job, 500 + index]));
  for (const job of live)
    world.store.plant('zone.023e105f4ecef8ad9ca31a8372d0c353', { ...job.raw, id: ids.get(job) });
  return world.plan(files);
}

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function json({ plans, unreadable, unresolved, refusal, problems }: PassResult): string {
  const reasons = unreadable.map(({ scope, error }) => ({ scope, reason: error.message }));
  return renderPlan(
    {
      revision: 'r',
      generatedAt: '2026-01-01T00:00:00Z',
      plans,
      unreadable: reasons,
      unresolved,
      refusal,
      problems,
    },
    'json',
    PLAIN,
  );
}

/** Another layout has other lines, findings are sorted by them, and a filter is shown in the order of its keys. */
function withoutPlaces(result: PassResult): string {
  const document = JSON.parse(json({ ...result, problems: [] })) as object;
  return JSON.stringify(document, (key, value: unknown) => {
    if (key === 'origin') return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function laidOut(scopes: readonly WrittenScope[], layout: readonly Layout[], turnsKeys: boolean): Files {
  const jobs = scopes.flatMap((scope) => scope.jobs.map((job) => ({ scope, job })));
  const placed = jobs
    .map((entry, index) => ({ ...entry, ...(layout[index] ?? { file: 0, document: 0, rank: 0 }) }))
    .toSorted((a, b) => a.rank - b.rank);
  return [0, 1, 2].map((file) => {
    const documents = [0, 1].map((document) => {
      const here = placed.filter((entry) => entry.file === file && entry.document === document);
      return stringify(documentOf(groups(here, turnsKeys)));
    });
    return { path: `m${file}.yaml`, text: documents.join('---\n') };
  });
}

function groups(
  entries: readonly { readonly scope: WrittenScope; readonly job: WrittenJob }[],
  turnsKeys: boolean,
): readonly WrittenScope[] {
  const byScope = Map.groupBy(entries, ({ scope }) => scopeKey(scope));
  return [...byScope.values()].map((group) => ({
    ...group[0]!.scope,
    jobs: group.map(({ job }) => (turnsKeys ? turned(job) : job)),
  }));
}

/** Keys in reverse order, but for those of a destination and a filter: they are shown in the order they are written. */
function turned(job: WrittenJob): WrittenJob {
  const { output_options: options, ...others } = job;
  const inner =
    typeof options === 'object' && options !== null ? { output_options: reversedKeys(options) } : {};
  return { ...reversedKeys({ ...others, ...inner }), name: job.name };
}

function reversedKeys(value: object): object {
  return Object.fromEntries(Object.entries(value).toReversed());
}
