import type { DesiredTransformer, JsonObject, JsonValue, Mode, Prune, ScopeKind } from '../job/job.ts';
import type { Origin } from '../problem.ts';
import type { FieldLock } from './field-lock.ts';
import type { Place } from './finding.ts';
import { type IgnoreRule, ignoreRulesOf } from './ignore.ts';
import { isList, isObject, type Path } from './path.ts';
import { sqlPath } from './sql-file.ts';
import type { Entry, Written, WrittenJob } from './written.ts';
import { listAt, placeOf, placeWithin, textOf } from './written.ts';

/** A manifest without errors: layers merged, references and selectors still as written. */
export interface Manifest {
  readonly scopes: readonly ScopeEntry[];
  /** Undefined where there is no lock. */
  readonly lock?: FieldLock;
}

/** One item of `zones` or `accounts`. Several may mean the same scope: their jobs add up. */
export interface ScopeEntry {
  readonly target: Target;
  readonly jobs: readonly JobTemplate[];
  /** References are not put into these. Absent: those of this account are left to others. */
  readonly transformers?: readonly DesiredTransformer[];
  readonly mode?: Mode;
  readonly prune?: Prune;
  /** Over all of its jobs. */
  readonly ignore: readonly IgnoreRule[];
  readonly place: Place;
}

export type Target =
  | { readonly kind: ScopeKind; readonly by: 'id'; readonly id: string }
  | { readonly kind: ScopeKind; readonly by: 'name'; readonly name: string }
  | { readonly kind: 'zone'; readonly by: 'select'; readonly select: Selector };

export interface Selector {
  /** Patterns, any of which matches. */
  readonly name: readonly string[];
  readonly except: readonly string[];
  readonly status?: string;
  /** An id, or a pattern for the name. */
  readonly account?: string;
}

/** A job whose texts may hold references. */
export interface JobTemplate {
  readonly name: string;
  /** Cloudflare's fields under their names, without `name` and the destination. */
  readonly fields: JsonObject;
  readonly destination: DestinationTemplate;
  readonly id?: number;
  readonly protect: boolean;
  readonly ignore: readonly IgnoreRule[];
  readonly mode?: Mode;
  readonly place: Place;
  /** Where a part of it is written: in the job, its preset or the defaults. */
  readonly placeOf: (path: Path) => Place;
}

export type DestinationTemplate =
  { readonly form: 'conf'; readonly text: string } | { readonly form: 'spec'; readonly spec: JsonObject };

/** Keys that are about managing a job, or that become fields in another way. */
const NOT_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'preset',
  'destination',
  'destination_conf',
  'id',
  'protect',
  'ignore',
  'mode',
  'extra',
  'transformer',
]);
const ID = /^[0-9a-f]{32}$/i;

/** Only for a manifest in which no error was found: the schema and the rules vouch for the types. */
export function manifestOf(written: Written, lock?: FieldLock): Manifest {
  const destinations = new Map(written.destinations.map(({ name, body }) => [name, body]));
  const scopes = written.entries.map((entry) => scopeEntryOf(entry, destinations, written.sqlFiles));
  return { scopes, ...(lock && { lock }) };
}

/** Without the proofs of ownership that it gives. */
export function withoutProofs(manifest: Manifest): Manifest {
  const unproven = (job: JobTemplate): JobTemplate => {
    const { ownership_challenge: _, ...fields } = job.fields;
    return { ...job, fields };
  };
  const scopes = manifest.scopes.map((entry) => ({ ...entry, jobs: entry.jobs.map(unproven) }));
  return { ...manifest, scopes };
}

/** Where a part of a job is written; the job itself is told by its own place. */
export function placeIn({ scopes }: Manifest, { file, line, column }: Origin, path: Path): Place {
  const found = scopes
    .flatMap(({ jobs }) => jobs)
    .find(
      ({ place: { origin } }) => origin.file === file && origin.line === line && origin.column === column,
    );
  return found?.placeOf(path) ?? { origin: { file, line, column }, path: '' };
}

function scopeEntryOf(
  entry: Entry,
  destinations: ReadonlyMap<string, JsonObject>,
  sqlFiles: Written['sqlFiles'],
): ScopeEntry {
  const { mode, prune, transformers } = entry.body;
  return {
    target: targetOf(entry),
    jobs: entry.jobs.map((job) => jobTemplateOf(job, destinations)),
    ...(isList(transformers) && { transformers: transformersOf(entry, sqlFiles) }),
    ...(isMode(mode) ? { mode } : {}),
    ...(isPrune(prune) ? { prune } : {}),
    ignore: ignoreRulesOf(entry.body['ignore'], (path) => entry.document.placeOf([...entry.path, ...path])),
    place: placeOf(entry),
  };
}

function transformersOf(entry: Entry, sqlFiles: Written['sqlFiles']): readonly DesiredTransformer[] {
  return listAt(entry, 'transformers').map((piece) => {
    const { document, body } = piece;
    const file = textOf(body, 'file');
    const read = file === undefined ? undefined : sqlFiles.get(sqlPath(document.file, file))?.text;
    return {
      name: textOf(body, 'name') ?? '',
      sql: read ?? textOf(body, 'sql') ?? '',
      description: textOf(body, 'description') ?? '',
      origin: placeOf(piece).origin,
    };
  });
}

function targetOf({ kind, body }: Entry): Target {
  const { select } = body;
  if (kind === 'zone' && isObject(select)) return { kind, by: 'select', select: selectorOf(select) };
  const written = textOf(body, kind) ?? '';
  return ID.test(written)
    ? { kind, by: 'id', id: written.toLowerCase() }
    : { kind, by: 'name', name: written };
}

function selectorOf(select: JsonObject): Selector {
  const { status, account } = select;
  return {
    name: textsOf(select['name']),
    except: textsOf(select['except']),
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof account === 'string' ? { account } : {}),
  };
}

function jobTemplateOf(job: WrittenJob, destinations: ReadonlyMap<string, JsonObject>): JobTemplate {
  const merged = job.merged;
  const { id, mode, extra, transformer } = merged;
  const fields = Object.entries(merged).filter(([key]) => !NOT_FIELDS.has(key));
  if (transformer !== undefined) fields.push(['transformer_id', transformer]);
  return {
    name: textOf(merged, 'name') ?? '',
    fields: Object.fromEntries([...fields, ...Object.entries(isObject(extra) ? extra : {})]),
    destination: destinationOf(merged, destinations),
    ...(typeof id === 'number' ? { id } : {}),
    protect: merged['protect'] === true,
    ignore: ignoreRulesOf(merged['ignore'], (path) => placeWithin(job, path)),
    ...(isMode(mode) ? { mode } : {}),
    place: placeOf(job),
    placeOf: (path) => placeWithin(job, path),
  };
}

function destinationOf(
  merged: JsonObject,
  destinations: ReadonlyMap<string, JsonObject>,
): DestinationTemplate {
  const { destination } = merged;
  if (isObject(destination)) return { form: 'spec', spec: destination };
  if (typeof destination === 'string') return { form: 'spec', spec: destinations.get(destination) ?? {} };
  return { form: 'conf', text: textOf(merged, 'destination_conf') ?? '' };
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  const list = isList(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

function isMode(value: JsonValue | undefined): value is Mode {
  return value === 'enforce' || value === 'warn' || value === 'observe';
}

function isPrune(value: JsonValue | undefined): value is Prune {
  return value === 'owned' || value === 'all' || value === 'never';
}
