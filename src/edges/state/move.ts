import { isScopeKey } from '../../core/job/job.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import { LostStateError, StateError } from '../../reconcile/errors.ts';
import type { MovableState } from './open-state.ts';

/** A page that is there as long as not all of a state has come: what it comes from. */
const MOVING = 'move.source';

export interface Move {
  readonly pages: number;
  /** Of zones and accounts. */
  readonly scopes: number;
  /** Pages that an earlier, interrupted move had brought there already. */
  readonly found: number;
}

/**
 * Copies a state with its key. The one that it comes from stays as it is; both must be open, so that nobody writes either
 * meanwhile. Begun again after a crash, it goes on.
 *
 * @param places how people call them
 * @throws StateError where there is nothing to move, or the target holds something else
 */
export async function moveState(
  from: MovableState,
  to: MovableState,
  places: { readonly from: string; readonly to: string },
): Promise<Move> {
  const texts = await from.load();
  const key = await from.key.known();
  if (texts.size === 0) throw new StateError(`There is nothing in ${places.from} to move.`);
  if (key === null) {
    throw new StateError(
      `${places.from} has lost the key of its fingerprints. Restore it from a backup first.`,
    );
  }
  refuseHalf(texts, places.from);
  const before = new Map(await to.load());
  before.delete(MOVING);
  const other = [...before].find(([name, text]) => texts.get(name) !== text);
  if (other !== undefined) {
    throw new StateError(
      `${places.to} holds a state of its own: ${other[0]} in it is not as in ${places.from}. ` +
        'Nothing was moved. Choose an empty place, or delete what is there.',
    );
  }
  // First, so that a page without a key always means that the key was lost.
  if (!(await to.key.keep(key)).equals(key)) {
    throw new StateError(
      `${places.to} has a key of its own, from a plan or a run. Nothing was moved. Choose an empty place, or delete what is there.`,
    );
  }
  await to.save(MOVING, places.from);
  for (const [name, text] of texts) await to.save(name, text);
  await confirmHeld(from, texts, places);
  await to.remove(MOVING);
  return { pages: texts.size, scopes: [...texts.keys()].filter(isScopeKey).length, found: before.size };
}

/** @throws StateError where a move was interrupted: the jobs of the pages that are missing would count as somebody else's */
export function refuseHalf(texts: ReadonlyMap<string, string>, place: string): void {
  const from = texts.get(MOVING);
  if (from === undefined) return;
  throw new StateError(
    `${place} holds only part of a state: a move was interrupted. Run "logpushd state move --from ${cleanText(from)} --to ${place}" again, ` +
      'or delete what is there.',
  );
}

/** Who takes the state over meanwhile, as a daemon that is started again does, changes it after it was copied. */
async function confirmHeld(
  from: MovableState,
  texts: ReadonlyMap<string, string>,
  places: { readonly from: string; readonly to: string },
): Promise<void> {
  const [page] = texts;
  if (page === undefined) return;
  try {
    await from.save(...page);
  } catch (error) {
    if (!(error instanceof LostStateError)) throw error;
    throw new StateError(
      `${places.from} was taken over by another logpushd while it was copied, so ${places.to} may be old already. Stop the daemon ` +
        `(in Kubernetes, scale it to 0), delete ${places.to}, and run this again.`,
    );
  }
}
