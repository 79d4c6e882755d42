import type { Alias, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { JsonValue } from '../job/job.ts';
import type { Problem } from '../problem.ts';
import type { Lines, Offsets } from './document.ts';
import type { ProblemCode } from './finding.ts';
import { finding } from './finding.ts';
import type { ManifestLimits } from './limits.ts';
import type { Path } from './path.ts';
import { formatPath, isObject, showableKey } from './path.ts';
import { scalarValue } from './scalar.ts';
import { hasUnsafeCharacter } from './showing.ts';
import { TAG_MESSAGE } from './syntax.ts';

interface Anchored {
  readonly value: JsonValue;
  readonly nodes: number;
  readonly height: number;
}

/** Names that mean something to JavaScript; no key of a manifest needs them. */
export const UNSAFE_KEYS: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'prototype',
  'then',
  'toString',
  'valueOf',
]);

/**
 * Turns one YAML document into plain values without a prototype, frozen because an alias makes two places share
 * one value. Counts what aliases repeat, refuses cycles, and finds duplicate keys itself: the library's own check
 * takes a minute for 50,000 keys.
 */
export class NodeReader {
  readonly problems: Problem[] = [];
  readonly offsets = new WeakMap<object, Offsets>();
  readonly #file: string;
  readonly #lines: Lines;
  readonly #limits: ManifestLimits;
  /** `null` while the anchored value is being read: an alias to it then is a cycle. */
  readonly #anchors = new Map<string, Anchored | null>();
  #nodes: number;
  #deepest = 0;
  #stopped = false;

  constructor(file: string, lines: Lines, limits: ManifestLimits, nodesSoFar: number) {
    this.#file = file;
    this.#lines = lines;
    this.#limits = limits;
    this.#nodes = nodesSoFar;
  }

  /** Whether a limit was passed, so that what was read is not the whole document. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Values read so far, each counted as often as aliases repeat it. */
  get nodes(): number {
    return this.#nodes;
  }

  read(node: ParsedNode | Node | null, path: Path): JsonValue {
    if (node === null || this.#stopped) return null;
    const depth = path.length;
    this.#deepest = Math.max(this.#deepest, depth);
    this.#count(1, node, path);
    if (depth > this.#limits.depth) return this.#stop('too-deep', node, path, this.#depthText());
    if (isAlias(node)) return this.#alias(node, path);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return null;
    if (node.tag !== undefined) {
      this.#report('unsupported-tag', node, path, TAG_MESSAGE);
    }
    return node.anchor === undefined ? this.#plain(node, path) : this.#anchored(node, node.anchor, path);
  }

  #plain(node: Scalar | YAMLMap | YAMLSeq, path: Path): JsonValue {
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return this.#list(node, path);
    const { value, fault } = scalarValue(node);
    if (fault !== undefined) this.#report('bad-number', node, path, fault);
    return value;
  }

  #anchored(node: Scalar | YAMLMap | YAMLSeq, anchor: string, path: Path): JsonValue {
    const [nodesBefore, deepestBefore] = [this.#nodes, this.#deepest];
    this.#deepest = path.length;
    this.#anchors.set(anchor, null);
    const value = this.#plain(node, path);
    const height = this.#deepest - path.length;
    this.#anchors.set(anchor, { value, nodes: this.#nodes - nodesBefore, height });
    this.#deepest = Math.max(deepestBefore, this.#deepest);
    return value;
  }

  #alias(node: Alias, path: Path): JsonValue {
    const anchored = this.#anchors.get(node.source);
    if (anchored === undefined) {
      this.#report(
        'bad-alias',
        node,
        path,
        'Text that starts with "*" is an alias, and no anchor of this name is defined above it in this document. Put the text in quotes, or define the anchor.',
      );
      return null;
    }
    if (anchored === null) {
      this.#report(
        'cyclic-alias',
        node,
        path,
        'This alias stands inside the value that it names, which has no end. Remove it.',
      );
      return null;
    }
    this.#count(anchored.nodes, node, path);
    const deepest = path.length + anchored.height;
    if (deepest > this.#limits.depth) return this.#stop('too-deep', node, path, this.#depthText());
    this.#deepest = Math.max(this.#deepest, deepest);
    return anchored.value;
  }

  #list(node: YAMLSeq, path: Path): JsonValue {
    const items: number[] = [];
    const value = node.items.map((item, index): JsonValue => {
      const child = nodeOf(item);
      items.push(startOf(child) ?? startOf(node) ?? 0);
      return this.read(child, [...path, index]);
    });
    this.offsets.set(value, { items });
    return Object.freeze(value);
  }

  #map(node: YAMLMap, path: Path): JsonValue {
    const value: { [key: string]: JsonValue } = Object.create(null);
    const keys = new Map<string, { key: number; value: number }>();
    const merges: { readonly pair: Pair; readonly at: number }[] = [];
    let seenMerge = false;
    for (const pair of node.items) {
      const at = startOf(nodeOf(pair.key)) ?? startOf(node) ?? 0;
      if (isMergeKey(pair.key)) {
        if (seenMerge) this.#duplicate('<<', at, at, path);
        seenMerge = true;
        merges.push({ pair, at });
        continue;
      }
      const key = this.#key(pair.key, at, path);
      if (key === undefined) continue;
      const first = keys.get(key);
      if (first !== undefined) this.#duplicate(key, at, first.key, path);
      const child = nodeOf(pair.value);
      const read = this.read(child, [...path, key]);
      if (first !== undefined) continue;
      keys.set(key, { key: at, value: startOf(child) ?? at });
      value[key] = read;
    }
    for (const { pair, at } of merges) this.#merge(pair, at, path, value, keys);
    this.offsets.set(value, { keys });
    return Object.freeze(value);
  }

  /** What is written beside `<<` wins over what it brings, and of several sources the earlier one. */
  #merge(
    pair: Pair,
    at: number,
    path: Path,
    into: { [key: string]: JsonValue },
    keys: Map<string, { key: number; value: number }>,
  ): void {
    const source = this.read(nodeOf(pair.value), path);
    const sources: readonly JsonValue[] = Array.isArray(source) ? source : [source];
    for (const one of sources) {
      if (!isObject(one)) {
        const message = 'A merge key (<<) takes an alias to a mapping, or a list of such aliases.';
        this.#reportAt('bad-merge', at, path, message);
        return;
      }
      const parts = this.offsets.get(one);
      for (const [key, merged] of Object.entries(one)) {
        if (keys.has(key)) continue;
        into[key] = merged;
        const offsets = parts !== undefined && 'keys' in parts ? parts.keys.get(key) : undefined;
        keys.set(key, offsets ?? { key: at, value: at });
      }
    }
  }

  #key(key: unknown, at: number, path: Path): string | undefined {
    if (!isScalar(key) || typeof key.value !== 'string') {
      this.#reportAt(
        'bad-key',
        at,
        path,
        'A key must be text. Put a number, true, false, null or text that starts with "{" or "[" in quotes.',
      );
      return undefined;
    }
    if (UNSAFE_KEYS.has(key.value)) {
      this.#reportAt('unsafe-key', at, path, `The key "${key.value}" is not allowed anywhere in a manifest.`);
      return undefined;
    }
    if (hasUnsafeCharacter(key.value)) {
      this.#reportAt(
        'unsafe-key',
        at,
        path,
        'This key holds a control, direction or invisible character. Type it anew.',
      );
      return undefined;
    }
    return key.value;
  }

  #duplicate(key: string, at: number, first: number, path: Path): void {
    const { line } = this.#lines.origin(this.#file, first);
    const name = key === '<<' || showableKey(key, path) ? `"${key}"` : 'This key';
    this.#reportAt(
      'duplicate-key',
      at,
      [...path, key],
      `${name} is already given at line ${line}. Keep one of the two.`,
    );
  }

  #count(nodes: number, node: Node, path: Path): void {
    this.#nodes += nodes;
    if (this.#nodes <= this.#limits.nodes || this.#stopped) return;
    const message = `With its aliases written out the file has more than ${this.#limits.nodes} values. Split it, or use fewer aliases.`;
    this.#stop('too-many-nodes', node, path, message);
  }

  #depthText(): string {
    return `Collections are nested more than ${this.#limits.depth} deep. No manifest needs that.`;
  }

  #stop(code: ProblemCode, node: Node, path: Path, message: string): null {
    if (!this.#stopped) this.#report(code, node, path, message);
    this.#stopped = true;
    return null;
  }

  #report(code: ProblemCode, node: Node, path: Path, message: string): void {
    this.#reportAt(code, startOf(node) ?? 0, path, message);
  }

  #reportAt(code: ProblemCode, offset: number, path: Path, message: string): void {
    const origin = this.#lines.origin(this.#file, offset);
    this.problems.push(finding(code, { origin, path: formatPath(path) }, message));
  }
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

function nodeOf(part: unknown): Node | null {
  return isNode(part) ? part : null;
}

/** Undefined for a value that is not written at all, as after `jobs:`. */
function startOf(node: Node | null): number | undefined {
  if (node === null || node.range === undefined || node.range === null) return undefined;
  return isScalar(node) && node.source === '' && node.range[0] === node.range[1] ? undefined : node.range[0];
}
