import { describe, expect, it } from 'vitest';
import type { AuditedAction } from '../../../src/core/audit/action.ts';
import type { Scope } from '../../../src/core/job/job.ts';
import { Attributions } from '../../../src/reconcile/drift/attributions.ts';
import { anAction } from '../../core/audit/entries.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const HOUR = 3_600_000;
const DRIFTS = 4_000;

interface Situation {
  readonly scopes: readonly Scope[];
  /** How often anything of a scope was read. */
  readonly reads: () => number;
}

function scopesThatCount(count: number): Situation {
  let reads = 0;
  const scopes = Array.from({ length: count }, (_, index) => ({
    kind: 'zone' as const,
    name: `zone-${index}.example`,
    get id() {
      reads += 1;
      return index.toString(16).padStart(32, '0');
    },
  }));
  return { scopes, reads: () => reads };
}

/** Each job of each scope was changed by somebody else. */
function drifting(scopes: readonly Scope[]) {
  const perScope = DRIFTS / scopes.length;
  const jobs = Array.from({ length: perScope }, (_, id) => ({
    name: `job-${id}`,
    action: 'update' as const,
    id,
  }));
  const actions = scopes.flatMap((scope) =>
    jobs.map(({ id }): AuditedAction => {
      const event = `${scope.name} ${id}`;
      return anAction({ event, scope, job: id, at: NOW - HOUR / 2 });
    }),
  );
  return { jobs, actions };
}

describe('the authors of drifts', () => {
  it.each([1, 80, DRIFTS])(
    'of thousands in %d scopes are found without comparing each with each',
    (count) => {
      const { scopes, reads } = scopesThatCount(count);
      const { jobs, actions } = drifting(scopes);
      const attributions = new Attributions(() => NOW);
      const look = (): number => {
        const found = scopes.map((scope) =>
          attributions.look(scope, jobs, { lookedAt: NOW - HOUR, ids: jobs.map(({ id }) => id) }),
        );
        return found.reduce((sum, { size }) => sum + size, 0);
      };
      expect(look()).toBe(0);
      expect(attributions.learn(actions)).toHaveLength(2_000);
      expect(look()).toBe(2_000);
      for (const scope of scopes) attributions.look(scope, [], { lookedAt: NOW, ids: [] });
      attributions.learn([anAction({ event: 'late', at: NOW })]);
      expect(reads()).toBeLessThan(40 * DRIFTS);
    },
  );

  it('cost nothing where the audit log has nothing new', () => {
    const { scopes, reads } = scopesThatCount(1);
    const { jobs, actions } = drifting(scopes);
    const attributions = new Attributions(() => NOW);
    attributions.learn(actions);
    for (const scope of scopes) attributions.look(scope, jobs, { lookedAt: NOW, ids: [] });
    const before = reads();
    expect(attributions.learn([])).toEqual([]);
    expect(reads()).toBe(before);
  });

  it('are forgotten after a day, with or without anything new', () => {
    let now = NOW;
    const attributions = new Attributions(() => now);
    attributions.learn([anAction({ at: NOW })]);
    expect(attributions.unsettled).toHaveLength(1);
    now += 25 * HOUR;
    attributions.learn([]);
    expect(attributions.unsettled).toEqual([]);
  });
});
