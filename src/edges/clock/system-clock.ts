import type { Clock } from '../../reconcile/ports.ts';

/** Node turns a longer timer into one of 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clocks and timers. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
      for (let left = Math.max(ms, 0); ; left -= LONGEST_TIMER_MS) {
        await sleepOnce(Math.min(left, LONGEST_TIMER_MS), signal);
        if (left <= LONGEST_TIMER_MS) return;
      }
    },
  };
}

function sleepOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
