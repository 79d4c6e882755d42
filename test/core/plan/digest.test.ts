import { describe, expect, it } from 'vitest';
import type { Change, Plan, Shown } from '../../../src/core/plan/change.ts';
import * as digests from '../../../src/core/plan/digest.ts';
import { Secret } from '../../../src/core/secret.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';
import { fingerprint, planOf } from './planning.ts';

const zone = aScope();
const other = aScope({ id: 'f'.repeat(32), name: 'example.org' });

function aPlan(scope: Plan['scope'], ...changes: Change[]): Plan {
  const desired = { scope, jobs: [], blocked: [] };
  return {
    scope,
    desired,
    changes,
    withheld: [],
    unmanaged: [],
    unverifiable: [],
    adoptable: [],
    strays: [],
    paired: [],
    live: [],
    doubts: { creating: [], isCollapseDoubted: false },
  };
}

function digestOfPlans(plans: readonly Plan[], key = fingerprint): string {
  return digests.digestOfPlans(plans, key);
}

/** The plan of a job that delivers to one address and shall deliver to another. */
function aRedirect(from: string, to: string): Plan {
  const address = (text: string) => ({ destination_conf: new Secret(text) });
  return planOf({
    jobs: [aDesiredJob({ fields: address(to) })],
    live: [aLiveJob({ fields: address(from) })],
  });
}

function aDelete(id: number, name = 'http'): Change {
  return {
    action: 'delete',
    name,
    class: 'pending',
    reason: 'gone',
    fields: [],
    live: aLiveJob({ id, name }),
  };
}

function anUpdate(path: string, before: Shown, after: Shown): Change {
  const field = { path, class: 'pending', secret: false, before, after } as const;
  const [desired, live] = [aDesiredJob({}), aLiveJob({ id: 1 })];
  return {
    action: 'update',
    name: 'http',
    class: 'pending',
    reason: '',
    fields: [field],
    desired,
    live,
    body: {},
  };
}

describe('the digest of a plan', () => {
  const digest = digestOfPlans([aPlan(zone, aDelete(1), aDelete(2)), aPlan(other, aDelete(3))]);

  it('is the same whatever the order of scopes and changes', () => {
    expect(digestOfPlans([aPlan(other, aDelete(3)), aPlan(zone, aDelete(2), aDelete(1))])).toBe(digest);
  });

  it('is the same beside scopes in which nothing happens', () => {
    expect(
      digestOfPlans([
        aPlan(zone, aDelete(1), aDelete(2)),
        aPlan(other, aDelete(3)),
        aPlan(aScope({ id: 'e'.repeat(32) })),
      ]),
    ).toBe(digest);
  });

  it.each<[string, Plan[]]>([
    ['one job more is touched', [aPlan(zone, aDelete(1), aDelete(2), aDelete(4)), aPlan(other, aDelete(3))]],
    ['one job fewer is', [aPlan(zone, aDelete(1)), aPlan(other, aDelete(3))]],
    ['another job is', [aPlan(zone, aDelete(1), aDelete(5)), aPlan(other, aDelete(3))]],
    ['the jobs are in another zone', [aPlan(other, aDelete(1), aDelete(2)), aPlan(zone, aDelete(3))]],
    ['a job has another name', [aPlan(zone, aDelete(1), aDelete(2, 'dns')), aPlan(other, aDelete(3))]],
  ])('is another when %s', (_, plans) => {
    expect(digestOfPlans(plans)).not.toBe(digest);
  });

  it.each<[string, Change]>([
    ['wanted', anUpdate('filter', 'a', 'c')],
    ['there now', anUpdate('filter', 'b', 'b')],
    ['of another field', anUpdate('kind', 'a', 'b')],
  ])('is another when a value %s is another', (_, change) => {
    const known = digestOfPlans([aPlan(zone, anUpdate('filter', 'a', 'b'))]);
    expect(digestOfPlans([aPlan(zone, change)])).not.toBe(known);
  });

  it('is another when a replace that lost nothing would leave a gap', () => {
    const replace = (oldGoes: 'next' | 'first'): Plan =>
      aPlan(zone, { ...anUpdate('dataset', 'a', 'b'), action: 'replace', oldGoes } as Change);
    expect(digestOfPlans([replace('first')])).not.toBe(digestOfPlans([replace('next')]));
  });

  const here = 'https://logs.example/hook/aaaa?header_Authorization=Bearer%20one';
  const [otherPath, otherSecret] = [here.replace('aaaa', 'bbbb'), here.replace('one', 'two')];
  const start = 'https://logs.example/hook/start?header_Authorization=Bearer%20none';

  it.each([
    ['the hidden path that is wanted', aRedirect(start, otherPath)],
    ['the secret that is wanted', aRedirect(start, otherSecret)],
    ['the hidden path that is there now', aRedirect(start.replace('start', 'begin'), here)],
    ['the secret that is there now', aRedirect(start.replace('none', 'nil'), here)],
  ])('is another when %s is another, though both look the same', (_, plan) => {
    const known = aRedirect(start, here);
    const shown = ({ changes }: Plan): unknown => changes.map(({ action, fields }) => [action, fields]);
    expect([shown(known), known.changes.length]).toEqual([shown(plan), 1]);
    expect(digestOfPlans([plan])).not.toBe(digestOfPlans([known]));
  });

  it('cannot be tried out by whoever lacks the key', () => {
    const plan = aRedirect(start, here);
    expect(digestOfPlans([plan], (text) => fingerprint(`another key ${text}`))).not.toBe(
      digestOfPlans([plan]),
    );
  });

  it('is short enough to type', () => {
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });
});
