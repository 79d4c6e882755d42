import type { JsonObject, JsonValue, ScopeKind } from '../job/job.ts';
import type { ManifestDocument } from './document.ts';
import type { Place } from './finding.ts';
import { mergeLayers } from './layers.ts';
import type { Path } from './path.ts';
import { isList, isObject, valueAt } from './path.ts';

/** The manifest as written: all documents side by side, nothing merged or resolved. May still hold mistakes. */
export interface Written {
  readonly documents: readonly ManifestDocument[];
  readonly destinations: readonly Named[];
  readonly presets: readonly Named[];
  readonly defaults: readonly Piece[];
  readonly entries: readonly Entry[];
  /** By path. */
  readonly sqlFiles: ReadonlyMap<string, SqlFile>;
}

export interface SqlFile {
  readonly text: string;
  /** Why it could not be read: a clause that goes after its name. */
  readonly refusal?: string | undefined;
}

/** A mapping somewhere in a document. */
export interface Piece {
  readonly document: ManifestDocument;
  readonly path: Path;
  readonly body: JsonObject;
}

export interface Named extends Piece {
  readonly name: string;
}

/** One item of `zones` or `accounts`. */
export interface Entry extends Piece {
  readonly kind: ScopeKind;
  readonly jobs: readonly WrittenJob[];
}

/** A job with what lies under it: `defaults` of its file, then its preset, then its own keys. */
export interface WrittenJob extends Piece {
  readonly entry: Piece & { readonly kind: ScopeKind };
  readonly layers: readonly Piece[];
  /** The layers as one. */
  readonly merged: JsonObject;
  /** Undefined when it names a preset that there is not. */
  readonly preset: Named | undefined;
}

export function collect(
  documents: readonly ManifestDocument[],
  sqlFiles: Written['sqlFiles'] = new Map(),
): Written {
  const destinations = documents.flatMap((document) => namedIn(document, 'destinations'));
  const presets = documents.flatMap((document) => namedIn(document, 'presets'));
  const defaults = documents.flatMap((document) => piecesAt(document, ['defaults']));
  const presetOf = new Map(presets.toReversed().map((preset) => [preset.name, preset]));
  const entries = documents.flatMap((document) => [
    ...entriesIn(document, 'zones', 'zone'),
    ...entriesIn(document, 'accounts', 'account'),
  ]);
  const under = (file: string): readonly Piece[] => defaults.filter(({ document }) => document.file === file);
  return {
    documents,
    destinations,
    presets,
    defaults,
    sqlFiles,
    entries: entries.map((entry) => ({
      ...entry,
      jobs: jobsOf(entry, under(entry.document.file), presetOf),
    })),
  };
}

function jobsOf(
  entry: Piece & { readonly kind: ScopeKind },
  defaults: readonly Piece[],
  presetOf: ReadonlyMap<string, Named>,
): readonly WrittenJob[] {
  return listAt(entry, 'jobs').map((job) => {
    const preset = presetOf.get(textOf(job.body, 'preset') ?? '');
    const layers = [...defaults, ...(preset === undefined ? [] : [preset]), job];
    return { ...job, entry, preset, layers, merged: mergeLayers(layers.map(({ body }) => body)) };
  });
}

function namedIn(document: ManifestDocument, key: string): readonly Named[] {
  return piecesAt(document, [key]).flatMap(({ body, path }) =>
    Object.entries(body).flatMap(([name, value]) =>
      isObject(value) ? [{ document, path: [...path, name], name, body: value }] : [],
    ),
  );
}

function entriesIn(document: ManifestDocument, key: string, kind: ScopeKind): readonly Omit<Entry, 'jobs'>[] {
  if (!isObject(document.root)) return [];
  const root: Piece = { document, path: [], body: document.root };
  return listAt(root, key).map((piece) => ({ ...piece, kind }));
}

function piecesAt(document: ManifestDocument, path: readonly [string]): readonly Piece[] {
  const { root } = document;
  const body = isObject(root) ? root[path[0]] : undefined;
  return isObject(body) ? [{ document, path, body }] : [];
}

/** The mappings in the list under a key. */
export function listAt({ document, path, body }: Piece, key: string): readonly Piece[] {
  const list = body[key];
  if (!isList(list)) return [];
  return list.flatMap((item, index) =>
    isObject(item) ? [{ document, path: [...path, key, index], body: item }] : [],
  );
}

export function textOf(body: JsonObject, key: string): string | undefined {
  const value = body[key];
  return typeof value === 'string' ? value : undefined;
}

/** Where a key of a piece stands; the piece itself where the key is absent. */
export function placeIn({ document, path, body }: Piece, key: string, at: 'key' | 'value' = 'value'): Place {
  return Object.hasOwn(body, key) ? document.placeOf([...path, key], at) : document.placeOf(path);
}

export function placeOf({ document, path }: Piece): Place {
  return document.placeOf(path);
}

/** The topmost layer that has a key, and its value there. */
export function layerWith(
  job: WrittenJob,
  key: string,
): { readonly piece: Piece; readonly value: JsonValue } | undefined {
  const piece = job.layers.findLast(({ body }) => Object.hasOwn(body, key));
  const value = piece?.body[key];
  return piece === undefined || value === undefined ? undefined : { piece, value };
}

/** Where something of the merged job is written, in whichever layer; as near as there is a place. */
export function placeWithin(job: WrittenJob, path: Path): Place {
  // Options are merged one by one, everything else is replaced whole.
  const decides = path.slice(0, path[0] === 'output_options' ? 2 : 1);
  const layer = job.layers.findLast(({ body }) => valueAt(body, decides) !== undefined) ?? job;
  return layer.document.placeOf([...layer.path, ...path]);
}
