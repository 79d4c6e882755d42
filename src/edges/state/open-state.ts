import type { StateError } from '../../reconcile/errors.ts';
import type { StateStore } from '../../reconcile/ports.ts';

/** A state that this process alone writes, until it closes it or loses it. */
export interface OpenState extends StateStore {
  /** Resolves once nothing can be saved any more, with why: another process has taken it over. Absent: that cannot be. */
  readonly lost?: Promise<StateError>;
  close(): Promise<void>;
}

/** One that can be taken to another place. */
export interface MovableState extends OpenState {
  /** The key of the fingerprints. */
  readonly key: {
    /** Null: there is none yet. */
    known(): Promise<Buffer | null>;
    /** Keeps this one, unless there is one; resolves to the one that is there then. */
    keep(key: Buffer): Promise<Buffer>;
  };
}
