import { describe, expect, it } from 'vitest';
import type { DesiredJob, LiveJob } from '../../../src/core/job/job.ts';
import { healingsAfter, healingsInSync, healingsTold } from '../../../src/core/plan/fight.ts';
import type { Healing, Healings, LedgerEntry } from '../../../src/core/plan/ledger-entry.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { aField, anUpdate } from '../../edges/events.ts';
import { actionsOf, applied, classesOf, planOf } from './planning.ts';

const NOW = '2026-01-12T10:00:00.000Z';
const MINUTE_MS = 60_000;

function ago(minutes: number): string {
  return new Date(Date.parse(NOW) - minutes * MINUTE_MS).toISOString();
}

function healed(times: number, lastMinutesAgo: number, over: Partial<Healing> = {}): Healing {
  return {
    times,
    since: ago(lastMinutesAgo + 10 * times),
    last: ago(lastMinutesAgo),
    fought: false,
    ...over,
  };
}

const desired = aDesiredJob({ fields: { max_upload_records: 5000 } });
const inSync = aLiveJob({ fields: { max_upload_records: 5000 } });

function known(healings: Healings): LedgerEntry {
  return { ...applied(desired, inSync), healings };
}

function planFor(
  live: LiveJob | null,
  healings: Healings,
  { job = desired, mode = 'enforce' as const }: { job?: DesiredJob; mode?: 'enforce' | 'warn' } = {},
) {
  return planOf({
    jobs: [job],
    live: live === null ? [] : [live],
    entries: [known(healings)],
    now: NOW,
    policy: { mode },
  });
}

const off = aLiveJob({ fields: { enabled: false, max_upload_records: 5000 } });

describe('a field that somebody else changed', () => {
  it.each<[what: string, Healing, isHealed: boolean]>([
    ['was never put right before', healed(0, 0), true],
    ['was put right four times in a row', healed(4, 10), true],
    ['was put right five times in a row', healed(5, 10), false],
    ['was put right five times, and an hour ago', healed(5, 60), true],
    ['was fought for and tried less than an hour ago', healed(9, 59, { fought: true }), false],
    ['was fought for and tried an hour ago', healed(9, 60, { fought: true }), true],
    ['was put right by a clock an hour ahead', healed(5, -60), true],
    ['was put right by a clock six minutes ahead', healed(9, -6, { fought: true }), true],
    ['was put right by a clock four minutes ahead', healed(9, -4, { fought: true }), false],
    ['has a healing that is no time', healed(5, 10, { last: 'yesterday' }), true],
  ])('that %s: %s %s', (_, healing, isHealed) => {
    const plan = planFor(off, { enabled: healing });
    expect(actionsOf(plan)).toEqual(isHealed ? ['update http'] : []);
    expect(plan.withheld.map(({ fields }) => classesOf(fields))).toEqual(isHealed ? [] : [['drift enabled']]);
  });

  it('and undoes again and again is withheld, with how often, since when, what to do and when it is tried', () => {
    const [held] = planFor(off, { enabled: healed(5, 10) }).withheld;
    expect(held).toMatchObject({ action: 'update', class: 'drift', fight: { times: 5 } });
    expect(held?.reason).toContain('5 times in a row since 2026-01-12 09:00 UTC');
    expect(held?.reason).toContain('next at 10:50 UTC');
    expect(held?.reason).toContain('"ignore: [enabled]"');
    expect(held?.reason).toContain('"mode: warn"');
  });

  it('does not keep the other fields of the job from being healed', () => {
    const live = aLiveJob({ fields: { enabled: false, max_upload_records: 1000 } });
    const plan = planFor(live, { enabled: healed(5, 10) });
    expect(plan.changes).toMatchObject([{ action: 'update', body: { max_upload_records: 5000 } }]);
    expect(plan.changes[0]).not.toHaveProperty('body.enabled');
    expect(plan.withheld.map(({ fields }) => classesOf(fields))).toEqual([['drift enabled']]);
  });

  it('is written at once when the manifest changes it', () => {
    const job = aDesiredJob({ fields: { max_upload_records: 9000 } });
    const plan = planFor(inSync, { max_upload_records: healed(5, 10, { fought: true }) }, { job });
    expect(plan.changes).toMatchObject([{ class: 'pending', body: { max_upload_records: 9000 } }]);
  });

  it('is only reported in mode warn, for that reason', () => {
    const [held] = planFor(off, { enabled: healed(5, 10) }, { mode: 'warn' }).withheld;
    expect(held?.reason).toContain('"warn"');
    expect(held).not.toHaveProperty('fight');
  });

  it('is one with the rest of the destination, which is one text', () => {
    const elsewhere = aLiveJob({
      fields: { max_upload_records: 5000, destination_conf: 's3://other/http/{DATE}?region=eu-west-1' },
    });
    const plan = planFor(elsewhere, { destination_conf: healed(5, 10) });
    expect(plan.changes).toEqual([]);
    expect(plan.withheld[0]?.reason).toContain('"ignore: [destination_conf]"');
  });

  it('may have the name of what every object has', () => {
    const job = aDesiredJob({ fields: { constructor: 'a' } });
    const live = aLiveJob({ fields: { constructor: 'b' } });
    const entry = { ...applied(job, aLiveJob({ fields: { constructor: 'a' } })), healings: {} };
    expect(actionsOf(planOf({ jobs: [job], live: [live], entries: [entry] }))).toEqual(['update http']);
  });
});

describe('a job that somebody else deletes', () => {
  it('is made again four times, and then withheld', () => {
    expect(actionsOf(planFor(null, { 'made anew': healed(4, 10) }))).toEqual(['create http']);
    const plan = planFor(null, { 'made anew': healed(5, 10) });
    expect(plan.changes).toEqual([]);
    expect(plan.withheld).toMatchObject([{ action: 'create', class: 'drift', fight: { times: 5 } }]);
    expect(plan.withheld[0]?.reason).toContain('take it out of the manifest');
  });

  it('has nothing to do with its fields', () => {
    expect(actionsOf(planFor(null, { enabled: healed(5, 10) }))).toEqual(['create http']);
  });
});

describe('what is remembered of healing', () => {
  const heal = anUpdate({ class: 'drift', fields: [aField({ class: 'drift' })] });
  const now = Date.parse(NOW);

  it.each<[what: string, Healing | undefined, times: number, since: string]>([
    ['begins with the first', undefined, 1, NOW],
    ['goes on within an hour', healed(2, 59), 3, ago(79)],
    ['begins anew after an hour', healed(2, 60), 1, NOW],
    ['begins anew where the clock was an hour ahead', healed(2, -60), 1, NOW],
    ['goes on after hours where it is fought for', healed(7, 300, { fought: true }), 8, ago(370)],
  ])('%s', (_, before, times, since) => {
    const after = healingsAfter(before && { enabled: before }, heal, now);
    expect(after).toMatchObject({ enabled: { times, since, last: NOW } });
  });

  it('is nothing where the manifest moved too', () => {
    const fields = [aField({ class: 'conflict' }), aField({ path: 'filter', class: 'pending' })];
    expect(healingsAfter(undefined, anUpdate({ class: 'conflict', fields }), now)).toEqual({});
  });

  it('goes when the job is seen in sync an hour later', () => {
    const late = { enabled: healed(5, 60, { fought: true }) };
    const soon = { enabled: healed(5, 59, { fought: true }) };
    expect(healingsInSync(late, aLiveJob(), now)).toEqual({});
    expect(healingsInSync(soon, aLiveJob(), now)).toEqual(soon);
  });

  it('is told once', () => {
    const field = aField({ class: 'drift' });
    const told = healingsTold({ enabled: healed(5, 10) }, 'update', [field]);
    expect(told).toMatchObject({ enabled: { fought: true } });
    expect(healingsTold(told ?? {}, 'update', [field])).toBeNull();
  });
});

/** An opponent who undoes every healing before the next pass, under a schedule of so many minutes. */
function writesInADay(everyMinutes: number): number {
  let healings: Healings = {};
  let writes = 0;
  for (let minute = 0; minute < 24 * 60; minute += everyMinutes) {
    const now = new Date(Date.parse(NOW) + minute * MINUTE_MS).toISOString();
    const plan = planOf({ jobs: [desired], live: [off], entries: [known(healings)], now });
    const [held] = plan.withheld;
    if (held) healings = healingsTold(healings, held.action, held.fields) ?? healings;
    const [change] = plan.changes;
    if (change === undefined) continue;
    writes += 1;
    healings = healingsAfter(healings, change, Date.parse(now));
  }
  return writes;
}

describe('an opponent who undoes each change', () => {
  it.each([1, 2, 5, 10, 12, 15, 20, 30, 45, 59, 60, 61, 90])(
    'costs at most 30 writes in 24 hours, with a pass every %i minutes',
    (minutes) => {
      const writes = writesInADay(minutes);
      expect(writes).toBeLessThanOrEqual(30);
      expect(writes).toBeGreaterThanOrEqual(Math.min(20, Math.floor((24 * 60) / minutes)) / 2);
    },
  );
});
