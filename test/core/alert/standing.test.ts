import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Report, Standing } from '../../../src/core/alert/standing.ts';
import { aSubject, START } from './alerts.ts';

function aReport(name: string, overrides: Partial<Report> = {}): Report {
  const subject = aSubject({ key: `zone.1/${name}`, job: name });
  return { reason: 'DriftDetected', subject, cause: null, patienceMs: 0, ...overrides };
}

const SEEN = { at: START, event: 1, passId: 'p1' };

describe('what stands', () => {
  it('is one alert for each thing that is known by itself', () => {
    const standing = new Standing();
    for (const name of ['a', 'b']) standing.report(aReport(name), SEEN);

    const groups = standing.groups(START);

    expect(groups.map(({ subjects }) => subjects.map(({ job }) => job))).toEqual([['a'], ['b']]);
  });

  it('is one alert for all that has one cause, also what is found of it later', () => {
    const standing = new Standing();
    const of = (n: number) => aReport(`job-${n}`, { reason: 'DestinationFailing', cause: 's3://acme-logs' });
    for (let n = 0; n < 200; n += 1) standing.report(of(n), SEEN);
    const [first] = standing.groups(START);
    standing.report(of(200), { ...SEEN, event: 2, passId: 'p2' });

    const groups = standing.groups(START + 1);

    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ fingerprint: first?.fingerprint, cause: 's3://acme-logs' });
    expect(groups[0]?.subjects).toHaveLength(201);
  });

  it('is one alert where a pass finds more of one reason than anybody would read, and stays so', () => {
    const standing = new Standing();
    for (let n = 0; n < 11; n += 1) standing.report(aReport(`job-${n}`), SEEN);
    expect(standing.groups(START)).toHaveLength(1);
    standing.report(aReport('late'), { ...SEEN, event: 2 });
    expect(standing.groups(START)).toHaveLength(1);
    standing.end(({ subject }) => subject.job !== 'late');
    expect(standing.groups(START).map(({ subjects }) => subjects.map(({ job }) => job))).toEqual([['late']]);
  });

  it('is told only once it has lasted, where it may pass by itself', () => {
    const standing = new Standing();
    standing.report(aReport('a', { patienceMs: 300_000 }), SEEN);

    expect(standing.groups(START + 299_999)).toEqual([]);
    expect(standing.ripeAt()).toBe(START + 300_000);
    expect(standing.groups(START + 300_000)).toHaveLength(1);
    expect(standing.ripeAt()).toBeNull();
  });

  it('is never told when it is over before', () => {
    const standing = new Standing();
    standing.report(aReport('a', { patienceMs: 300_000 }), SEEN);
    standing.end(() => true);

    expect(standing.groups(START + 600_000)).toEqual([]);
  });

  it('keeps its name over a restart, with what was remembered or without', () => {
    const before = new Standing();
    before.report(aReport('a'), SEEN);
    const [group] = before.groups(START);
    const kept = new Standing(JSON.parse(JSON.stringify(before.state())));
    const lost = new Standing();
    lost.report(aReport('a'), { ...SEEN, at: START + 1_000 });

    expect(kept.groups(START + 1_000)).toEqual([group]);
    expect(lost.groups(START + 1_000)[0]?.fingerprint).toBe(group?.fingerprint);
  });

  it('is remembered in the same words as long as nothing changes, whichever event shows it again', () => {
    const standing = new Standing();
    standing.report(aReport('a'), SEEN);
    standing.groups(START);
    const before = JSON.stringify(standing.state());
    standing.report(aReport('a'), { at: START + 1_000, event: 2, passId: 'p2' });
    standing.groups(START + 1_000);

    expect(JSON.stringify(standing.state())).toBe(before);
  });

  it('has each fault in exactly one alert, whatever is reported and ended in whatever order', () => {
    const step = fc.record({
      job: fc.integer({ min: 0, max: 30 }),
      cause: fc.constantFrom(null, 's3://a', 's3://b'),
      pass: fc.constantFrom('p1', 'p2'),
      ends: fc.boolean(),
      looks: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const standing = new Standing();
        const expected = new Set<string>();
        steps.forEach(({ job, cause, pass, ends, looks }, event) => {
          const report = aReport(`${job}`, { cause });
          if (ends) standing.end(({ subject }) => subject.key === report.subject.key);
          else standing.report(report, { at: START + event, event, passId: pass });
          expected[ends ? 'delete' : 'add'](report.subject.key);
          if (looks) standing.groups(START + event);
        });
        const told = standing.groups(START + 1_000).flatMap(({ subjects }) => subjects.map(({ key }) => key));
        expect(told.toSorted()).toEqual([...expected].toSorted());
      }),
    );
  });
});
