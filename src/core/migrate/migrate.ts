import { isScalar } from 'yaml';
import type { Place } from '../manifest/finding.ts';
import { DEFAULT_LIMITS } from '../manifest/limits.ts';
import { loadFile } from '../manifest/loader.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { ManifestFile, ParseResult } from '../manifest/parser.ts';
import { everyJob } from '../manifest/rules/rule.ts';
import { quoted } from '../manifest/showing.ts';
import { isSqlFile } from '../manifest/sql-file.ts';
import { collect, textOf, type Written, type WrittenJob } from '../manifest/written.ts';
import { byPlace, compareText, type Problem } from '../problem.ts';
import { type EntryEdit, removedEntry, renamedEntry, replacedEntry } from './entry-edit.ts';
import { operatorRespellings } from './operator-spelling.ts';
import { type Move, NEW_KEY, optionMoves, type SiteId, sitesOf } from './option-moves.ts';
import { changedJobs } from './proof.ts';
import { editedText, offsetsBefore, type TextEdit } from './text-edit.ts';
import { type Entry, startOf, YamlText } from './yaml-text.ts';

export interface Rewritten {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** From `before` to `after`. */
  readonly edits: readonly TextEdit[];
}

export interface Migration {
  /** Files that change. */
  readonly rewritten: readonly Rewritten[];
  /** All files, as they are to be. */
  readonly files: readonly ManifestFile[];
  /** The same with nothing but mended operators: what the result is to be compared with. */
  readonly comparable: readonly ManifestFile[];
  readonly done: readonly Place[];
  /** What a person has to decide, and why. */
  readonly left: readonly { readonly place: Place; readonly reason: string }[];
  /** Jobs of which it is proven that they mean the same. */
  readonly jobs: number;
}

export type Parse = (files: readonly ManifestFile[]) => ParseResult;

/**
 * Rewrites what Cloudflare has deprecated or older documentation has spelled otherwise: `logpull_options` become the
 * equal `output_options`, and operators get their names. Nothing else of the text changes, and each job means what it
 * meant; what would make one mean something else is left alone.
 */
export function migrateManifest(
  files: readonly ManifestFile[],
  parse: Parse,
): Migration | { readonly problems: readonly Problem[] } {
  const spelling = respelled(files);
  const { manifest, problems } = parse(spelling.files);
  if (manifest === null) return { problems: parse(files).problems };
  const moved = movedOptions(spelling.files, manifest, parse);
  const rewritten = files.flatMap(({ path, text }, index): readonly Rewritten[] => {
    const first = spelling.edits.get(path) ?? [];
    const before = offsetsBefore(first);
    const second = (moved.edits.get(path) ?? []).map((edit) => ({
      ...edit,
      start: before(edit.start),
      end: before(edit.end),
    }));
    const after = moved.files[index]?.text ?? text;
    return after === text ? [] : [{ path, before: text, after, edits: [...first, ...second] }];
  });
  const left = [...moved.left, ...problems.filter(isLeft).map(leftBy)];
  return {
    rewritten,
    files: moved.files,
    comparable: spelling.files,
    done: [...spelling.places, ...moved.done],
    left: left.toSorted((a, b) => byPlace(asProblem(a.place), asProblem(b.place))),
    jobs: manifest.scopes.reduce((sum, { jobs }) => sum + jobs.length, 0),
  };
}

/** Writing these otherwise would make them mean something else. */
function isLeft({ code, path }: Problem): boolean {
  return code === 'old-spelling' || (code === 'deprecated' && !path.endsWith('logpull_options'));
}

function leftBy({ origin, path, message }: Problem): { readonly place: Place; readonly reason: string } {
  return { place: { origin, path }, reason: message };
}

function asProblem({ origin, path }: Place): Problem {
  return { severity: 'warning', code: '', origin, path, message: '' };
}

type Edits = ReadonlyMap<string, readonly TextEdit[]>;

function respelled(files: readonly ManifestFile[]): {
  readonly files: readonly ManifestFile[];
  readonly edits: Edits;
  readonly places: readonly Place[];
} {
  const read = readFiles(files);
  const found = operatorRespellings(read.written, read.yamlOf);
  const edits = editsByFile(found.map(({ place, edits: own }) => ({ file: place.origin.file, edits: own })));
  return { files: withEdits(files, edits), edits, places: found.map(({ place }) => place) };
}

interface Moved {
  readonly files: readonly ManifestFile[];
  readonly edits: Edits;
  readonly done: readonly Place[];
  readonly left: Migration['left'];
}

/** What stays as it is, and why: a clause. */
type Kept = ReadonlyMap<SiteId, string>;

interface Trial {
  readonly result: Moved;
  /** Null where more than jobs would change, or the manifest would have an error. */
  readonly changed: readonly number[] | null;
}

/** Whoever turns out to mean something else afterwards keeps what it has, and the rest is tried again. */
function movedOptions(files: readonly ManifestFile[], before: Manifest, parse: Parse): Moved {
  const read = readFiles(files);
  const moves = optionMoves(read.written);
  const jobs = [...everyJob(read.written)];
  const kept = new Map<SiteId, string>();
  const trial = (stays: Kept): Trial => {
    const result = attempt(files, moves, stays, read);
    const after = parse(result.files).manifest;
    return { result, changed: after === null ? null : changedJobs(before, after) };
  };
  for (;;) {
    const { result, changed } = trial(kept);
    if (changed?.length === 0) return result;
    const known = kept.size;
    for (const job of (changed ?? []).flatMap((index) => jobs[index] ?? []))
      for (const id of sitesOf(job)) kept.set(id, WOULD_CHANGE);
    if (kept.size === known) return trial(narrowed(moves, jobs, trial)).result;
  }
}

/** What has to stay where it is not written in the jobs that would change, as when they merge it by an anchor. */
function narrowed(moves: readonly Move[], jobs: readonly WrittenJob[], trial: (kept: Kept) => Trial): Kept {
  const movable = moves.filter(({ kind }) => kind !== 'leave');
  let kept = new Map(movable.map(({ id }) => [id, WOULD_CHANGE]));
  const admit = (group: readonly Move[]): void => {
    const fewer = new Map(kept);
    for (const { id } of group) fewer.delete(id);
    const { changed } = trial(fewer);
    const [only, ...others] = group;
    if (changed?.length === 0) kept = fewer;
    else if (only !== undefined && others.length === 0) kept.set(only.id, whyKept(changed, jobs, moves));
    else for (const half of halvesOf(group)) admit(half);
  };
  admit(movable);
  // One may be free to move once another has.
  for (let before = Infinity; kept.size < before;) {
    before = kept.size;
    for (const move of movable.filter(({ id }) => kept.has(id))) admit([move]);
  }
  return kept;
}

function halvesOf<T>(list: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)].filter(({ length }) => length > 0);
}

function whyKept(changed: Trial['changed'], jobs: readonly WrittenJob[], moves: readonly Move[]): string {
  const [job] = (changed ?? []).flatMap((index) => jobs[index] ?? []);
  if (job === undefined) return 'the rest of the manifest would mean something else';
  const own = sitesOf(job);
  const left = moves.find(({ id, kind }) => kind === 'leave' && own.includes(id));
  const cause =
    left?.kind === 'leave'
      ? `, whose own logpull_options at line ${left.place.origin.line} stay: ${left.byHand}`
      : '';
  return `job ${quoted(textOf(job.merged, 'name') ?? '')} has it too and would mean something else${cause}`;
}

const WOULD_CHANGE = 'a job that has it would mean something else';

function attempt(
  files: readonly ManifestFile[],
  moves: readonly Move[],
  kept: Kept,
  { yamlOf }: ReadFiles,
): Moved {
  const done: Place[] = [];
  const left: { place: Place; reason: string }[] = [];
  const edits: { file: string; edits: readonly TextEdit[] }[] = [];
  const isMoved = ({ id, kind }: Move): boolean => kind !== 'leave' && !kept.has(id);
  const entryOf = ({ place }: Move): Entry | undefined => yamlOf(place.origin.file).entryAt(place.origin);
  const freed = new Map(
    [...Map.groupBy(moves.filter(isMoved), ({ place }) => place.origin.file)].map(([file, own]) => [
      file,
      new Set(own.map((move) => startOf(entryOf(move)?.value))),
    ]),
  );
  for (const move of moves) {
    const { place, id } = move;
    const stays = move.kind === 'leave' ? undefined : kept.get(id);
    const edit =
      stays !== undefined
        ? { byHand: stays }
        : editOf(move, yamlOf(place.origin.file), freed.get(place.origin.file));
    if ('byHand' in edit) left.push({ place, reason: byHandText(edit.byHand) });
    else {
      done.push(place);
      edits.push({ file: place.origin.file, edits: edit });
    }
  }
  const byFile = editsByFile(edits);
  return { files: withEdits(files, byFile), edits: byFile, done, left };
}

function byHandText(why: string): string {
  return `These logpull_options stay: ${why}. Write the output_options that are meant, and remove them.`;
}

/** @param freed where the values stand that are rewritten with this one: an alias among them is no user of an anchor */
function editOf(move: Move, yaml: YamlText, freed: ReadonlySet<number> | undefined): EntryEdit {
  const { kind, place } = move;
  if (kind === 'leave') return move;
  const entry = yaml.entryAt(place.origin);
  if (entry === undefined) return { byHand: 'it is not written as a plain entry of a mapping' };
  const { value } = entry;
  const anchor = isScalar(value) ? value.anchor : undefined;
  if (anchor !== undefined && yaml.aliasesOf(anchor).some((alias) => freed?.has(alias) !== true))
    return { byHand: `others use it by its anchor &${anchor}` };
  if (kind === 'remove') return removedEntry(yaml, entry);
  if (kind === 'clear') return renamedEntry(entry, NEW_KEY);
  return replacedEntry(yaml, entry, NEW_KEY, move.options);
}

interface ReadFiles {
  readonly written: Written;
  readonly yamlOf: (file: string) => YamlText;
}

function readFiles(files: readonly ManifestFile[]): ReadFiles {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const known = new Map<string, YamlText>();
  return {
    // In the order in which the parser puts the jobs.
    written: collect(
      files
        .filter(({ path }) => !isSqlFile(path))
        .toSorted((a, b) => compareText(a.path, b.path))
        .flatMap(({ path, text }) => loadFile(path, text, DEFAULT_LIMITS).documents),
    ),
    yamlOf: (file) => {
      const yaml = known.get(file) ?? new YamlText(texts.get(file) ?? '');
      known.set(file, yaml);
      return yaml;
    },
  };
}

function editsByFile(
  found: readonly { readonly file: string; readonly edits: readonly TextEdit[] }[],
): Edits {
  const byFile = Map.groupBy(found, ({ file }) => file);
  return new Map([...byFile].map(([file, own]) => [file, own.flatMap(({ edits }) => edits)]));
}

function withEdits(files: readonly ManifestFile[], edits: Edits): readonly ManifestFile[] {
  return files.map((file) => ({ ...file, text: editedText(file.text, edits.get(file.path) ?? []) }));
}
