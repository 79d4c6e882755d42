import { parentPort, workerData } from 'node:worker_threads';
import { seedOf } from './random.ts';
import type { Targets } from './target.ts';
import { caseOf, type Finding, trial } from './trial.ts';

/** What a worker is given. */
export interface Work {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** By name; all of them when empty. */
  readonly names: readonly string[];
  /** The module that exports `TARGETS`. */
  readonly module: string;
  /** Holds the index of the input that runs now, for who watches. */
  readonly progress: Int32Array;
}

/** What it says: each finding when it is found, and now and then what it did since the last word. */
export type Saying = { readonly finding: Finding } | Done;

export interface Done {
  readonly counts: { readonly [target: string]: number };
  readonly slowest: Slowest;
}

export interface Slowest {
  /** Of CPU. */
  readonly ms: number;
  readonly seed: number;
  readonly target: string;
}

/** The scan that undoes encodings takes longer than most targets, so only every twentieth output gets it. */
const SCAN_EVERY = 20;
/** What is counted since the last word is lost when an input hangs. */
const TELL_EVERY = 100;

async function work({ seed, from, to, names, module, progress }: Work): Promise<void> {
  const { TARGETS } = (await import(module)) as { TARGETS: Targets };
  let counts: Record<string, number> = {};
  let slowest: Slowest = { ms: 0, seed: 0, target: '' };
  for (let index = from; index < to; index += 1) {
    Atomics.store(progress, 0, index);
    const own = seedOf(seed, index);
    const { name, target, input } = caseOf(own, TARGETS, names);
    counts[name] = (counts[name] ?? 0) + 1;
    const { what, ms } = await trial(target, input, index % SCAN_EVERY === 0);
    if (ms > slowest.ms) slowest = { ms, seed: own, target: name };
    if ((index - from + 1) % TELL_EVERY === 0) {
      say({ counts, slowest });
      counts = {};
    }
    if (what !== null) say({ finding: { target: name, seed: own, what, input } });
  }
  say({ counts, slowest });
}

function say(saying: Saying): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(saying);
}

await work(workerData as Work);
// A target may have left a server open.
process.exit();
