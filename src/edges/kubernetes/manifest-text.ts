import { isLockFile } from '../../core/manifest/field-lock.ts';
import type { ManifestLimits } from '../../core/manifest/limits.ts';
import { isManifestFile, type SourceFile } from '../../core/manifest/revision.ts';
import { sqlFilesIn, sqlPath } from '../../core/manifest/sql-file.ts';
import { SourceError } from '../../reconcile/errors.ts';

/** A ConfigMap, as far as it can hold a manifest. */
export interface HeldConfigMap {
  readonly name: string;
  readonly data: ReadonlyMap<string, string>;
  /** Keys of what is no UTF-8 text. */
  readonly binary: ReadonlySet<string>;
}

/** No more is taken than the parser would take. */
export type TextLimits = Pick<ManifestLimits, 'files' | 'fileBytes' | 'totalBytes'>;

const SETTING = 'manifest.kubernetes.configMaps';

/** As messages name a ConfigMap, and before a slash each key of it. */
export function shownPlace(name: string): string {
  return `configmap/${name}`;
}

/** The ConfigMap that a file of {@link filesIn} stands in; null for any other file. */
export function configMapOf(file: string): string | null {
  return /^configmap\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/**
 * The manifest files of ConfigMaps, and the SQL files that they name, which are keys beside them. What a mount of the ConfigMap
 * hides is left out here too.
 * @throws SourceError
 */
export function filesIn(maps: readonly HeldConfigMap[], limits: TextLimits): readonly SourceFile[] {
  const manifests = maps.flatMap((map) => manifestsIn(map));
  if (manifests.every(({ name }) => isLockFile(name))) throw nothingIn(maps.map(({ name }) => name));
  const files = [...manifests, ...maps.flatMap((map) => sqlIn(map, manifests))];
  refuseTooMuch(files, limits);
  return files;
}

function manifestsIn({ name: map, data, binary }: HeldConfigMap): readonly SourceFile[] {
  const isWanted = (key: string): boolean => isManifestFile(key) && !key.startsWith('.');
  const [unreadable] = [...binary].filter(isWanted);
  if (unreadable !== undefined) {
    throw new SourceError(
      `${shownPlace(map)}/${unreadable} is not UTF-8 text: it stands under binaryData. Save it with the encoding UTF-8, under data.`,
    );
  }
  const keys = [...data].filter(([key]) => isWanted(key));
  if (keys.length === 0) throw nothingIn([map]);
  return keys.map(([key, text]) => fileOf(map, key, text));
}

/** A byte order mark is no part of the text, as in a file. */
function fileOf(map: string, key: string, text: string): SourceFile {
  return { path: `${shownPlace(map)}/${key}`, name: key, text: text.replace(/^\uFEFF/, '') };
}

function sqlIn(
  { name: map, data, binary }: HeldConfigMap,
  manifests: readonly SourceFile[],
): readonly SourceFile[] {
  const here = manifests.filter(({ path }) => configMapOf(path) === map);
  const named = here.flatMap(({ path, name, text }) =>
    sqlFilesIn(path, text).map((file) => sqlPath(name, file)),
  );
  return [...new Set(named)].map((key) => {
    const text = data.get(key);
    if (text !== undefined) return fileOf(map, key, text);
    const refusal = binary.has(key) ? 'is not UTF-8 text' : whyMissing(map, key);
    return { ...fileOf(map, key, ''), refusal };
  });
}

function whyMissing(map: string, key: string): string {
  return key.includes('/')
    ? `cannot be a key of the ConfigMap ${map}, which has no folders`
    : `is no key of the ConfigMap ${map}`;
}

function refuseTooMuch(files: readonly SourceFile[], limits: TextLimits): void {
  let total = 0;
  for (const { path, text } of files) {
    const bytes = Buffer.byteLength(text);
    if (bytes > limits.fileBytes) {
      throw new SourceError(`${path} is larger than ${limits.fileBytes} bytes. Split it into several keys.`);
    }
    total += bytes;
  }
  const what =
    files.length > limits.files
      ? `${limits.files} files`
      : total > limits.totalBytes
        ? `${limits.totalBytes} bytes`
        : null;
  if (what === null) return;
  throw new SourceError(
    `The manifest in its ConfigMaps has more than ${what}. Name fewer of them with ${SETTING}.`,
  );
}

/** What was emptied by mistake must not read like a manifest that wants nothing. */
function nothingIn(maps: readonly string[]): SourceError {
  return new SourceError(
    `The manifest ${maps.map(shownPlace).join(', ')} has no key that ends with .yaml or .yml. Put the manifest there, as with ` +
      `"kubectl create configmap --from-file", or name another ConfigMap with ${SETTING}.`,
  );
}
