import { describe, expect, it } from 'vitest';
import type { DesiredScope, LiveJob } from '../../../src/core/job/job.ts';
import type { ScopeLedger } from '../../../src/core/plan/ledger-entry.ts';
import { matchJobs } from '../../../src/core/plan/match.ts';
import type { Match } from '../../../src/core/plan/match.ts';
import { aDesiredJob, aDesiredScope, aLiveJob } from '../../builders.ts';
import { anOpenCreate, applied, fingerprint } from './planning.ts';

const http = aDesiredJob({ name: 'http' });
const dns = { dataset: 'dns_logs' };

function entry(name: string, id: number, superseded?: number) {
  return applied(aDesiredJob({ name }), aLiveJob({ name, id }), superseded ? { superseded } : {});
}

function match(
  desired: Partial<DesiredScope>,
  live: readonly LiveJob[],
  ledger: { entries?: ScopeLedger['entries']; creating?: readonly string[] } = {},
): Match {
  const creating = (ledger.creating ?? []).map((name) => anOpenCreate({ name }, desired.jobs));
  return matchJobs(
    aDesiredScope(desired),
    live,
    { entries: ledger.entries ?? [], creating },
    { fingerprint, now: Date.parse('2026-01-12T10:00:00Z') },
  );
}

/** As in `http=7 owned`, and where every other live job went. */
function shown(result: Match): Record<string, readonly unknown[]> {
  const ids = (jobs: readonly LiveJob[]) => jobs.map(({ id }) => id).join('+');
  const all = {
    paired: result.paired.map(
      ({ desired, live, owned }) => `${desired.name}=${live.id}${owned ? ' owned' : ''}`,
    ),
    missing: result.missing.map(
      ({ desired, entry: known }) => `${desired.name}${known ? ` was ${known.id}` : ''}`,
    ),
    ambiguous: result.ambiguous.map(({ desired, candidates }) => `${desired.name}=${ids(candidates)}`),
    dangling: result.dangling.map(({ desired, known }) => `${desired.name}=${ids(known)}`),
    surplus: result.surplus.map(({ live, kept }) => `${live.id} of ${kept.id}`),
    blocked: result.blocked.map(({ job, candidates }) => `${job.name}=${ids(candidates)}`),
    leftovers: result.leftovers.map(({ live }) => live.id),
    superseded: result.superseded.map(({ live }) => live.id),
    unmanaged: result.unmanaged.map(({ id }) => id),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

describe('matching by name', () => {
  it('pairs a desired job with the one live job of that exact name', () => {
    const near = ['Http', 'http ', 'http-2', 'htt', 'hțtp'].map((name, index) =>
      aLiveJob({ name, id: 20 + index }),
    );
    expect(shown(match({ jobs: [http] }, [...near, aLiveJob({ id: 7 })]))).toEqual({
      paired: ['http=7'],
      unmanaged: [20, 21, 22, 23, 24],
    });
  });

  it('finds nothing for a job that only the manifest has', () => {
    expect(shown(match({ jobs: [http] }, []))).toEqual({ missing: ['http'] });
  });

  it('does not choose between two unowned live jobs of one name', () => {
    const live = [aLiveJob({ id: 9 }), aLiveJob({ id: 7 })];
    expect(shown(match({ jobs: [http] }, live))).toEqual({ ambiguous: ['http=7+9'] });
  });

  it('prefers the owned one of two live jobs of one name', () => {
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 9 })];
    expect(shown(match({ jobs: [http] }, live, { entries: [entry('http', 9)] }))).toEqual({
      paired: ['http=9 owned'],
      unmanaged: [7],
    });
  });
});

describe('matching by ledger', () => {
  it('prefers an owned job that somebody gave the name to an unowned one that has it', () => {
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 9 })];
    expect(shown(match({ jobs: [http] }, live, { entries: [entry('left-the-manifest', 9)] }))).toEqual({
      paired: ['http=9 owned'],
      unmanaged: [7],
    });
  });

  it('follows the id of an owned job that somebody renamed', () => {
    const live = [aLiveJob({ id: 7, name: 'renamed' })];
    expect(shown(match({ jobs: [http] }, live, { entries: [entry('http', 7)] }))).toEqual({
      paired: ['http=7 owned'],
    });
  });

  it('prefers the known id to another job that now has the name', () => {
    const live = [aLiveJob({ id: 7, name: 'renamed' }), aLiveJob({ id: 9, name: 'http' })];
    expect(shown(match({ jobs: [http] }, live, { entries: [entry('http', 7)] }))).toEqual({
      paired: ['http=7 owned'],
      unmanaged: [9],
    });
  });

  it('remembers which job is missing when its id is gone', () => {
    expect(shown(match({ jobs: [http] }, [], { entries: [entry('http', 7)] }))).toEqual({
      missing: ['http was 7'],
    });
  });

  it('takes a job made anew by hand under the old name as unowned', () => {
    expect(shown(match({ jobs: [http] }, [aLiveJob({ id: 8 })], { entries: [entry('http', 7)] }))).toEqual({
      paired: ['http=8'],
    });
  });

  it('calls an owned job that the manifest lacks left over', () => {
    expect(shown(match({}, [aLiveJob({ id: 7 })], { entries: [entry('http', 7)] }))).toEqual({
      leftovers: [7],
    });
  });

  it('pairs each of two jobs that swapped their names with its own', () => {
    const jobs = [aDesiredJob({ name: 'a' }), aDesiredJob({ name: 'b' })];
    const live = [aLiveJob({ id: 1, name: 'b' }), aLiveJob({ id: 2, name: 'a' })];
    expect(shown(match({ jobs }, live, { entries: [entry('a', 1), entry('b', 2)] }))).toEqual({
      paired: ['a=1 owned', 'b=2 owned'],
    });
  });
});

describe('matching by pin', () => {
  const pinned = aDesiredJob({ name: 'http', id: 9 });

  it('beats ledger and name', () => {
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 8 }), aLiveJob({ id: 9, name: 'other' })];
    expect(shown(match({ jobs: [pinned] }, live, { entries: [entry('http', 7)] }))).toEqual({
      paired: ['http=9'],
      leftovers: [7],
      unmanaged: [8],
    });
  });

  it('does not call a job gone that another one pins', () => {
    const jobs = [aDesiredJob({ name: 'a', id: 9 }), http];
    expect(shown(match({ jobs }, [aLiveJob({ id: 9 })], { entries: [entry('http', 9)] }))).toEqual({
      paired: ['a=9 owned'],
      missing: ['http'],
    });
  });

  it('keeps an owned job owned when the manifest renames it', () => {
    const live = [aLiveJob({ id: 9, name: 'old' })];
    expect(shown(match({ jobs: [pinned] }, live, { entries: [entry('old', 9)] }))).toEqual({
      paired: ['http=9 owned'],
    });
  });

  it('pairs with nothing when the id does not exist, and sets aside what it may have meant', () => {
    const live = [aLiveJob({ id: 7, name: 'renamed' }), aLiveJob({ id: 8 })];
    expect(shown(match({ jobs: [pinned] }, live, { entries: [entry('http', 7)] }))).toEqual({
      dangling: ['http=7+8'],
    });
  });

  it('gives a live job to one of two jobs that pin it', () => {
    const other = aDesiredJob({ name: 'a', id: 9 });
    expect(shown(match({ jobs: [pinned, other] }, [aLiveJob({ id: 9 })]))).toEqual({
      paired: ['a=9'],
      dangling: ['http='],
    });
  });
});

describe('matching a blocked job', () => {
  const blocked = [{ name: 'http', reason: 'A secret is missing.', origin: http.origin }];

  it('sets its live job aside, whether owned, renamed or of its name', () => {
    const live = [aLiveJob({ id: 7, name: 'renamed' }), aLiveJob({ id: 8 })];
    expect(shown(match({ blocked }, live, { entries: [entry('http', 7)] }))).toEqual({
      blocked: ['http=7+8'],
    });
  });

  it('keeps its job from another desired job of the name that somebody gave it', () => {
    const live = [aLiveJob({ id: 7, name: 'other' })];
    const jobs = [aDesiredJob({ name: 'other' })];
    expect(shown(match({ jobs, blocked }, live, { entries: [entry('http', 7)] }))).toEqual({
      missing: ['other'],
      blocked: ['http=7'],
    });
  });
});

describe('matching after a create whose answer was lost', () => {
  it('takes the job that shows up under the name as ours', () => {
    expect(shown(match({ jobs: [http] }, [aLiveJob({ id: 7 })], { creating: ['http'] }))).toEqual({
      paired: ['http=7 owned'],
    });
  });

  it('does not choose when two that differ show up', () => {
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 8, fields: { max_upload_records: 5000 } })];
    expect(shown(match({ jobs: [http] }, live, { creating: ['http'] }))).toEqual({ ambiguous: ['http=7+8'] });
  });

  it('does not claim a job of another name', () => {
    expect(shown(match({ jobs: [http] }, [aLiveJob({ id: 7 })], { creating: ['dns'] }))).toEqual({
      paired: ['http=7'],
    });
  });

  it('calls such a job left over once the manifest lacks it', () => {
    expect(shown(match({}, [aLiveJob({ id: 7 })], { creating: ['http'] }))).toEqual({ leftovers: [7] });
  });

  it('leaves several such jobs alone once the manifest lacks them', () => {
    const live = [aLiveJob({ id: 7 }), aLiveJob({ id: 8 })];
    expect(shown(match({}, live, { creating: ['http'] }))).toEqual({ unmanaged: [7, 8] });
  });
});

describe('matching within a replace', () => {
  const old = aLiveJob({ id: 7, fields: dns });

  it('pairs with the new job and names the old one superseded', () => {
    const result = match({ jobs: [http] }, [old, aLiveJob({ id: 9 })], { entries: [entry('http', 9, 7)] });
    expect(shown(result)).toEqual({ paired: ['http=9 owned'], superseded: [7] });
    expect(result.paired[0]?.superseded).toBe(7);
  });

  it('gives the old job to no other desired job, whatever it is called now', () => {
    const jobs = [http, aDesiredJob({ name: 'dns' })];
    const live = [aLiveJob({ id: 7, name: 'dns' }), aLiveJob({ id: 9 })];
    expect(shown(match({ jobs }, live, { entries: [entry('http', 9, 7)] }))).toEqual({
      paired: ['http=9 owned'],
      missing: ['dns'],
      superseded: [7],
    });
  });

  it('remembers the old job also where the listing leaves it out', () => {
    const result = match({ jobs: [http] }, [aLiveJob({ id: 9 })], { entries: [entry('http', 9, 7)] });
    expect(result).toMatchObject({ paired: [{ superseded: 7 }], superseded: [] });
  });

  it('goes back to the old job when the manifest does, and the new one is the old half then', () => {
    const result = match({ jobs: [aDesiredJob({ fields: dns })] }, [old, aLiveJob({ id: 9 })], {
      entries: [entry('http', 9, 7)],
    });
    expect(shown(result)).toEqual({ paired: ['http=7 owned'], superseded: [9] });
    expect(result.paired[0]).toMatchObject({ superseded: 9 });
  });

  it('goes back to the old job when the new one is gone', () => {
    expect(shown(match({ jobs: [http] }, [old], { entries: [entry('http', 9, 7)] }))).toEqual({
      paired: ['http=7 owned'],
    });
  });

  it('finds the new job of a replace whose create was not answered', () => {
    const result = match({ jobs: [http] }, [old, aLiveJob({ id: 9 })], {
      entries: [entry('http', 7)],
      creating: ['http'],
    });
    expect(shown(result)).toEqual({ paired: ['http=9 owned'], superseded: [7] });
    expect(result.paired[0]?.superseded).toBe(7);
  });

  it('does not take a job of the wrong dataset for the lost one', () => {
    const other = aLiveJob({ id: 9, fields: { dataset: 'firewall_events' } });
    const ledger = { entries: [entry('http', 7)], creating: ['http'] };
    expect(shown(match({ jobs: [http] }, [old, other], ledger))).toEqual({
      paired: ['http=7 owned'],
      unmanaged: [9],
    });
  });

  it('does not choose between two jobs that may be the lost one and differ', () => {
    const live = [old, aLiveJob({ id: 9 }), aLiveJob({ id: 10, fields: { max_upload_records: 5000 } })];
    const ledger = { entries: [entry('http', 7)], creating: ['http'] };
    expect(shown(match({ jobs: [http] }, live, ledger))).toEqual({ ambiguous: ['http=7+9+10'] });
  });
});
