import type { JsonObject } from '../../job/job.ts';
import type { Origin, Problem } from '../../problem.ts';
import { isObject } from '../path.ts';
import type { SchemaView } from '../schema-view.ts';
import type { Piece, Written, WrittenJob } from '../written.ts';

/**
 * What the schema cannot say. A rule looks at the manifest as written, which may break the schema too, and passes
 * over what has the wrong type: that is reported already.
 */
export type Rule = (written: Written, view: SchemaView) => Iterable<Problem>;

export function* everyJob({ entries }: Written): Iterable<WrittenJob> {
  for (const { jobs } of entries) yield* jobs;
}

/** Everything that holds keys of a job: defaults, presets and jobs, each once. */
export function* everyLayer(written: Written): Iterable<Piece> {
  yield* written.defaults;
  yield* written.presets;
  yield* everyJob(written);
}

/** Every destination with keys of its own: the named ones, and those inside of layers. */
export function* everyDestination(written: Written): Iterable<Piece> {
  yield* written.destinations;
  for (const { document, path, body } of everyLayer(written)) {
    const { destination } = body;
    if (isObject(destination)) yield { document, path: [...path, 'destination'], body: destination };
  }
}

/** The mapping under a key, if it is one. */
export function pieceAt({ document, path, body }: Piece, key: string): Piece | undefined {
  const value = body[key];
  return isObject(value) ? { document, path: [...path, key], body: value } : undefined;
}

export function fileLine({ file, line }: Origin): string {
  return `${file}:${line}`;
}

/** A misspelt key may be the one that seems to be missing, and it is reported already. */
export function hasUnknownKey(body: JsonObject, view: SchemaView): boolean {
  const known = view.keysOf(view.definition('job'));
  return Object.keys(body).some((key) => !known.includes(key));
}
