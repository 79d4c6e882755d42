import * as fc from 'fast-check';
import type { StoreModes } from './job-store.ts';

/** All of Appendix A's echo behaviours, in all combinations. */
export const storeModes: fc.Arbitrary<StoreModes> = fc.record({
  unset: fc.constantFrom('absent', 'zero', 'null'),
  outputOptions: fc.constantFrom('as-sent', 'filled'),
  filter: fc.constantFrom('list-and-get', 'get', 'nobody'),
  secrets: fc.constantFrom('clear', '***', 'REDACTED', ''),
  putOutputOptions: fc.constantFrom('replace', 'merge'),
  immutable: fc.constantFrom('refuse', 'ignore'),
  futureKeys: fc.boolean(),
  jobsPerScope: fc.constantFrom(4, 5, null),
});
