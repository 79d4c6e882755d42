import type { Parts } from '../compose.ts';
import { planned } from '../reconcile/errors.ts';
import type { Emit } from '../reconcile/ports.ts';

/** How long after it could not be read the manifest is read again. */
const RETRY_MS = 15_000;

/**
 * What a replica does that does not lead: it reads the manifest, so that its errors are told by all replicas, and so that it is
 * known to be ready to take over. Nothing is asked of Cloudflare.
 */
export class Standby {
  readonly #parts: Pick<Parts, 'manifest' | 'clock'>;
  readonly #emit: Emit;
  readonly #ending: AbortSignal;
  #reading: Promise<void> = Promise.resolve();
  #isPlanned = false;

  constructor(parts: Pick<Parts, 'manifest' | 'clock'>, emit: Emit, ending: AbortSignal) {
    this.#parts = parts;
    this.#emit = emit;
    this.#ending = ending;
  }

  /** Reads it anew: what changes while it is read is seen by one further read. Rejects with a bug only. */
  look(): Promise<void> {
    if (this.#isPlanned) return this.#reading;
    this.#isPlanned = true;
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.#isPlanned = false;
    while (!this.#ending.aborted && !(await this.#isRead())) {
      await this.#parts.clock.sleep(RETRY_MS, this.#ending).catch(() => undefined);
    }
  }

  async #isRead(): Promise<boolean> {
    try {
      await this.#parts.manifest.refresh(this.#ending);
      return true;
    } catch (error) {
      const failure = planned(error);
      if (!this.#ending.aborted) this.#emit({ type: 'manifest.unreadable', error: failure });
      return false;
    }
  }
}
