import type { Canary } from '../../test/canaries.ts';
import type { Dice } from './random.ts';

/** What came of one input. */
export interface Told {
  /** Everything that a person or a program would get to see. */
  readonly output: string;
  /** Must not be in the output, in any form. */
  readonly canaries: readonly Canary[];
}

/** Something that reads what others wrote. */
export interface Target {
  /** An input, as JSON so that it can be kept as a fixture. */
  readonly make: (dice: Dice) => unknown;
  /** Gives the input to what it is for. Throwing is a crash. */
  readonly judge: (input: unknown) => Told | Promise<Told>;
}

export type Targets = { readonly [name: string]: Target };

export function target<Input>(
  make: (dice: Dice) => Input,
  judge: (input: Input) => Told | Promise<Told>,
): Target {
  return { make, judge: (input) => judge(input as Input) };
}
