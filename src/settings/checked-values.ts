import type { JsonValue } from '../core/job/job.ts';

/** Reads checked values; a value that is not what the schema promised is a bug. */
export class CheckedValues {
  readonly #values: ReadonlyMap<string, JsonValue>;

  constructor(values: ReadonlyMap<string, JsonValue>) {
    this.#values = values;
  }

  text(path: string): string {
    const value = this.#values.get(path);
    if (typeof value === 'string') return value;
    throw new Error(`The setting ${path} is not a text.`);
  }

  /** Null where nobody has set it and there is no default. */
  optional(path: string): string | null {
    return this.#values.has(path) ? this.text(path) : null;
  }

  number(path: string): number {
    const value = this.#values.get(path);
    if (typeof value === 'number') return value;
    throw new Error(`The setting ${path} is not a number.`);
  }

  flag(path: string): boolean {
    const value = this.#values.get(path);
    if (typeof value === 'boolean') return value;
    throw new Error(`The setting ${path} is neither true nor false.`);
  }

  list(path: string): readonly string[] {
    const value = this.#values.get(path);
    return Array.isArray(value) ? value.map(String) : [this.text(path)];
  }

  word<const T extends string>(path: string, words: readonly T[]): T {
    const value = this.text(path);
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new Error(`The setting ${path} is none of ${words.join(', ')}.`);
  }
}
