import type { Scope, ScopeKind } from '../job/job.ts';
import { compareText, type Problem } from '../problem.ts';
import { yamlScalar } from '../render/yaml-scalar.ts';
import type { ManifestDocument } from './document.ts';
import { finding, type Place } from './finding.ts';
import { isList, isObject, type Path } from './path.ts';

/** Stands beside the manifest and says which fields `all`, `default` and `all_except` stand for. No part of the manifest. */
export const LOCK_FILE = 'fields.lock.yaml';

/** Under this key stands what holds for every scope that has no entry of its own. */
const EVERY = '*';
const SECTIONS: { readonly [key: string]: ScopeKind } = { zones: 'zone', accounts: 'account' };
const REMEDY = 'Write it anew with "logpushd fields --lock".';

/** Which of Cloudflare's two lists of a dataset. */
export type ListKind = 'all' | 'default';

/** One list, of one scope or of every other one of its kind. */
export interface LockedList {
  readonly kind: ScopeKind;
  /** A name or id, or `*`. */
  readonly scope: string;
  readonly dataset: string;
  readonly list: ListKind;
  readonly names: readonly string[];
}

interface PlacedList extends LockedList {
  readonly document: ManifestDocument;
  readonly path: Path;
}

export interface FieldLock {
  readonly lists: readonly LockedList[];
  /** Undefined where nothing is locked. */
  namesOf(scope: Scope, dataset: string, list: ListKind): readonly string[] | undefined;
  /** Where a name stands that {@link namesOf} gave. */
  placeOf(scope: Scope, dataset: string, list: ListKind, name: string): Place | undefined;
}

export function isLockFile(path: string): boolean {
  return path.split(/[\\/]/).at(-1) === LOCK_FILE;
}

/** The lock in these documents, and all that is wrong with it. */
export function readLock(documents: readonly ManifestDocument[]): {
  readonly lock: FieldLock;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const lists = new Map<string, PlacedList>();
  for (const document of documents) {
    for (const found of partsOf(document)) {
      if (!('names' in found)) problems.push(found);
      else if (lists.has(keyOf(found)))
        problems.push(
          fault(document, found.path, 'This list is locked in another file too. Remove one of the two.'),
        );
      else lists.set(keyOf(found), found);
    }
  }
  const find = (scope: Scope, dataset: string, list: ListKind): PlacedList | undefined =>
    [scope.id, scope.name, EVERY]
      .flatMap((name) => lists.get(keyOf({ kind: scope.kind, scope: name, dataset, list })) ?? [])
      .at(0);
  const lock: FieldLock = {
    lists: [...lists.values()],
    namesOf: (scope, dataset, list) => find(scope, dataset, list)?.names,
    placeOf: (scope, dataset, list, name) => {
      const found = find(scope, dataset, list);
      return found?.document.placeOf([...found.path, found.names.indexOf(name)]);
    },
  };
  return { lock, problems };
}

function keyOf({ kind, scope, dataset, list }: Omit<LockedList, 'names'>): string {
  return [kind, scope.toLowerCase(), dataset, list].join(' ');
}

function fault(document: ManifestDocument, path: Path, message: string): Problem {
  return finding('bad-lock', document.placeOf(path), message);
}

function* partsOf(document: ManifestDocument): Iterable<PlacedList | Problem> {
  const { root } = document;
  if (!isObject(root) || root['version'] !== 1) {
    yield fault(document, ['version'], `A lock of fields begins with "version: 1". ${REMEDY}`);
    return;
  }
  for (const [section, scopes] of Object.entries(root)) {
    const kind = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined;
    if (section === 'version') continue;
    if (kind === undefined || !isObject(scopes))
      yield fault(document, [section], `A lock of fields has mappings "zones" and "accounts". ${REMEDY}`);
    else
      for (const [scope, datasets] of Object.entries(scopes))
        yield* listsOf(document, [section, scope], { kind, scope }, datasets);
  }
}

function* listsOf(
  document: ManifestDocument,
  path: Path,
  whose: Pick<LockedList, 'kind' | 'scope'>,
  datasets: unknown,
): Iterable<PlacedList | Problem> {
  if (!isObject(datasets)) {
    yield fault(document, path, `Below a scope stand its datasets. ${REMEDY}`);
    return;
  }
  for (const [dataset, lists] of Object.entries(datasets)) {
    if (!isObject(lists))
      yield fault(document, [...path, dataset], `Below a dataset stands "all" or "default". ${REMEDY}`);
    else
      for (const [list, names] of Object.entries(lists)) {
        const at = [...path, dataset, list];
        if ((list !== 'all' && list !== 'default') || !isNames(names))
          yield fault(
            document,
            at,
            `Here stands "all" or "default", and below it a list of different names. ${REMEDY}`,
          );
        else yield { ...whose, dataset, list, names, document, path: at };
      }
  }
}

function isNames(value: unknown): value is readonly string[] {
  if (!isList(value) || value.length === 0) return false;
  return (
    value.every((name) => typeof name === 'string' && name !== '') && new Set(value).size === value.length
  );
}

/** What Cloudflare lists for one scope. */
export type ScopeList = Omit<LockedList, 'scope' | 'kind'> & { readonly scope: Scope };

/** One list for all scopes of a kind, the most common one, and lists of their own for those that differ. */
export function commonLists(found: readonly ScopeList[]): readonly LockedList[] {
  const byName = Map.groupBy(found, ({ scope }) => scopeName(scope));
  // The names of accounts are anybody's choice.
  const isAmbiguous = (scope: Scope): boolean =>
    scope.name === EVERY || new Set(byName.get(scopeName(scope))?.map((one) => one.scope.id)).size > 1;
  const groups = Map.groupBy(found, ({ scope, dataset, list }) => [scope.kind, dataset, list].join(' '));
  return [...groups.values()].flatMap((group) => {
    const byNames = Map.groupBy(group, ({ names }) => names.toSorted(compareText).join(' '));
    const [common, ...others] = [...byNames.values()].toSorted((a, b) => b.length - a.length);
    const [first] = common ?? [];
    if (first === undefined) return [];
    return [
      lockedList(first, EVERY),
      ...others.flat().map((one) => lockedList(one, isAmbiguous(one.scope) ? one.scope.id : one.scope.name)),
    ];
  });
}

/** As the lock looks for it. */
function scopeName({ kind, name }: Scope): string {
  return `${kind} ${name.toLowerCase()}`;
}

function lockedList({ scope: { kind }, dataset, list, names }: ScopeList, scope: string): LockedList {
  return { kind, scope, dataset, list, names: names.toSorted(compareText) };
}

/** The text of a lock: one name a line, so that its diff is what changed, and always in the same order. */
export function lockText(lists: readonly LockedList[]): string {
  const lines = [
    '# Which fields "all", "default" and "all_except" of the manifest stand for.',
    '# Written by "logpushd fields --lock": a diff of this file is what the jobs will gain and lose.',
    'version: 1',
  ];
  let above: readonly string[] = [];
  for (const { kind, scope, dataset, list, names } of lists.toSorted((a, b) =>
    compareText(orderOf(a), orderOf(b)),
  )) {
    const path = [kind === 'zone' ? 'zones' : 'accounts', scope, dataset, list];
    const same = path.findIndex((key, depth) => key !== above[depth]);
    path.slice(same).forEach((key, index) => lines.push(`${'  '.repeat(same + index)}${yamlScalar(key)}:`));
    lines.push(...names.map((name) => `        - ${yamlScalar(name)}`));
    above = path;
  }
  return `${lines.join('\n')}\n`;
}

/** Zones first, and in each kind what holds for every scope. */
function orderOf({ kind, scope, dataset, list }: LockedList): string {
  return [kind === 'zone' ? 0 : 1, scope === EVERY ? '' : scope, dataset, list].join('\u0000');
}
