import type { JsonValue } from '../job/job.ts';
import type { Origin } from '../problem.ts';
import type { Place } from './finding.ts';
import type { Path } from './path.ts';
import { formatPath } from './path.ts';

/** One YAML document as plain, frozen values, and where in the text each of them stands. */
export interface ManifestDocument {
  readonly file: string;
  readonly root: JsonValue;
  /**
   * Where something stands, followed through aliases and merges to where it was written. A path that leads
   * nowhere gives the place of the last value on its way.
   */
  placeOf(path: Path, at?: 'key' | 'value'): Place;
}

/** Offsets of the parts of one collection: key and value of each entry, or each item. */
export type Offsets =
  | { readonly keys: ReadonlyMap<string, { readonly key: number; readonly value: number }> }
  | { readonly items: readonly number[] };

/** Offset in a text to line and column. */
export class Lines {
  readonly #starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  origin(file: string, offset: number): Origin {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

export interface DocumentParts {
  readonly file: string;
  readonly root: JsonValue;
  /** Offset of the root. */
  readonly start: number;
  readonly offsets: WeakMap<object, Offsets>;
  readonly lines: Lines;
}

export function manifestDocument({ file, root, start, offsets, lines }: DocumentParts): ManifestDocument {
  const offsetOf = (path: Path, at: 'key' | 'value'): number => {
    let offset = start;
    let value: JsonValue | undefined = root;
    for (const [index, step] of path.entries()) {
      const wanted = index === path.length - 1 ? at : 'value';
      const next = entryOf(offsets, value, step);
      if (next === undefined) return offset;
      offset = next[wanted];
      value = next.child;
    }
    return offset;
  };
  return {
    file,
    root,
    placeOf: (path, at = 'value') => ({
      origin: lines.origin(file, offsetOf(path, at)),
      path: formatPath(path),
    }),
  };
}

interface Entry {
  readonly key: number;
  readonly value: number;
  readonly child: JsonValue | undefined;
}

function entryOf(
  offsets: WeakMap<object, Offsets>,
  value: JsonValue | undefined,
  step: string | number,
): Entry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const parts = offsets.get(value);
  if (parts === undefined) return undefined;
  if ('items' in parts) {
    const at = typeof step === 'number' ? parts.items[step] : undefined;
    return at === undefined ? undefined : { key: at, value: at, child: Reflect.get(value, step) };
  }
  const at = parts.keys.get(String(step));
  return at === undefined ? undefined : { ...at, child: Reflect.get(value, step) };
}
