import type { Problem } from '../problem.ts';
import { byPlace, compareText, isError } from '../problem.ts';
import { isLockFile, readLock } from './field-lock.ts';
import { finding } from './finding.ts';
import type { ManifestLimits } from './limits.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { loadFile, type LoadedFile } from './loader.ts';
import type { Manifest } from './manifest.ts';
import { manifestOf } from './manifest.ts';
import { staleLock, unlistedField } from './rules/fields.ts';
import { nameSuffixFault } from './rules/identity.ts';
import { RULES } from './rules/rules.ts';
import { SchemaView } from './schema-view.ts';
import { createShapeCheck } from './shape.ts';
import { byteLength } from './showing.ts';
import { isSqlFile } from './sql-file.ts';
import { collect } from './written.ts';

export interface ManifestFile {
  readonly path: string;
  readonly text: string;
  /** Why a file that another one names could not be read: a clause that goes after its name. */
  readonly refusal?: string;
}

export interface ParseResult {
  /** Null when there is any error: a manifest is accepted whole or not at all. */
  readonly manifest: Manifest | null;
  /** Sorted by place. */
  readonly problems: readonly Problem[];
}

export interface ParserOptions {
  /** What the names of owned jobs get at Cloudflare. */
  readonly nameSuffix?: string;
  /** Nobody is going to ask Cloudflare, so the fields that jobs name are compared with the lists of this release. */
  readonly offline?: boolean | undefined;
  readonly limits?: ManifestLimits;
}

interface CheckedFile extends LoadedFile, ManifestFile {
  readonly shapeProblems: readonly Problem[];
}

/**
 * Turns the files of a manifest into one manifest, or into everything that is wrong with them, at once. A lock of fields
 * and the SQL of transformers among them are no documents of it, and what is wrong with them refuses the manifest just the same. Which
 * order the files come in does not matter. Compiling the schema is slow, so make one parser and keep it; reading
 * YAML is slower still, so a file whose text is the same as last time is not read again.
 */
export function createManifestParser(
  schema: object,
  { nameSuffix = '', offline = false, limits = DEFAULT_LIMITS }: ParserOptions = {},
): (files: readonly ManifestFile[]) => ParseResult {
  const view = new SchemaView(schema);
  const shapeProblems = createShapeCheck(schema, view);
  let known: ReadonlyMap<string, CheckedFile> = new Map();
  const check = ({ path, text }: ManifestFile): CheckedFile => {
    const same = known.get(path);
    if (same?.text === text) return same;
    const { documents, problems } = loadFile(path, text, limits);
    const shape = isLock({ path, text }) ? [] : documents.flatMap(shapeProblems);
    return { path, text, documents, problems, shapeProblems: shape };
  };
  return (files) => {
    const tooMuch = wholeProblem(files, limits);
    if (tooMuch !== undefined) return { manifest: null, problems: [tooMuch] };
    const [sql, yaml] = [files.filter(isSql), files.filter((file) => !isSql(file))];
    const loaded = yaml.toSorted((a, b) => compareText(a.path, b.path)).map(check);
    known = new Map(loaded.map((file) => [file.path, file]));
    const [locks, manifests] = [loaded.filter(isLock), loaded.filter((file) => !isLock(file))];
    const sqlFiles = new Map(sql.map((file) => [file.path, file]));
    const written = collect(
      manifests.flatMap(({ documents }) => documents),
      sqlFiles,
    );
    const { lock, problems: lockProblems } = readLock(locks.flatMap(({ documents }) => documents));
    const lockInUse = locks.length === 0 ? undefined : lock;
    // Of a lock that cannot be read nothing can be called missing.
    const isLockRead = [...lockProblems, ...locks.flatMap((file) => file.problems)].length === 0;
    const problems = withoutEchoes([
      loaded.flatMap((file) => file.problems),
      loaded.flatMap((file) => file.shapeProblems),
      RULES.flatMap((rule) => [...rule(written, view)]),
      [...nameSuffixFault(written, nameSuffix)],
      lockProblems,
      lockInUse && isLockRead ? [...staleLock(written, lockInUse)] : [],
      offline ? [...unlistedField(written)] : [],
    ]);
    return {
      manifest: problems.some(isError) ? null : manifestOf(written, lockInUse),
      problems: mostOf(problems),
    };
  };
}

function isSql({ path }: ManifestFile): boolean {
  return isSqlFile(path);
}

function isLock({ path }: ManifestFile): boolean {
  return isLockFile(path);
}

function wholeProblem(files: readonly ManifestFile[], limits: ManifestLimits): Problem | undefined {
  const place = { origin: { file: files[0]?.path ?? '', line: 1, column: 1 }, path: '' };
  if (files.length > limits.files) {
    const message = `The manifest has ${files.length} files; at most ${limits.files} are read. Point it at a smaller folder.`;
    return finding('too-many-files', place, message);
  }
  const bytes = files.reduce((sum, { text }) => sum + byteLength(text), 0);
  if (bytes <= limits.totalBytes) return undefined;
  const message = `All files together have ${bytes} bytes; at most ${limits.totalBytes} are read.`;
  return finding('too-large', place, message);
}

/**
 * Sorted by place, each thing once: a finding of a later phase about a value that an earlier one has refused says
 * the same in other words, and a preset is looked at by every job that uses it.
 */
function withoutEchoes(phases: readonly (readonly Problem[])[]): readonly Problem[] {
  const kept = new Map<string, Problem>();
  const refused = new Set<string>();
  for (const phase of phases) {
    const fresh = phase.filter((problem) => !refused.has(placeKey(problem)));
    for (const problem of fresh) kept.set(`${placeKey(problem)} ${problem.code} ${problem.message}`, problem);
    for (const problem of fresh.filter(isError)) refused.add(placeKey(problem));
  }
  return [...kept.values()].toSorted(byPlace);
}

/** A file that goes wrong as a whole has a finding on every line; nobody reads, keeps or sends on them all. */
const MOST_PROBLEMS = 1_000;

/** Errors go first: they are what refuses the manifest. */
function mostOf(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MOST_PROBLEMS) return problems;
  const errors = problems.filter(isError);
  const kept = errors.length > 0 ? errors : problems;
  const [next] = kept.slice(MOST_PROBLEMS);
  const left = problems.length - Math.min(kept.length, MOST_PROBLEMS);
  const message = `${left} more findings are not shown. Mend these first.`;
  const place = next ?? { origin: { file: '', line: 1, column: 1 }, path: '' };
  return [...kept.slice(0, MOST_PROBLEMS), finding('too-many-problems', place, message)].toSorted(byPlace);
}

function placeKey({ origin: { file, line, column }, path }: Problem): string {
  return JSON.stringify([file, line, column, path]);
}
