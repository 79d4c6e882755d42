import { describe, expect, it } from 'vitest';
import { Approvals } from '../../../src/reconcile/loop/approvals.ts';

const HOUR = 3_600_000;

describe('an approval', () => {
  it('is good for its digest, once', () => {
    const approvals = new Approvals();
    approvals.add('one', 0);
    expect(approvals.use('two', 1)).toBe(false);
    expect(approvals.use('one', 1)).toBe(true);
    expect(approvals.use('one', 2)).toBe(false);
  });

  it('stays when it is only asked for', () => {
    const approvals = new Approvals();
    approvals.add('one', 0);
    expect([approvals.has('one', 1), approvals.has('two', 1), approvals.has('one', HOUR)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(approvals.use('one', 2)).toBe(true);
  });

  it('is good for an hour', () => {
    const approvals = new Approvals();
    approvals.add('early', 0);
    approvals.add('late', 0);
    expect(approvals.use('early', HOUR - 1)).toBe(true);
    expect(approvals.use('late', HOUR)).toBe(false);
  });
});
