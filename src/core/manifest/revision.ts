import { createHash } from 'node:crypto';
import { compareText } from '../problem.ts';

/** A file of the manifest, as it was read. */
export interface SourceFile {
  /** As messages name it. */
  readonly path: string;
  /** Below the place that was given, so that a revision does not depend on where that lies. */
  readonly name: string;
  readonly text: string;
  /** Why a file that another one names could not be read. */
  readonly refusal?: string;
}

const REVISION_DIGITS = 12;
const MANIFEST_FILE = /\.ya?ml$/iu;

/** What is read of a folder, or of whatever else holds several files, by its name. */
export function isManifestFile(name: string): boolean {
  return MANIFEST_FILE.test(name);
}

/** The files in order of their paths, and the hash of names and contents: the same content gives the same revision. */
export function revisedText(read: readonly SourceFile[]): {
  readonly files: readonly Omit<SourceFile, 'name'>[];
  readonly revision: string;
} {
  const hash = createHash('sha256');
  for (const { name, text, refusal } of read.toSorted(
    (a, b) => compareText(a.name, b.name) || compareText(a.text, b.text),
  )) {
    hash.update(JSON.stringify(refusal === undefined ? [name, text] : [name, text, refusal]));
  }
  const files = read
    .toSorted((a, b) => compareText(a.path, b.path))
    .map(({ path, text, refusal }) => ({ path, text, ...(refusal !== undefined && { refusal }) }));
  return { files, revision: hash.digest('hex').slice(0, REVISION_DIGITS) };
}
