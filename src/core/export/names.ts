import { UNSAFE_KEYS } from '../manifest/node-reader.ts';

/** Names that an export makes up: lower-case, safe as a file name, the same for the same input. */

const LONGEST = 80;

/** Joins the parts with dots; what is not a letter, a digit, `.` or `-` becomes one `-`. */
export function nameOf(parts: readonly string[]): string {
  const name = parts
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]+/g, '-')
        .replaceAll(/\.{2,}/g, '.')
        .replaceAll(/^[.-]+|[.-]+$/g, ''),
    )
    .filter((part) => part !== '')
    .join('.')
    .slice(0, LONGEST)
    .replace(/[.-]+$/, '');
  return name === '' ? 'unnamed' : name;
}

/** Gives each thing one name: the wished one, or the wished one with the first free number behind it. */
export class Names {
  readonly #taken: Set<string>;
  readonly #byIdentity = new Map<string, string>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set([...UNSAFE_KEYS, ...taken]);
  }

  /** The name of what `identity` stands for; asked again it is the same name, whatever is wished for. */
  of(identity: string, wished: string): string {
    const known = this.#byIdentity.get(identity);
    if (known !== undefined) return known;
    const name = this.#free(wished);
    this.#byIdentity.set(identity, name);
    this.#taken.add(name);
    return name;
  }

  #free(wished: string): string {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wished : `${wished}-${number}`;
      if (!this.#taken.has(name)) return name;
    }
  }
}
