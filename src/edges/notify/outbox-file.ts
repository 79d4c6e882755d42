import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Notice } from '../../core/alert/alert.ts';
import type { Told } from '../../core/alert/due.ts';
import type { StandingState } from '../../core/alert/standing.ts';
import { codeOf, makeFolder, replaceFile } from '../../durable-file.ts';
import { StateError } from '../../reconcile/errors.ts';
import { isOutboxState } from './outbox-shape.ts';

/** What must not be forgotten of one receiver. */
export interface MailboxState {
  /** What it knows to stand, by fingerprint. */
  readonly told: readonly (readonly [fingerprint: string, told: Told])[];
  /** What it has not got yet, in this order. */
  readonly queue: readonly Notice[];
}

export interface OutboxState {
  readonly standing: StandingState;
  /** By the name of the receiver. */
  readonly mailboxes: Readonly<Record<string, MailboxState>>;
}

const VERSION = 1;
const NOTHING: OutboxState = { standing: { groups: [], faults: [] }, mailboxes: {} };

/** Where alerts are kept over restarts: one file, replaced whole. Without a path they are kept in memory alone. */
export class OutboxFile {
  readonly #path: string | null;
  #saved = '';

  constructor(path: string | null) {
    this.#path = path;
  }

  /** Nothing, where there is no file; what this program did not write counts as none. @throws StateError */
  async load(): Promise<{ readonly state: OutboxState; readonly isDamaged: boolean }> {
    if (this.#path === null) return { state: NOTHING, isDamaged: false };
    try {
      this.#saved = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return { state: NOTHING, isDamaged: false };
      throw new StateError(
        `${this.#path} cannot be read (${codeOf(error)}). Make it a file that this process may read.`,
      );
    }
    const state = stateIn(this.#saved);
    return state === null ? { state: NOTHING, isDamaged: true } : { state, isDamaged: false };
  }

  /** On disk when it resolves. @throws StateError */
  async save(state: OutboxState): Promise<void> {
    if (this.#path === null) return;
    const text = JSON.stringify({ version: VERSION, ...state });
    if (text === this.#saved) return;
    try {
      await makeFolder(dirname(this.#path));
      await replaceFile(this.#path, text);
      this.#saved = text;
    } catch (error) {
      const why = `${this.#path} could not be written (${codeOf(error)})`;
      throw new StateError(
        `${why}. Make its folder one that this process may write, or set "state" to another one.`,
      );
    }
  }
}

function stateIn(text: string): OutboxState | null {
  try {
    const value: { readonly version?: unknown } | null = JSON.parse(text);
    return value?.version === VERSION && isOutboxState(value) ? value : null;
  } catch {
    return null;
  }
}
