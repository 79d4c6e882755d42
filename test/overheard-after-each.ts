/** Runs in every test file: a secret in anything that a test put out fails the run. */

import { afterAll, afterEach } from 'vitest';
import { leaksOverheard, overhear } from './overheard.ts';

for (const name of ['stdout', 'stderr'] as const) {
  const stream = process[name];
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    overhear(`${name} of the tests`, String(args[0]));
    return write(...args);
  };
}

function failOnLeaks(): void {
  const leaks = leaksOverheard();
  if (leaks.length > 0) throw new Error(`A secret was put out: ${leaks.join('; ')}`);
}

afterEach(failOnLeaks);
// What is put out while a test is cleaned up comes after its own look.
afterAll(failOnLeaks);
