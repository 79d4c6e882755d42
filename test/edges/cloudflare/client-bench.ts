import { setImmediate } from 'node:timers/promises';
import { Secret } from '../../../src/core/secret.ts';
import { createBudget, type Budget } from '../../../src/edges/cloudflare/budget.ts';
import type { ApiCall } from '../../../src/edges/cloudflare/api-call.ts';
import { timeoutsFrom, type ClientOptions, type Timeouts } from '../../../src/edges/cloudflare/call.ts';
import { createLogpushApi } from '../../../src/edges/cloudflare/client.ts';
import type { CredentialSource } from '../../../src/edges/cloudflare/credentials.ts';
import type { RetryPolicy } from '../../../src/edges/cloudflare/retry.ts';
import { axiosTransport, type Transport } from '../../../src/edges/cloudflare/transport.ts';
import type { CallOptions, Clock } from '../../../src/reconcile/ports.ts';

/** The real client, on a clock whose sleeps pass at once and are remembered. */

export const TOKEN = 'cfut_Q3vT9mWx2LpR8sKd7YbN4cHg';

export class InstantClock implements Clock {
  readonly slept: number[] = [];
  #now = 0;

  now(): number {
    return Date.parse('2026-11-23T09:00:00Z') + this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await setImmediate();
    signal.throwIfAborted();
    this.#now += ms;
    this.slept.push(ms);
  }
}

export interface BenchOptions {
  readonly credentials?: CredentialSource;
  readonly timeouts?: Timeouts;
  readonly transport?: Transport;
  readonly retry?: Partial<RetryPolicy>;
  readonly random?: () => number;
}

export function benchOptions(origin: string, options: BenchOptions = {}) {
  const clock = new InstantClock();
  const calls: ApiCall[] = [];
  const budget: Budget = createBudget({ requests: 1200, windowSeconds: 300, share: 0.8 }, clock);
  const all: ClientOptions = {
    baseUrl: `${origin}/client/v4`,
    credentials: { kind: 'token', token: new Secret(TOKEN) },
    transport: axiosTransport({ version: '0.0.0-test', environment: {} }),
    timeouts: timeoutsFrom(20_000),
    random: () => 0.5,
    ...options,
    budget,
    clock,
    onCall: (call) => calls.push(call),
  };
  return { options: all, clock, calls, budget };
}

export function bench(origin: string, options: BenchOptions = {}) {
  const parts = benchOptions(origin, options);
  return { ...parts, api: createLogpushApi(parts.options) };
}

export const NOW: CallOptions = { signal: new AbortController().signal, priority: 'change' };

/** The rejection of a promise, or a failure of the test when it resolves. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof Error) return outcome.error;
  throw new Error(`expected a rejection and got ${JSON.stringify(outcome)}`);
}
