import { describe, expect, it } from 'vitest';
import { planned, StoppedError } from '../../src/reconcile/errors.ts';

describe('only a planned failure may be survived', () => {
  it('which is given back as it is', () => {
    const failure = new StoppedError('list jobs');
    expect(planned(failure)).toBe(failure);
  });

  it.each([new TypeError('x is not a function'), new Error('disk'), 'text', undefined])(
    'a bug goes on its way untouched: %s',
    async (bug) => {
      const thrown = Promise.resolve().then(() => planned(bug));
      expect(
        await thrown.then(
          () => 'survived',
          (error: unknown) => error,
        ),
      ).toBe(bug);
    },
  );
});
