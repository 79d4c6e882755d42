import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import { isMap, isNode, isScalar, parseAllDocuments, visit } from 'yaml';
import type { Origin } from '../problem.ts';

/** One entry of a mapping, as it stands in the text. */
export interface Entry {
  readonly key: Scalar;
  readonly value: Node;
  readonly pair: Pair;
  readonly owner: YAMLMap;
}

/** The text of one YAML file and what stands where in it. Only for a text in which the loader found no fault. */
export class YamlText {
  readonly text: string;
  readonly #lineStarts: readonly number[];
  readonly #entries = new Map<number, Entry>();
  readonly #scalars = new Map<number, Scalar>();
  readonly #maps = new Map<number, YAMLMap>();
  /** Anchors to the aliases that name them. */
  readonly #aliases = new Map<string, number[]>();

  constructor(text: string) {
    this.text = text;
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    for (const document of parseAllDocuments(text, PARSE)) {
      if (!('contents' in document)) continue;
      visit(document, {
        Map: (_, owner) => this.#addMap(owner),
        Scalar: (_, scalar) => {
          if (isNode(scalar) && scalar.range) this.#scalars.set(scalar.range[0], scalar);
        },
        Alias: (_, { source, range }) => {
          this.#aliases.set(source, [...(this.#aliases.get(source) ?? []), range?.[0] ?? 0]);
        },
      });
    }
  }

  #addMap(owner: YAMLMap): void {
    if (owner.range) this.#maps.set(owner.range[0], owner);
    for (const pair of owner.items) {
      const { key, value } = pair;
      if (!isScalar(key) || !key.range || !isNode(value)) continue;
      this.#entries.set(key.range[0], { key, value, pair, owner });
    }
  }

  /** The mapping that begins there. */
  mapAt({ line, column }: Origin): YAMLMap | undefined {
    return this.#maps.get(this.#offset(line, column));
  }

  /** The entry whose key stands there. */
  entryAt({ line, column }: Origin): Entry | undefined {
    return this.#entries.get(this.#offset(line, column));
  }

  scalarAt({ line, column }: Origin): Scalar | undefined {
    return this.#scalars.get(this.#offset(line, column));
  }

  /** Offsets of the aliases to an anchor of this name, in any document of the file. */
  aliasesOf(anchor: string): readonly number[] {
    return this.#aliases.get(anchor) ?? [];
  }

  #offset(line: number, column: number): number {
    return (this.#lineStarts[line - 1] ?? 0) + column - 1;
  }
}

const PARSE = { keepSourceTokens: true, uniqueKeys: false, merge: true, prettyErrors: false } as const;

/** The next and the previous entry of the same mapping. */
export function neighbours({ pair, owner }: Entry): {
  readonly next: Pair | undefined;
  readonly previous: Pair | undefined;
} {
  const index = owner.items.indexOf(pair);
  return { next: owner.items[index + 1], previous: owner.items[index - 1] };
}

export function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Without the white space and comments behind it. */
export function endOf(node: unknown): number {
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

export function isFlow(owner: YAMLMap): boolean {
  return isMap(owner) && owner.flow === true;
}
