import { setTimeout as sleep } from 'node:timers/promises';

/** One look at some files. */
export interface Look<T> {
  readonly value: T;
  /** Equal for two looks exactly when nothing moved between them. */
  readonly digest: string;
  /** When the youngest file changed, in milliseconds since the epoch; 0 for none. */
  readonly changedMs: number;
}

/** Longer than a tick of the file system's clock, so that a write between two looks shows in their digests. */
const BETWEEN_LOOKS_MS = 40;
/** A file that has been still for so long is not being written now. */
const STILL_MS = 1_000;
const GIVE_UP_MS = 2_000;

/**
 * Looks until two looks in a row agree, so that a half-written file or half a folder is never taken for the
 * whole. Null when it does not come to rest within 2 s; two looks are taken however long they take.
 */
export async function settled<T>(look: () => Promise<Look<T>>, signal?: AbortSignal): Promise<T | null> {
  const deadline = performance.now() + GIVE_UP_MS;
  let before = await look();
  do {
    const isStill = Math.abs(Date.now() - before.changedMs) > STILL_MS;
    if (!isStill) await sleep(BETWEEN_LOOKS_MS, undefined, signal ? { signal } : {});
    signal?.throwIfAborted();
    const now = await look();
    if (now.digest === before.digest) return now.value;
    before = now;
  } while (performance.now() < deadline);
  return null;
}
