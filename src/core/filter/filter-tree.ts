import { isList, isObject, parseJson } from '../job/canonical-json.ts';
import { filterText } from '../job/filter.ts';
import type { JsonValue } from '../job/job.ts';

/** A filter that has no faults, as a tree (`cloudflare-api.md` §5). */
export type FilterTree =
  { readonly all: readonly FilterTree[] } | { readonly any: readonly FilterTree[] } | Comparison;

export interface Comparison {
  readonly key: string;
  readonly operator: Operator;
  /** A list for `in` and `!in`. */
  readonly value: JsonValue;
}

/** Each operator and what says the opposite. */
export const OPPOSITES = {
  eq: '!eq',
  '!eq': 'eq',
  lt: 'geq',
  leq: 'gt',
  gt: 'leq',
  geq: 'lt',
  startsWith: '!startsWith',
  endsWith: '!endsWith',
  '!startsWith': 'startsWith',
  '!endsWith': 'endsWith',
  contains: '!contains',
  '!contains': 'contains',
  in: '!in',
  '!in': 'in',
} as const;
export type Operator = keyof typeof OPPOSITES;

/** Null for no filter, and for what is none: see `filterFaults`. */
export function filterTree(filter: JsonValue): FilterTree | null {
  const text = filterText(filter);
  const parsed = parseJson(text);
  return isObject(parsed) && parsed['where'] !== undefined ? nodeOf(parsed['where']) : null;
}

/** All comparisons, in the order in which they are written. */
export function comparisonsIn(tree: FilterTree): readonly Comparison[] {
  if ('all' in tree) return tree.all.flatMap(comparisonsIn);
  if ('any' in tree) return tree.any.flatMap(comparisonsIn);
  return [tree];
}

function nodeOf(node: JsonValue): FilterTree | null {
  if (!isObject(node)) return null;
  if (node['and'] !== undefined) return groupOf(node['and'], (all) => ({ all }));
  if (node['or'] !== undefined) return groupOf(node['or'], (any) => ({ any }));
  const { key, operator, value } = node;
  const isWhole = typeof key === 'string' && isOperator(operator) && value !== undefined;
  return isWhole ? { key, operator, value } : null;
}

function groupOf(list: JsonValue, make: (nodes: readonly FilterTree[]) => FilterTree): FilterTree | null {
  if (!isList(list)) return null;
  const nodes = list.flatMap((node) => nodeOf(node) ?? []);
  return nodes.length === list.length ? make(nodes) : null;
}

function isOperator(value: JsonValue | undefined): value is Operator {
  return typeof value === 'string' && Object.hasOwn(OPPOSITES, value);
}

/** Values are compared as texts, since numbers may be written as one. */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
