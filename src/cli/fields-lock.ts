import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { loadFile } from '../core/manifest/loader.ts';
import { DEFAULT_LIMITS } from '../core/manifest/limits.ts';
import {
  commonLists,
  isLockFile,
  LOCK_FILE,
  type LockedList,
  lockText,
  readLock,
} from '../core/manifest/field-lock.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { renderProblems } from '../core/render/problems.ts';
import type { Style } from '../core/render/style.ts';
import type { Settings } from '../settings.ts';
import type { CommonFlags } from './options.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Shell, styleOf } from './shell.ts';

/** What the lock gains and loses of one list. */
interface ListChange extends Pick<LockedList, 'kind' | 'scope' | 'dataset' | 'list'> {
  readonly fields: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Writes down which fields `all`, `default` and `all_except` stand for now. */
export async function lockFields(
  flags: Omit<CommonFlags, 'zone'>,
  isJson: boolean,
  shell: Shell,
): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return 3;
  const options = { write: false, ...(await logOf(loaded, flags, shell)) };
  const program = await shell.parts.openProgram(loaded.settings, options);
  program.manifestFiles.refuseUnlessEditable();
  const signal = shell.interrupted();
  const { files, revision } = await program.text(signal);
  const [lock, ...others] = files.filter(({ path }) => isLockFile(path));
  if (others.length > 0) {
    const paths = [lock, ...others].map((file) => cleanText(file?.path ?? '')).join(', ');
    shell.err(`error: There are several locks of fields: ${paths}. Remove all but one.\n`);
    return 3;
  }
  const text = { files: files.filter(({ path }) => !isLockFile(path)), revision };
  const unlocked = await shell.parts.openProgram(loaded.settings, { ...options, text });
  const checked = await unlocked.check(signal);
  const found = checked.manifest === null ? null : await unlocked.fieldLists(signal);
  if (found === null) {
    shell.err(renderProblems(checked.problems, 'text', checked.files, styleOf(shell, flags)));
    return 3;
  }
  if (found.failures.length > 0) {
    for (const failure of found.failures) shell.err(`error: ${cleanText(failure)}\n`);
    shell.err('The lock would not be whole, so it was not written.\n');
    return 1;
  }
  const lists = commonLists(found.lists);
  const path = lock?.path ?? newLockPath(loaded.settings.manifest);
  const [before, after] = [lock?.text ?? null, lockText(lists)];
  if (lists.length === 0 && before === null) {
    shell.out('No job names its fields by "all", "default" or "all_except", so there is nothing to lock.\n');
    return 0;
  }
  if (before === null) await program.manifestFiles.create(path, after);
  else if (before !== after) await program.manifestFiles.rewrite([{ path, before, after }]);
  const changes = changesOf(before === null ? [] : listsIn(path, before), lists);
  shell.out(
    isJson
      ? `${printableJson({ path, written: before !== after, lists: changes })}\n`
      : changesText(changes, path, before !== after, styleOf(shell, flags)),
  );
  return 0;
}

/** Into the first folder of the manifest, or beside its first file. */
function newLockPath(manifest: Settings['manifest']): string {
  const [path = '.'] = manifest.kind === 'files' ? manifest.paths : [];
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return join(isFolder ? path : dirname(path), LOCK_FILE);
}

/** Of a lock that is broken nothing is known, and all of it is written anew. */
function listsIn(path: string, text: string): readonly LockedList[] {
  return readLock(loadFile(path, text, DEFAULT_LIMITS).documents).lock.lists;
}

function changesOf(before: readonly LockedList[], after: readonly LockedList[]): readonly ListChange[] {
  const keyOf = ({ kind, scope, dataset, list }: LockedList): string =>
    [kind, scope, dataset, list].join(' ');
  const [old, now] = [before, after].map((lists) => new Map(lists.map((one) => [keyOf(one), one])));
  return [...new Map([...(old ?? []), ...(now ?? [])])].map(([key, { kind, scope, dataset, list }]) => {
    const [was, is] = [old?.get(key)?.names ?? [], now?.get(key)?.names ?? []];
    return {
      kind,
      scope,
      dataset,
      list,
      fields: is.length,
      added: is.filter((name) => !was.includes(name)),
      removed: was.filter((name) => !is.includes(name)),
    };
  });
}

function changesText(changes: readonly ListChange[], path: string, isWritten: boolean, style: Style): string {
  const lines = changes.flatMap(({ kind, scope, dataset, list, fields, added, removed }) => {
    const where = scope === '*' ? `every ${kind}` : `${kind} ${cleanText(scope)}`;
    const counts = [`${fields} fields`, ...countOf(added, 'new'), ...countOf(removed, 'gone')].join(', ');
    // A list that is new as a whole is in the file.
    const isNew = added.length === fields;
    return [
      `${style.bold(cleanText(dataset))} of ${where}, ${list}: ${counts}`,
      ...(isNew ? [] : added.map((name) => style.green(`  + ${cleanText(name)}`))),
      ...removed.map((name) => style.red(`  - ${cleanText(name)}`)),
    ];
  });
  const end = isWritten ? `Written to ${cleanText(path)}.` : `${cleanText(path)} is up to date.`;
  return `${[...lines, '', end].join('\n')}\n`;
}

function countOf(names: readonly string[], what: string): readonly string[] {
  return names.length === 0 ? [] : [`${names.length} ${what}`];
}
