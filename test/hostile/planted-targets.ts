/** Targets that do what none may, for the tests of the hunt itself. */

import { target, type Targets } from '../../tools/fuzz/target.ts';
import { aCanary } from '../canaries.ts';

const CANARY = aCanary('planted in a target');

export const TARGETS: Targets = {
  harmless: target(
    (dice) => dice.roll(1_000),
    (input) => ({ output: String(input), canaries: [CANARY] }),
  ),
  crashing: target(
    (dice) => dice.roll(10),
    (input) => {
      if (input === 3) throw new TypeError('planted');
      return { output: '', canaries: [] };
    },
  ),
  hanging: target(
    (dice) => dice.roll(20),
    (input) => {
      const end = input === 7 ? Infinity : 0;
      let turns = 0;
      while (turns < end) turns += 1;
      return { output: `${turns}`, canaries: [] };
    },
  ),
  leaking: target(
    (dice) => dice.roll(10),
    (input) => ({ output: `a ${input === 5 ? CANARY.value : ''} z`, canaries: [CANARY] }),
  ),
};
