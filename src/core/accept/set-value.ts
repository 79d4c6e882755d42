/** One value of a mapping set in the text of a manifest; everything around it, comments included, stays as it is. */
import { isAlias, isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { JsonValue } from '../job/job.ts';
import { colonOf, flowText } from '../migrate/entry-edit.ts';
import type { TextEdit } from '../migrate/text-edit.ts';
import { endOf, isFlow, startOf } from '../migrate/yaml-text.ts';
import { yamlScalar } from '../render/yaml-scalar.ts';

/** A clause: why a person has to do it. */
export type ByHand = { readonly byHand: string };

const SHARED: ByHand = { byHand: 'it is an alias or has an anchor, so other places may share it' };
const COMMENTED: ByHand = { byHand: 'there is a comment within it, which would be lost' };
const EMPTY: ByHand = { byHand: 'its mapping has no key that could be told' };
const QUESTIONED: ByHand = { byHand: 'its key is written with a question mark' };

/**
 * The edit that gives a key of this mapping, or a key of the mapping under it, this value.
 *
 * @param path one key, or two
 */
export function valueSet(
  text: string,
  owner: YAMLMap,
  [key, ...rest]: readonly [string, ...string[]],
  value: JsonValue,
): TextEdit | ByHand {
  const [inner] = rest;
  const pair = owner.items.find((one) => isScalar(one.key) && one.key.value === key);
  if (pair === undefined) return inserted(text, owner, key, inner === undefined ? value : { [inner]: value });
  const { value: found } = pair;
  if (isAlias(found) || hasAnchor(found)) return SHARED;
  if (inner === undefined) return replaced(text, pair, value);
  if (isMap(found) && found.items.length > 0) return valueSet(text, found, [inner], value);
  return replaced(text, pair, { [inner]: value });
}

function hasAnchor(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'anchor' in node && node.anchor !== undefined;
}

/** A block becomes one line. */
function replaced(text: string, pair: Pair, next: JsonValue): TextEdit | ByHand {
  const { value } = pair;
  if (endOf(value) === startOf(value)) return filled(pair, next);
  const isBlock =
    ((isMap(value) || isSeq(value)) && value.flow !== true) ||
    (isScalar(value) && (value.type === 'BLOCK_FOLDED' || value.type === 'BLOCK_LITERAL'));
  if (!isBlock) return { start: startOf(value), end: endOf(value), text: flowText(next) };
  const colon = colonOf(pair);
  if (colon === null) return QUESTIONED;
  const written = text.slice(colon, endOf(value));
  if (written.includes('#')) return COMMENTED;
  return { start: colon, end: colon + written.trimEnd().length, text: ` ${flowText(next)}` };
}

/** What stands there without a value, and maybe without a colon. */
function filled(pair: Pair, next: JsonValue): TextEdit | ByHand {
  const colon = colonOf(pair);
  if (colon !== null) return { start: colon, end: colon, text: ` ${flowText(next)}` };
  if (pair.srcToken?.start.some(({ type }) => type === 'explicit-key-ind')) return QUESTIONED;
  const end = endOf(pair.key);
  return { start: end, end, text: `: ${flowText(next)}` };
}

/** Behind the first entry on a line of its own, which is mostly the name; else in front of all. */
function inserted(text: string, owner: YAMLMap, key: string, value: JsonValue): TextEdit | ByHand {
  const entry = `${yamlScalar(key)}: ${flowText(value)}`;
  const [first] = owner.items;
  const last = owner.items.at(-1);
  if (first === undefined || last === undefined) return EMPTY;
  if (isFlow(owner)) {
    const end = endOf(last.value ?? last.key);
    return { start: end, end, text: `, ${entry}` };
  }
  const start = startOf(first.key);
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const line = /^[^\r\n]*/.exec(text.slice(start))?.[0] ?? '';
  const isOneLine =
    isScalar(first.value) && endOf(first.value) <= start + line.length && isPlainLine(first.value.type);
  if (!isOneLine) return { start, end: start, text: `${entry}${newline}${indent}` };
  const end = start + line.length;
  return { start: end, end, text: `${newline}${indent}${entry}` };
}

function isPlainLine(type: string | undefined): boolean {
  return type !== 'BLOCK_FOLDED' && type !== 'BLOCK_LITERAL';
}
