import { ClusterError, type ClusterFault } from '../../reconcile/cluster-error.ts';
import type { ClusterObject, ClusterObjects, FoundObject } from '../../reconcile/cluster-objects.ts';
import { StateError } from '../../reconcile/errors.ts';

/** What became of a write that was not refused. What is `doubtful` has no answer, and may be carried out later. */
export type WriteOutcome =
  | { readonly kind: 'done'; readonly found: FoundObject }
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'doubtful'; readonly error: StateError };

const OVERTAKEN: readonly ClusterFault[] = ['conflict', 'already-exists'];
const DOUBTFUL: readonly ClusterFault[] = ['failing', 'unreachable', 'timeout', 'damaged', 'busy'];

/** Null for what was not found: to be made. What it has of labels and annotations stays. @throws StateError for what was refused */
export async function write(
  objects: ClusterObjects,
  name: string,
  found: FoundObject | null,
  object: ClusterObject,
): Promise<WriteOutcome> {
  try {
    if (found === null) return { kind: 'done', found: await objects.create(name, object) };
    const labels = { ...found.labels, ...object.labels };
    const annotations = { ...found.annotations, ...object.annotations };
    return { kind: 'done', found: await objects.replace(name, found, { ...object, labels, annotations }) };
  } catch (error) {
    const failure = stateErrorOf(error);
    const fault = error instanceof ClusterError ? error.fault : 'damaged';
    // That there is nothing to make it in says a create in the same words.
    if (OVERTAKEN.includes(fault) || (fault === 'not-found' && found !== null)) return { kind: 'overtaken' };
    if (DOUBTFUL.includes(fault)) return { kind: 'doubtful', error: failure };
    throw failure;
  }
}

/** @throws StateError */
export async function lookup(look: Promise<FoundObject | null>): Promise<FoundObject | null> {
  return look.catch((error: unknown) => {
    throw stateErrorOf(error);
  });
}

/** Lets a bug through. */
function stateErrorOf(error: unknown): StateError {
  if (!(error instanceof ClusterError)) throw error;
  return new StateError(error.fault === 'too-large' ? `${error.message} ${USE_FILES}` : error.message);
}

export const USE_FILES = 'Keep the state in files: "logpushd state move" takes it there.';
