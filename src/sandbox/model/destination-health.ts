import { readDestination } from './destination.ts';

/** §8.1: the names of the codes that delivery fails with. */
export const FAILURE_NAMES: Readonly<Record<number, string>> = {
  1101: 'ConnectionError',
  1102: 'ConnectionTimeout',
  1103: 'InternalLogpushError',
  1104: 'ConfigError',
  1105: 'DNSError',
  1106: 'Timeout',
  1107: 'RequestError',
  1108: 'TransferError',
  1201: 'FlushMaxLag',
};

export interface DeliveryFailure {
  readonly code: number;
  /** What `error_message` of a job shows. */
  readonly message: string;
}

export interface FailingDestination extends DeliveryFailure {
  /** A host or bucket, or how the `destination_conf` begins. */
  readonly match: string;
}

/** Which destinations refuse logs at the moment. A test makes one fail and heals it again. */
export class DestinationHealth {
  readonly #failing = new Map<string, FailingDestination>();

  fail(match: string, code = 1101, message?: string): FailingDestination {
    const name = FAILURE_NAMES[code] ?? 'RequestError';
    const failing = { match, code, message: message ?? `error uploading object: ${name} (${code})` };
    this.#failing.set(match, failing);
    return failing;
  }

  /** Whether there was something to heal. */
  heal(match: string): boolean {
    return this.#failing.delete(match);
  }

  list(): readonly FailingDestination[] {
    return [...this.#failing.values()];
  }

  failureOf(destinationConf: string): DeliveryFailure | null {
    for (const failing of this.#failing.values()) {
      const authority = readDestination(destinationConf)?.authority;
      if (destinationConf.startsWith(failing.match) || authority === failing.match) {
        return { code: failing.code, message: failing.message };
      }
    }
    return null;
  }
}
