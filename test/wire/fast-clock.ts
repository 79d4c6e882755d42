/**
 * Loaded into a process before logpushd: its clocks and timers run so many times as fast, so that what waits for
 * minutes is seen in a test. Every process of a test has the same time. Time-outs of requests stay real.
 */

const FACTOR = 200;
const since = Number(process.env['WIRE_CLOCK_SINCE']);

const realNow = Date.now.bind(Date);
const realMonotonic = performance.now.bind(performance);
const realTimeout = globalThis.setTimeout;

Date.now = () => since + (realNow() - since) * FACTOR;
performance.now = () => realMonotonic() * FACTOR;
globalThis.setTimeout = Object.assign(
  (act: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => realTimeout(act, ms / FACTOR, ...args),
  realTimeout,
);
