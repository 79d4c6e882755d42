import { isList } from '../job/canonical-json.ts';
import { type Comparison, type FilterTree, OPPOSITES, valueText } from './filter-tree.ts';

/**
 * Whether a filter drops everything, or nothing, whatever the records are. `unknown` is the usual answer; the other
 * two are certain.
 */
export function reachOf(tree: FilterTree): 'all' | 'nothing' | 'unknown' {
  if (isNever(tree)) return 'nothing';
  return isNever(opposite(tree)) ? 'all' : 'unknown';
}

function opposite(tree: FilterTree): FilterTree {
  if ('all' in tree) return { any: tree.all.map(opposite) };
  if ('any' in tree) return { all: tree.any.map(opposite) };
  return { ...tree, operator: OPPOSITES[tree.operator] };
}

function isNever(tree: FilterTree): boolean {
  if ('any' in tree) return tree.any.every(isNever);
  if (!('all' in tree)) return false;
  const parts = flattened(tree.all);
  if (parts.some(isNever)) return true;
  const comparisons = parts.filter((part): part is Comparison => 'key' in part);
  const byKey = Map.groupBy(comparisons, ({ key }) => key);
  return [...byKey.values()].some(contradict);
}

function flattened(trees: readonly FilterTree[]): readonly FilterTree[] {
  return trees.flatMap((tree) => ('all' in tree ? flattened(tree.all) : [tree]));
}

/** Comparisons of one field that cannot all hold. */
function contradict(comparisons: readonly Comparison[]): boolean {
  const allowed = comparisons.flatMap((one) => allowedBy(one) ?? []);
  if (allowed.length > 0) {
    const [first = new Set<string>(), ...others] = allowed;
    const left = others.reduce((common, set) => common.intersection(set), first);
    const denied = new Set(comparisons.flatMap(deniedBy));
    if ([...left].every((value) => denied.has(value) || !isWithin(Number(value), comparisons))) return true;
  }
  return isEmptyRange(comparisons);
}

/** The only values that the field may have, or null where there are others. */
function allowedBy({ operator, value }: Comparison): ReadonlySet<string> | null {
  if (operator === 'eq') return new Set([valueText(value)]);
  return operator === 'in' && isList(value) ? new Set(value.map(valueText)) : null;
}

function deniedBy({ operator, value }: Comparison): readonly string[] {
  if (operator === '!eq') return [valueText(value)];
  return operator === '!in' && isList(value) ? value.map(valueText) : [];
}

/** True for what is no number: nothing is known of it. */
function isWithin(value: number, comparisons: readonly Comparison[]): boolean {
  if (Number.isNaN(value)) return true;
  return comparisons.every(({ operator, value: bound }) => {
    const limit = Number(bound);
    if (Number.isNaN(limit)) return true;
    if (operator === 'lt') return value < limit;
    if (operator === 'leq') return value <= limit;
    if (operator === 'gt') return value > limit;
    return operator === 'geq' ? value >= limit : true;
  });
}

/** Fields that are compared by size hold whole numbers. */
function isEmptyRange(comparisons: readonly Comparison[]): boolean {
  const bounds = (operator: string, step: number): readonly number[] =>
    comparisons
      .filter((one) => one.operator === operator)
      .map(({ value }) => Number(value) + step)
      .filter((bound) => !Number.isNaN(bound));
  const least = Math.max(...bounds('geq', 0), ...bounds('gt', 1));
  const most = Math.min(...bounds('leq', 0), ...bounds('lt', -1));
  return least > most;
}
