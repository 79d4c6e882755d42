import type { AuditedAction } from '../../core/audit/action.ts';
import { hangsOnToken } from '../../core/audit/ours.ts';
import { planned } from '../errors.ts';
import type { Account, CallOptions, Clock, TokenCheck } from '../ports.ts';
import type { CallShare } from '../call-share.ts';
import type { OwnRays } from './own-rays.ts';

/** Two answers about the token may differ only after somebody exchanged it. */
const FRESH_MS = 10 * 60_000;

interface OwnTokenPorts {
  readonly reader: TokenCheck;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly rays: OwnRays;
  readonly share: CallShare;
}

/** The id of the token that logpushd writes with, by which its own writes are known where no ray tells. */
export class OwnToken {
  readonly #ports: OwnTokenPorts;
  #id: string | null = null;
  #askedAt: number | null = null;

  constructor(ports: OwnTokenPorts) {
    this.#ports = ports;
  }

  /** Null where it is not known. */
  get id(): string | null {
    return this.#id;
  }

  /** Asks for it only where one of these hangs on it: of most, the ray tells. */
  async learnFor(
    actions: readonly AuditedAction[],
    account: Account | null,
    call: CallOptions,
  ): Promise<void> {
    const { clock, reader, rays, share } = this.#ports;
    if (!actions.some((action) => hangsOnToken(action, { rays, tokenId: this.#id }))) return;
    if (this.#askedAt !== null && clock.monotonic() - this.#askedAt < FRESH_MS) return;
    this.#askedAt = clock.monotonic();
    for (const place of account === null ? [undefined] : [undefined, account.id]) {
      share.count(1);
      try {
        const { id } = await reader.verifyToken(place, call);
        this.#id = id === '' ? null : id;
        return;
      } catch (error) {
        planned(error);
      }
    }
  }
}
