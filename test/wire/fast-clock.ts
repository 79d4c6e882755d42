import { registerHooks } from 'node:module';
import type { Clock } from '../../src/reconcile/ports.ts';

/**
 * Loaded into a process before logpushd: its clock, the one behind the port, runs so many times as fast, so that
 * what waits for minutes is seen in a test. Every process of a test has the same time. Time-outs of requests and
 * the watching of files stay as they are.
 */

const FACTOR = 200;
const since = Number(process.env['WIRE_CLOCK_SINCE']);

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.endsWith('/clock/system-clock.ts') ? import.meta.url : specifier, context),
});

export function systemClock(): Clock {
  return {
    now: () => since + (Date.now() - since) * FACTOR,
    monotonic: () => performance.now() * FACTOR,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop);
          resolve();
        }, ms / FACTOR);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      }),
  };
}
