/** Plans one scope from what a test is about; the rest is valid and quiet. */

import { createHmac } from 'node:crypto';
import type { DesiredJob, DesiredScope, JobFields, LiveJob } from '../../../src/core/job/job.ts';
import type { Change, Plan } from '../../../src/core/plan/change.ts';
import type { LedgerEntry, OldHalf, OpenCreate, ScopeLedger } from '../../../src/core/plan/ledger-entry.ts';
import { entryOf, planScope, unsentOf } from '../../../src/core/plan/plan.ts';
import { openCreateOf } from '../../../src/core/plan/open-create.ts';
import { DOUBT_RULES, type PlanPolicy } from '../../../src/core/plan/policy.ts';
import { aDesiredJob, aDesiredScope } from '../../builders.ts';

export const fingerprint = (text: string): string =>
  createHmac('sha256', 'key of this test').update(text).digest('hex');

export const POLICY: PlanPolicy = {
  mode: 'enforce',
  prune: 'owned',
  adopt: 'always',
  allowedDestinations: [],
  jobsPerZone: 4,
  allowGap: true,
  removeSurplus: true,
  checkBeforeDelete: true,
  doubts: DOUBT_RULES,
  nameSuffix: '',
  overlapMs: 900_000,
  graceMs: 0,
  reenable: 'tell',
  windows: [],
};

const NOW = '2026-01-12T10:00:00.000Z';

export interface Situation {
  readonly jobs?: readonly DesiredJob[];
  readonly live?: readonly LiveJob[];
  readonly entries?: readonly LedgerEntry[];
  /** By name, or whole. */
  readonly creating?: readonly (string | OpenCreate)[];
  /** What was seen of equal jobs; by default, that all are there for good. */
  readonly copies?: ScopeLedger['copies'] | 'unseen';
  readonly deleted?: ScopeLedger['deleted'];
  readonly policy?: Partial<PlanPolicy>;
  readonly scope?: Partial<DesiredScope>;
  readonly now?: string;
}

export function planOf({
  jobs = [],
  live = [],
  entries = [],
  creating = [],
  copies = { ids: live.map(({ id }) => id), looks: [NOW, NOW] },
  deleted,
  policy,
  scope,
  now = NOW,
}: Situation): Plan {
  return planScope({
    desired: aDesiredScope({ jobs, ...scope }),
    live,
    ledger: {
      entries,
      creating: creating.map((one) => (typeof one === 'string' ? anOpenCreate({ name: one }, jobs) : one)),
      ...(copies !== 'unseen' && { copies }),
      ...(deleted && { deleted }),
    },
    policy: { ...POLICY, ...policy },
    fingerprint,
    now: Date.parse(now),
  });
}

/** A create of the job of that name among these, or of one that is as the builders make it. */
export function anOpenCreate(
  create: Partial<OpenCreate> & { readonly name: string },
  jobs: readonly DesiredJob[] = [],
): OpenCreate {
  const desired = jobs.find(({ name }) => name === create.name) ?? aDesiredJob({ name: create.name });
  return {
    ...openCreateOf(desired, [], fingerprint),
    since: '2026-01-12T09:30:00.000Z',
    looks: [],
    ...create,
  };
}

/** What the ledger holds after `desired` was applied to `live`. */
export function applied(desired: DesiredJob, live: LiveJob, oldHalf?: OldHalf): LedgerEntry {
  return entryOf(desired, live, fingerprint, oldHalf);
}

/** As in `update http`, in order of writing. */
export function actionsOf(plan: Plan): readonly string[] {
  return plan.changes.map(({ action, name }) => `${action} ${name}`);
}

export function withheldOf(plan: Plan): readonly string[] {
  return plan.withheld.map(({ action, name }) => `${action} ${name}`);
}

/** As in `pending enabled`. */
export function classesOf(
  fields: readonly { readonly path: string; readonly class: string }[],
): readonly string[] {
  return fields.map((field) => `${field.class} ${field.path}`);
}

export interface World {
  readonly live: readonly LiveJob[];
  readonly ledger: ScopeLedger;
}

/** What the scope and the ledger are after all of a plan was written; written anew, not with our own body code. */
export function carriedOut(plan: Plan, before: World, now = NOW): World {
  const written = plan.changes.reduce((world, change) => writtenChange(world, change, plan, now), before);
  const adopted = plan.adoptable.reduce((world, pairing) => {
    const { desired, live } = pairing;
    const unsent = unsentOf(plan, { name: desired.name, live }, world.ledger);
    return remembered(world, entryOf(desired, live, fingerprint, pairing, unsent));
  }, written);
  return adopted;
}

export function writtenChange(world: World, change: Change, plan: Plan, now = NOW): World {
  if (change.action === 'create') return created(world, change.desired, change.body);
  if (change.action === 'delete') return removed(world, change.live.id);
  if (change.action === 'replace') {
    const oldHalf = { superseded: change.live.id, supersededAt: now };
    const both = created(world, change.desired, change.body, oldHalf);
    return change.oldGoes === 'later' ? both : removed(both, change.live.id);
  }
  const fields = { ...change.live.fields, ...change.body };
  const live = { ...change.live, name: textOf(fields['name']), fields };
  const oldHalf = plan.paired.find((pairing) => pairing.live.id === live.id);
  const unsent = unsentOf(plan, change, world.ledger);
  const entry = entryOf(change.desired, live, fingerprint, oldHalf, unsent);
  return remembered({ ...world, live: world.live.map((job) => (job.id === live.id ? live : job)) }, entry);
}

function created(world: World, desired: DesiredJob, body: JobFields, oldHalf?: OldHalf): World {
  const id = Math.max(1_000, ...world.live.map((job) => job.id)) + 1;
  const live: LiveJob = {
    id,
    name: textOf(body['name']),
    fields: { enabled: false, ...body },
    delivery: { lastComplete: null, lastError: null, errorMessage: null },
  };
  return remembered({ ...world, live: [...world.live, live] }, applied(desired, live, oldHalf));
}

function removed({ live, ledger }: World, id: number): World {
  const entries = ledger.entries.flatMap(({ superseded, supersededAt, ...entry }): readonly LedgerEntry[] => {
    if (entry.id === id) return superseded === undefined ? [] : [{ ...entry, id: superseded, applied: {} }];
    if (superseded === undefined || superseded === id) return [entry];
    return [{ ...entry, superseded, ...(supersededAt && { supersededAt }) }];
  });
  return { live: live.filter((job) => job.id !== id), ledger: { ...ledger, entries } };
}

function remembered({ live, ledger }: World, entry: LedgerEntry): World {
  const others = ledger.entries.filter(({ id, name }) => id !== entry.id && name !== entry.name);
  const creating = ledger.creating.filter(({ name }) => name !== entry.name);
  return { live, ledger: { entries: [...others, entry], creating } };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
