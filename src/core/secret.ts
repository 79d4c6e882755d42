import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A string that never prints: not in a template, JSON, `util.inspect` or a log line.
 *
 * Whatever may carry a credential (`destination_conf`, `ownership_challenge`, tokens) is wrapped where it
 * enters the process and unwrapped only where it leaves for Cloudflare, or inside a comparison.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The plain text. Callers are the HTTP encoder, comparison and fingerprinting; nothing that prints. */
  reveal(): string {
    return this.#value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
