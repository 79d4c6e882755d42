/** One planted bug: a small wrong edit of the source, and the tests that must notice it. */
export interface Bug {
  /** What logpushd does wrong with it, in words. Unique in the bank. */
  readonly name: string;
  /** Invariants and rows of faults of the reliability brief that it breaks, as in `10`, `F05` or `H49`. */
  readonly breaks: readonly string[];
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Test files of which each must go red. */
  readonly caughtBy?: readonly string[];
  /** A part of the name of the test that must go red, where one of many in its file is meant. */
  readonly test?: string;
  /** How many seeds of the simulation are enough for one of them to break a rule. */
  readonly seeds?: number;
}

/** @throws Error that says which bug does not apply any more, and why. */
export function plantedIn(text: string, { name, file, find, replace }: Bug): string {
  const places = text.split(find).length - 1;
  if (places === 1 && find !== replace) return text.split(find).join(replace);
  const why =
    places === 1
      ? 'it replaces the text by itself'
      : `its text stands ${places} times in ${file}, and must stand there once: ${JSON.stringify(find)}`;
  throw new Error(`The bug no longer applies: "${name}": ${why}. Say it anew in tools/bugs/.`);
}
