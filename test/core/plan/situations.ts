/** Any manifest, listing and ledger of one scope; small values, so that equal, moved and conflicting ones all turn up. */

import * as fc from 'fast-check';
import type { BlockedJob, DesiredJob, LiveJob } from '../../../src/core/job/job.ts';
import type { LedgerEntry } from '../../../src/core/plan/ledger-entry.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { aCanary } from '../../canaries.ts';
import type { Canary } from '../../canaries.ts';
import { applied } from './planning.ts';
import type { Situation } from './planning.ts';

const NAMES = ['http', 'dns', 'audit', 'http-2', ''] as const;
export const CANARIES: readonly Canary[] = ['mine', 'theirs', 'header'].map((label) => aCanary(label));
const [MINE = aCanary('a'), THEIRS = aCanary('b'), HEADER = aCanary('c')] = CANARIES;

const secretText = fc.constantFrom(MINE.core, THEIRS.core, '***');
const destination = fc.oneof(
  fc
    .tuple(fc.constantFrom('logs', 'archive'), secretText)
    .map(
      ([bucket, key]) => `r2://${bucket}/{DATE}?account-id=a&access-key-id=${key}&secret-access-key=${key}`,
    ),
  secretText.map((token) => `https://logs.example.com/in?header_Authorization=${token}`),
  fc.constant(`https://logs.example.com/in?header_Authorization=Bearer%20${HEADER.core}`),
  secretText.map((token) => `newthing://host/dir?token=${token}`),
  fc.constant('s3://acme-logs/http/{DATE}?region=us-west-2'),
);

/** Few values each, so that equal, moved and conflicting ones all turn up. */
const fields = fc.record(
  {
    dataset: fc.constantFrom('http_requests', 'dns_logs'),
    destination_conf: destination,
    enabled: fc.boolean(),
    filter: fc.constantFrom('', '{"where":{"key":"RayID","operator":"eq","value":"x"}}'),
    max_upload_records: fc.constantFrom(0, 1_000, 2_000),
    output_options: fc.record(
      { sample_rate: fc.constantFrom(1, 0.5), timestamp_format: fc.constantFrom('unix', 'rfc3339') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['dataset', 'destination_conf'] },
);

const desiredJob = fc
  .record({
    name: fc.constantFrom(...NAMES.filter((name) => name !== '')),
    fields,
    protect: fc.boolean(),
    pin: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 4 }),
    mode: fc.option(fc.constantFrom('enforce', 'warn', 'observe'), { nil: undefined, freq: 3 }),
  })
  .map(({ pin, mode, ...job }): DesiredJob =>
    aDesiredJob({
      ...job,
      ...(pin === undefined ? {} : { id: pin }),
      ...(mode === undefined ? {} : { mode }),
    }),
  );

const liveJob = fc
  .record({ name: fc.constantFrom(...NAMES), id: fc.integer({ min: 1, max: 8 }), fields })
  .map((job): LiveJob => aLiveJob(job));

const byName = { selector: (job: { readonly name: string }) => job.name };

/** Ledger entries of jobs that were applied in some earlier form, a few of them to jobs long gone. */
const entry = fc
  .record({
    desired: desiredJob,
    id: fc.integer({ min: 1, max: 10 }),
    superseded: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 3 }),
  })
  .map(({ desired, id, superseded }): LedgerEntry =>
    applied(
      desired,
      aLiveJob({ id, fields: desired.fields }),
      superseded === undefined || superseded === id ? {} : { superseded },
    ),
  );

export function idsOf({ id, superseded }: LedgerEntry): readonly number[] {
  return superseded === undefined ? [id] : [id, superseded];
}

export type AnySituation = Required<Omit<Situation, 'now' | 'creating' | 'copies' | 'deleted'>> & {
  readonly creating: readonly string[];
};

export const situation: fc.Arbitrary<AnySituation> = fc
  .record({
    jobs: fc.uniqueArray(desiredJob, { ...byName, maxLength: 4 }),
    live: fc.uniqueArray(liveJob, { selector: ({ id }) => id, maxLength: 6 }),
    entries: fc.uniqueArray(entry, {
      comparator: (a, b) => a.name === b.name || idsOf(a).some((id) => idsOf(b).includes(id)),
      maxLength: 4,
    }),
    creating: fc.uniqueArray(fc.constantFrom('http', 'dns'), { maxLength: 1 }),
    policy: fc.record({
      mode: fc.constantFrom('enforce', 'enforce', 'warn', 'observe'),
      prune: fc.constantFrom('owned', 'all', 'never'),
      adopt: fc.constantFrom('always', 'if_equal', 'never'),
      overlapMs: fc.constantFrom(0, 900_000),
    }),
    blockedNames: fc.uniqueArray(fc.constantFrom(...NAMES.slice(0, 3)), { maxLength: 1 }),
  })
  .map(({ blockedNames, jobs, ...rest }) => {
    const blocked = blockedNames.map((name): BlockedJob => ({
      name,
      reason: 'The secret "key" is missing; write the file.',
      origin: { file: 'manifest.yaml', line: 1, column: 1 },
    }));
    return {
      ...rest,
      jobs: jobs.filter(({ name }) => !blockedNames.some((blocked) => blocked === name)),
      scope: { blocked },
    };
  });
