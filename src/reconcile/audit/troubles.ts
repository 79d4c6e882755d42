import { NotAllowedError, type ReconcileError } from '../errors.ts';
import type { Account, Clock, Emit } from '../ports.ts';

/** A right is given by a person; each try costs a call. */
const REFUSED_WAIT_MS = 3_600_000;
/** A failure that passes by itself is not worth telling. */
const FAILURES_TOLD = 3;

interface Trouble {
  readonly failures: number;
  readonly isTold: boolean;
  /** Monotonic. */
  readonly retryAt: number;
}

/** The accounts whose audit log cannot be read, each told once; null stands for the list of accounts itself. */
export class AuditTroubles {
  readonly #intervalMs: number;
  readonly #ports: { readonly clock: Clock; readonly emit: Emit };
  readonly #troubles = new Map<string, Trouble>();

  /** @param intervalMs after which what is not refused is tried again */
  constructor(intervalMs: number, ports: { readonly clock: Clock; readonly emit: Emit }) {
    this.#intervalMs = intervalMs;
    this.#ports = ports;
  }

  /** It is not worth a call yet. */
  isResting(account: Account | null): boolean {
    return (this.#troubles.get(keyOf(account))?.retryAt ?? 0) > this.#ports.clock.monotonic();
  }

  succeeded(account: Account | null): void {
    const trouble = this.#troubles.get(keyOf(account));
    this.#troubles.delete(keyOf(account));
    if (trouble?.isTold === true) this.#ports.emit({ type: 'audit.resumed', account });
  }

  failed(account: Account | null, error: ReconcileError): void {
    const { clock, emit } = this.#ports;
    const before = this.#troubles.get(keyOf(account));
    const isRefused = error instanceof NotAllowedError;
    const failures = (before?.failures ?? 0) + 1;
    const waitMs = isRefused ? REFUSED_WAIT_MS : 0;
    const isNews = before?.isTold !== true && (isRefused || failures >= FAILURES_TOLD);
    if (isNews) {
      const retryAt = new Date(clock.now() + Math.max(waitMs, this.#intervalMs));
      emit({ type: 'audit.failed', account, error, retryAt: retryAt.toISOString() });
    }
    const retryAt = clock.monotonic() + waitMs;
    this.#troubles.set(keyOf(account), { failures, isTold: isNews || before?.isTold === true, retryAt });
  }
}

function keyOf(account: Account | null): string {
  return account?.id ?? '';
}
