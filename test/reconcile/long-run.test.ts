import { expect, it } from 'vitest';
import { LongRun } from './long-run.ts';

/** `node bench/memory.ts` measures the heap over thousands of passes. */
it('nothing is held on to from pass to pass: no sleeper, no listener, no scope', async () => {
  const run = await LongRun.open(4, 2);
  await run.run(20);
  const { sleepers, listeners, series } = run.held();
  await run.run(100);
  expect(run.held()).toMatchObject({ sleepers, listeners, series });
});
