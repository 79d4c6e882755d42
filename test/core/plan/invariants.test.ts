import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, Plan } from '../../../src/core/plan/change.ts';
import { allowedRemovals, refusalOf } from '../../../src/core/plan/guard.ts';
import {
  brokenInvariant,
  INVARIANTS,
  type InvariantName,
  isRemoval,
  type Write,
  type WriteFacts,
} from '../../../src/core/plan/invariants.ts';
import { Secret } from '../../../src/core/secret.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../../builders.ts';
import { anOpenCreate, applied, carriedOut, fingerprint, planOf, POLICY, type World } from './planning.ts';
import { type AnySituation, situation } from './situations.ts';

const scope = aScope();
const NO_LIMIT = Number.POSITIVE_INFINITY;
const HTTP = aDesiredJob({ name: 'http' });
const LIVE = aLiveJob({ name: 'http', id: 7 });
const OTHER_DATASET = aLiveJob({ name: 'http', id: 7, fields: { dataset: 'dns_logs' } });

function facts(overrides: Partial<WriteFacts> = {}): WriteFacts {
  const all = {
    desired: aDesiredScope({ jobs: [HTTP] }),
    listing: [LIVE],
    ledger: { entries: [applied(HTTP, LIVE)], creating: [] },
    ledgerBefore: NOTHING,
    gaps: new Set<number>(),
    fingerprint,
    policy: POLICY,
    removals: 0,
    allowedRemovals: NO_LIMIT,
    ...overrides,
  };
  return { paired: pairedIn(all), ...all };
}

/** As matching would have it, where a test does not say otherwise: by name. */
function pairedIn({ desired, listing }: Pick<WriteFacts, 'desired' | 'listing'>): WriteFacts['paired'] {
  return desired.jobs.flatMap((job) =>
    listing
      .filter(({ name }) => name === job.name)
      .slice(0, 1)
      .map((live) => ({ desired: job, live })),
  );
}

const owning = (job = HTTP, live = LIVE, superseded?: number): WriteFacts['ledger'] => ({
  entries: [applied(job, live, superseded === undefined ? {} : { superseded })],
  creating: [],
});
const NOTHING: WriteFacts['ledger'] = { entries: [], creating: [] };
const policy = (overrides: Partial<typeof POLICY>) => ({ ...POLICY, ...overrides });
const wanting = (...jobs: WriteFacts['desired']['jobs']) => aDesiredScope({ jobs });

const POST: Write = { method: 'POST', scope, body: HTTP.fields };
const put = (body: { readonly [key: string]: unknown }, id = 7): Write => ({
  method: 'PUT',
  scope,
  id,
  body: body as Write extends { body: infer Body } ? Body : never,
});
const DELETE: Write = { method: 'DELETE', scope, id: 7 };
const ENABLE = put({ enabled: true });
const DISABLE = put({ enabled: false });
const ELSEWHERE = { destination_conf: new Secret('s3://elsewhere/{DATE}?region=us-west-2') };
const REDIRECT = put(ELSEWHERE);
const PROTECTED = aDesiredJob({ name: 'http', protect: true });
const AUDIT = aScope({ kind: 'account' });

describe('a write is refused', () => {
  it.each<[InvariantName, string, Write, Partial<WriteFacts>]>([
    ['other-scope', 'to another scope than the plan is about', { ...DELETE, scope: AUDIT }, {}],
    ['unseen-job', 'to a job that is neither listed nor owned', put({ enabled: true }, 8), {}],
    ['unseen-job', 'that deletes such a job', { ...DELETE, id: 8 }, {}],
    [
      'foreign-job',
      'to an unowned job that must not be adopted',
      ENABLE,
      { ledger: NOTHING, policy: policy({ adopt: 'if_equal' }) },
    ],
    [
      'foreign-job',
      'that deletes a copy that was there before our create',
      { ...DELETE, id: 9 },
      {
        listing: [LIVE, aLiveJob({ id: 9 })],
        ledger: { ...owning(), creating: [anOpenCreate({ name: 'http', beside: [9] })] },
      },
    ],
    [
      'foreign-job',
      'that deletes a copy where surplus is not to be removed',
      { ...DELETE, id: 9 },
      {
        listing: [LIVE, aLiveJob({ id: 9 })],
        ledger: { ...owning(), creating: [anOpenCreate({ name: 'http' })] },
        policy: policy({ removeSurplus: false }),
      },
    ],
    ['foreign-job', 'that deletes an unowned job', DELETE, { ledger: NOTHING, desired: wanting() }],
    ['undesired-create', 'that creates a job the manifest does not have', POST, { desired: wanting() }],
    ['create-beside-equal', 'that creates a job beside its own', POST, {}],
    ['create-beside-equal', 'that creates a job beside an unowned one', POST, { ledger: NOTHING }],
    ['delete-of-desired', 'that deletes a job of the manifest', DELETE, {}],
    [
      'delete-of-desired',
      'that deletes a renamed job of the manifest',
      DELETE,
      { listing: [aLiveJob({ name: 'renamed', id: 7 })], paired: [] },
    ],
    [
      'delete-of-desired',
      'that deletes a pinned job',
      DELETE,
      {
        desired: wanting(aDesiredJob({ name: 'http', id: 7 })),
        ledger: NOTHING,
        policy: policy({ prune: 'all' }),
      },
    ],
    [
      'delete-of-desired',
      'that deletes an unowned job of the name of a wanted one',
      DELETE,
      { ledger: NOTHING, policy: policy({ prune: 'all' }) },
    ],
    [
      'delete-of-desired',
      'that deletes a job that cannot be rendered now',
      DELETE,
      { desired: aDesiredScope({ blocked: [{ name: 'http', reason: 'No.', origin: HTTP.origin }] }) },
    ],
    [
      'delete-of-desired',
      'that deletes what matching paired',
      DELETE,
      { desired: wanting(), paired: [{ desired: HTTP, live: LIVE }] },
    ],
    [
      'delete-of-desired',
      'that deletes the old job first where no gap is allowed',
      DELETE,
      { listing: [OTHER_DATASET] },
    ],
    [
      'prune-never',
      'that deletes a leftover',
      DELETE,
      { desired: wanting(), policy: policy({ prune: 'never' }) },
    ],
    ['protected-job', 'that disables a protected job', DISABLE, { desired: wanting(PROTECTED) }],
    [
      'protected-job',
      'that redirects a protected job',
      REDIRECT,
      { desired: wanting(aDesiredJob({ protect: true, fields: ELSEWHERE })) },
    ],
    [
      'protected-job',
      'that deletes a job that was protected when it left the manifest',
      DELETE,
      { desired: wanting(), ledger: owning(PROTECTED) },
    ],
    [
      'protected-job',
      'that replaces a protected job',
      DELETE,
      {
        desired: wanting(PROTECTED),
        listing: [OTHER_DATASET],
        ledger: owning(PROTECTED, OTHER_DATASET),
        gaps: new Set([7]),
      },
    ],
    ['observe-mode', 'in mode observe', ENABLE, { policy: policy({ mode: 'observe' }) }],
    [
      'observe-mode',
      'to a scope in mode observe',
      ENABLE,
      { desired: aDesiredScope({ jobs: [HTTP], mode: 'observe' }) },
    ],
    [
      'observe-mode',
      'to a job in mode observe',
      ENABLE,
      { desired: wanting(aDesiredJob({ name: 'http', mode: 'observe' })) },
    ],
    [
      'unresolved-reference',
      'with a reference in place of a secret',
      put({ destination_conf: new Secret('https://x.example?header_A=${secret:token}') }),
      {},
    ],
    [
      'unresolved-reference',
      'with a reference in place of a challenge',
      put({ ownership_challenge: new Secret('${env:CHALLENGE}') }),
      {},
    ],
    ['empty-destination', 'with an empty destination', put({ destination_conf: new Secret(' ') }), {}],
    ['empty-destination', 'with none', put({ destination_conf: null }), {}],
    [
      'empty-destination',
      'that creates a job without destination',
      { method: 'POST', scope, body: { name: 'http', dataset: 'http_requests' } },
      { listing: [] },
    ],
    ['immutable-field', 'that moves a job to another dataset', put({ dataset: 'dns_logs' }), {}],
    ['immutable-field', 'that changes the kind of a job', put({ kind: 'edge' }), {}],
    ['immutable-field', 'with what only Cloudflare writes', put({ last_complete: null }), {}],
    [
      'forbidden-destination',
      'with a destination that is not allowed',
      REDIRECT,
      { policy: policy({ allowedDestinations: ['s3://acme-*'] }) },
    ],
    [
      'too-many-removals',
      'that removes more jobs than the guard allows',
      DELETE,
      { desired: wanting(), removals: 3, allowedRemovals: 3 },
    ],
    ['too-many-removals', 'that disables one too many', DISABLE, { removals: 3, allowedRemovals: 3 }],
    ['too-many-removals', 'that redirects one too many', REDIRECT, { removals: 3, allowedRemovals: 3 }],
  ])('%s: %s', (invariant, _what, write, situated) => {
    expect(brokenInvariant(write, facts(situated))).toBe(invariant);
  });

  it.each<[string, Write, Partial<WriteFacts>]>([
    ['an update of an owned job', ENABLE, {}],
    ['an update that adopts a job of the same name', ENABLE, { ledger: NOTHING }],
    [
      'an update of a pinned job',
      ENABLE,
      {
        desired: wanting(aDesiredJob({ name: 'other', id: 7 })),
        ledger: NOTHING,
        policy: policy({ adopt: 'never' }),
      },
    ],
    [
      'an update of what a lost create made',
      ENABLE,
      {
        ledger: { entries: [], creating: [anOpenCreate({ name: 'http' })] },
        policy: policy({ adopt: 'never' }),
      },
    ],
    ['a create', POST, { listing: [], ledger: NOTHING }],
    ['a create beside the job it replaces', POST, { listing: [OTHER_DATASET] }],
    [
      'a create beside a job that is about to get its own name back',
      POST,
      {
        desired: wanting(HTTP, aDesiredJob({ name: 'dns' })),
        ledger: owning(aDesiredJob({ name: 'dns' })),
      },
    ],
    [
      'putting a protected job back where it was',
      put({ destination_conf: HTTP.fields['destination_conf'] }),
      {
        desired: wanting(PROTECTED),
        listing: [aLiveJob({ id: 7, fields: { destination_conf: 's3://theirs/x?region=us-west-2' } })],
      },
    ],
    [
      'deleting what a create of ours made once more',
      { ...DELETE, id: 9 },
      {
        listing: [LIVE, aLiveJob({ id: 9 })],
        ledger: { ...owning(), creating: [anOpenCreate({ name: 'http' })] },
        policy: policy({ prune: 'never' }),
        allowedRemovals: 0,
      },
    ],
    ['deleting a leftover', DELETE, { desired: wanting() }],
    [
      'deleting an unowned job under prune: all',
      DELETE,
      { desired: wanting(), ledger: NOTHING, policy: policy({ prune: 'all' }) },
    ],
    [
      'deleting what was replaced',
      DELETE,
      { ledger: owning(HTTP, aLiveJob({ id: 9 }), 7), listing: [LIVE, aLiveJob({ id: 9 })] },
    ],
    ['deleting first where a gap is allowed', DELETE, { listing: [OTHER_DATASET], gaps: new Set([7]) }],
    [
      'what is beyond the limit when it is approved',
      DELETE,
      { desired: wanting(), removals: 99, allowedRemovals: null },
    ],
    ['disabling a job', DISABLE, { removals: 2, allowedRemovals: 3 }],
  ])('but not %s', (_what, write, situated) => {
    expect(brokenInvariant(write, facts(situated))).toBeNull();
  });

  it('for no reason that is not listed', () => {
    expect(Object.keys(INVARIANTS)).toHaveLength(14);
  });
});

/** One write, and the world right before it. */
interface Step {
  readonly write: Write;
  readonly world: World;
}

function stepsOf(plan: Plan, start: World): readonly Step[] {
  let world = start;
  return plan.changes.flatMap((change) => {
    const before = world;
    world = carriedOut({ ...plan, changes: [change], adoptable: [] }, before);
    return writesOf(change, before, world);
  });
}

function writesOf(change: Change, before: World, after: World): readonly Step[] {
  if (change.action === 'create')
    return [{ write: { method: 'POST', scope, body: change.body }, world: before }];
  const { id } = change.live;
  const removal: Write = { method: 'DELETE', scope, id };
  if (change.action === 'delete') return [{ write: removal, world: before }];
  if (change.action !== 'replace')
    return [{ write: { method: 'PUT', scope, id, body: change.body }, world: before }];
  const create: Write = { method: 'POST', scope, body: change.body };
  if (change.oldGoes === 'first') {
    const gone = before.live.filter((job) => job.id !== id);
    const entries = before.ledger.entries.filter((entry) => entry.id !== id);
    const between = { live: gone, ledger: { ...before.ledger, entries } };
    return [
      { write: removal, world: before },
      { write: create, world: between },
    ];
  }
  const entries = after.ledger.entries.map((entry) =>
    entry.name === change.name ? { ...entry, superseded: id } : entry,
  );
  const between = { live: [...after.live, change.live], ledger: { ...after.ledger, entries } };
  const first = { write: create, world: before };
  return change.oldGoes === 'later' ? [first] : [first, { write: removal, world: between }];
}

describe('planning', () => {
  it('never breaks an invariant', () => {
    const seen = { POST: 0, PUT: 0, DELETE: 0, removals: 0 };
    fc.assert(
      fc.property(
        situation.filter(pinsEachOnce),
        fc.record({ allowGap: fc.boolean(), jobsPerZone: fc.constantFrom(4, 6, 12) }),
        fc.record({ maxRemovals: fc.integer({ min: 0, max: 4 }), maxRemovalShare: fc.constantFrom(0, 0.5) }),
        (one, more, limits) => {
          // Whether jobs are gone is for listings to say; here one is believed.
          const doubts = { ...POLICY.doubts, collapse: { listings: 1, ms: 0 } };
          const plan = planOf({ ...one, policy: { ...one.policy, ...more, doubts } });
          const ownedJobs = one.entries.length;
          if (refusalOf([plan], { ownedJobs, desiredJobs: 1 }, limits, fingerprint) !== null) return;
          const removed = new Set<number>();
          for (const { write, world } of stepsOf(plan, startOf(one))) {
            const terms = {
              desired: plan.desired,
              listing: world.live,
              paired: plan.paired,
              ledger: world.ledger,
              ledgerBefore: startOf(one).ledger,
              gaps: gapsOf(plan),
              fingerprint,
              policy: { ...POLICY, ...one.policy, ...more },
              removals: 'id' in write ? removed.difference(new Set([write.id])).size : removed.size,
              allowedRemovals: allowedRemovals(limits, ownedJobs),
            };
            expect(brokenInvariant(write, terms)).toBeNull();
            if ('id' in write && isRemoval(write, terms)) removed.add(write.id);
            seen[write.method] += 1;
          }
          seen.removals += removed.size;
        },
      ),
      { numRuns: 10_000, seed: 1 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(500);
  }, 300_000);
});

function gapsOf({ changes }: Plan): ReadonlySet<number> {
  return new Set(
    changes.flatMap((change) =>
      change.action === 'replace' && change.oldGoes === 'first' ? [change.live.id] : [],
    ),
  );
}

/** Loading a manifest sees to that. */
function pinsEachOnce({ jobs }: AnySituation): boolean {
  const pins = jobs.flatMap(({ id }) => id ?? []);
  return new Set(pins).size === pins.length;
}

function startOf({ live, entries, creating, jobs }: AnySituation): World {
  return {
    live,
    ledger: { entries, creating: creating.map((name) => anOpenCreate({ name }, jobs)) },
  };
}
