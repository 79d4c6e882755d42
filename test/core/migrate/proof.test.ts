import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../src/core/migrate/proof.ts';
import { aDesiredJob, aLiveJob } from '../../builders.ts';
import { applied, planOf, type Situation } from '../plan/planning.ts';

const OLD = { logpull_options: 'fields=RayID&sample=0.5' };
const NEW = { output_options: { field_names: ['RayID'], sample_rate: 0.5 } };

function outline(fields: object, situation: Situation = {}): string {
  return outlineOf([planOf({ ...situation, jobs: [aDesiredJob({ fields: { ...fields } })] })]);
}

describe('the outline of a plan', () => {
  it.each<[string, Situation]>([
    ['a new job', {}],
    ['a job that has the options', { live: [aLiveJob({ fields: NEW })] }],
    ['a job that has others', { live: [aLiveJob({ fields: { output_options: { sample_rate: 0.1 } } })] }],
    ['a job that has the old ones', { live: [aLiveJob({ fields: OLD })] }],
  ])('is the same, whichever key says what %s is to have', (_, situation) => {
    expect(outline(NEW, situation)).toBe(outline(OLD, situation));
  });

  it('is another one where one of the two would write, and the other not', () => {
    const live = [aLiveJob({ fields: { output_options: { ...NEW.output_options, batch_prefix: '[' } } })];
    expect(outline(NEW, { live })).not.toBe(outline(OLD, { live }));
  });

  it('is another one where what is drift for one is new for the other, and drift is only told', () => {
    const old = aDesiredJob({ fields: OLD });
    const live = [aLiveJob({ fields: { output_options: { ...NEW.output_options, sample_rate: 0.1 } } })];
    const entries = [applied(old, aLiveJob({ fields: OLD }))];
    const situation: Situation = { live, entries, policy: { mode: 'warn' } };
    expect(outline(NEW, situation)).not.toBe(outline(OLD, situation));
  });

  it('is another one where other fields are changed', () => {
    const live = [aLiveJob({ fields: NEW })];
    expect(outline({ ...NEW, enabled: false }, { live })).not.toBe(outline(NEW, { live }));
  });

  it('does not depend on the order of the scopes', () => {
    const [a, b] = ['1', '2'].map((digit) =>
      planOf({ scope: { scope: { kind: 'zone', id: digit.repeat(32), name: 'x' } } }),
    );
    expect(outlineOf([a!, b!])).toBe(outlineOf([b!, a!]));
  });
});
