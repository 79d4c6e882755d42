import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { Notice } from '../../core/alert/alert.ts';
import type { Told } from '../../core/alert/due.ts';
import type { StandingState } from '../../core/alert/standing.ts';
import type { StateStore } from '../../reconcile/ports.ts';
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

/** Under this key the state holds what people were told, and what they have not been told yet. */
export const OUTBOX_KEY = 'alerts.outbox';

const VERSION = 1;
const NOTHING: OutboxState = { standing: { groups: [], faults: [] }, mailboxes: {} };
/** Texts of alerts are much alike: a long one takes a twentieth of its room then, and fits into any store. */
const COMPRESSED_FROM = 64 * 1024;

/** Where alerts are kept over restarts: one page of the state. */
export class OutboxPage {
  readonly #store: Pick<StateStore, 'load' | 'save'>;
  #saved = '';

  constructor(store: Pick<StateStore, 'load' | 'save'>) {
    this.#store = store;
  }

  /** Nothing, where there is no page; what this program did not write counts as none. @throws StateError */
  async load(): Promise<{ readonly state: OutboxState; readonly isDamaged: boolean }> {
    const text = (await this.#store.load()).get(OUTBOX_KEY);
    if (text === undefined) return { state: NOTHING, isDamaged: false };
    this.#saved = text;
    const state = stateIn(text);
    return state === null ? { state: NOTHING, isDamaged: true } : { state, isDamaged: false };
  }

  /** Kept for good when it resolves. @throws StateError */
  async save(state: OutboxState): Promise<void> {
    const text = await textOf(state);
    if (text === this.#saved) return;
    await this.#store.save(OUTBOX_KEY, text);
    this.#saved = text;
  }
}

const pack = promisify(gzip);

async function textOf(state: OutboxState): Promise<string> {
  const text = JSON.stringify({ version: VERSION, ...state });
  if (text.length < COMPRESSED_FROM) return text;
  return JSON.stringify({ version: VERSION, gzip: (await pack(text, { level: 1 })).toString('base64') });
}

function stateIn(text: string): OutboxState | null {
  try {
    const value: { readonly version?: unknown; readonly gzip?: unknown } | null = JSON.parse(text);
    if (typeof value?.gzip === 'string') return stateIn(unpacked(value.gzip));
    return value?.version === VERSION && isOutboxState(value) ? value : null;
  } catch {
    return null;
  }
}

const LONGEST = 64 * 1024 * 1024;

function unpacked(gzip: string): string {
  return gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: LONGEST }).toString('utf8');
}
