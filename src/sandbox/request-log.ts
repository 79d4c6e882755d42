import { createHash } from 'node:crypto';

/** One call to the API, as `GET /sandbox/requests` shows it. */
export interface LoggedRequest {
  readonly id: number;
  /** RFC 3339, by the sandbox's clock. */
  readonly at: string;
  /** Tells callers apart without showing the credential: the first 8 characters of its SHA-256. */
  readonly token: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Null while in flight, and when the caller got no answer. */
  readonly status: number | null;
  readonly in_flight: boolean;
  /** How many calls were in flight when this one came, itself included. */
  readonly concurrent: number;
  /** Kind of the fault that hit it. */
  readonly fault: string | null;
}

const KEPT = 5000;

/** The newest calls, oldest first. */
export class RequestLog {
  #entries = new Map<number, LoggedRequest>();
  #lastId = 0;
  #inFlight = 0;

  begin(call: {
    readonly now: number;
    readonly credential: string;
    readonly method: string;
    readonly path: string;
  }): number {
    const id = (this.#lastId += 1);
    this.#inFlight += 1;
    this.#entries.set(id, {
      id,
      at: new Date(call.now).toISOString(),
      token:
        call.credential === '' ? '' : createHash('sha256').update(call.credential).digest('hex').slice(0, 8),
      method: call.method,
      path: call.path,
      status: null,
      in_flight: true,
      concurrent: this.#inFlight,
      fault: null,
    });
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > KEPT && oldest !== undefined) this.#entries.delete(oldest);
    return id;
  }

  hit(id: number, fault: string): void {
    this.#change(id, { fault });
  }

  end(id: number, status: number | null): void {
    this.#inFlight -= 1;
    this.#change(id, { status, in_flight: false });
  }

  list(): readonly LoggedRequest[] {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries = new Map();
  }

  #change(id: number, change: Partial<LoggedRequest>): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, ...change });
  }
}
