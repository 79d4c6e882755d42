import { inspect } from 'node:util';
import type { Environment } from './variables.ts';

const REDACTED = '[redacted]';

/**
 * The environment variables, which hold the API token and whatever else the machine has for secrets: like a
 * `Secret` they never print, whoever prints the settings that they are part of.
 */
export class HeldEnvironment {
  readonly #variables: Environment;

  constructor(variables: Environment) {
    this.#variables = { ...variables };
  }

  /** For the references of a manifest and the proxy of the HTTP client; for nothing that prints. */
  reveal(): Environment {
    return this.#variables;
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
