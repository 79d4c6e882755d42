import { Worker } from 'node:worker_threads';
import { seedOf } from './random.ts';
import type { Targets } from './target.ts';
import { caseOf, type Finding, LONGEST_MS } from './trial.ts';
import type { Saying, Slowest, Work } from './worker.ts';

export interface Hunt {
  readonly inputs: number;
  readonly seed: number;
  /** Workers at once. */
  readonly jobs: number;
  /** Names of targets; all of them when empty. */
  readonly names: readonly string[];
  /** The module that exports `TARGETS`. */
  readonly module: string;
}

export interface Bag {
  readonly findings: readonly Finding[];
  readonly counts: ReadonlyMap<string, number>;
  /** Of those that ended in time. */
  readonly slowest: Slowest;
}

const LOOK_EVERY_MS = 250;
/** On the clock of the wall: something waits for what never comes. */
const STUCK_MS = 60_000;
const MOST_FINDINGS = 20;

/** Gives each input to its target. The same seed gives the same inputs, in however many workers. */
export async function hunt(wanted: Hunt): Promise<Bag> {
  const findings: Finding[] = [];
  const counts = new Map<string, number>();
  const slowest: Slowest[] = [];
  const share = Math.ceil(wanted.inputs / wanted.jobs);
  const parts = Array.from({ length: wanted.jobs }, (_, n) => ({
    from: n * share,
    to: Math.min((n + 1) * share, wanted.inputs),
  }));
  await Promise.all(
    parts.map(async ({ from, to }) => {
      let next = from;
      while (next < to && findings.length < MOST_FINDINGS) {
        const hangsAt = await stretch(wanted, { from: next, to }, (saying) => {
          if ('finding' in saying) findings.push(saying.finding);
          else {
            slowest.push(saying.slowest);
            for (const [name, n] of Object.entries(saying.counts))
              counts.set(name, (counts.get(name) ?? 0) + n);
          }
        });
        if (hangsAt !== null) findings.push(await hangOf(wanted, hangsAt));
        next = hangsAt === null ? to : hangsAt + 1;
      }
    }),
  );
  const [worst = { ms: 0, seed: 0, target: 'none' }] = slowest.toSorted((a, b) => b.ms - a.ms);
  return { findings: findings.toSorted((a, b) => a.seed - b.seed), counts, slowest: worst };
}

async function hangOf({ seed, module, names }: Hunt, index: number): Promise<Finding> {
  const { TARGETS } = (await import(module)) as { TARGETS: Targets };
  const own = seedOf(seed, index);
  const { name, input } = caseOf(own, TARGETS, names);
  return { target: name, seed: own, what: `took more than ${LONGEST_MS} ms of CPU, or never ended`, input };
}

/** Inputs in one worker, one after the other; the index of the one that hangs, or null at the end. */
function stretch(
  { seed, names, module }: Hunt,
  { from, to }: { readonly from: number; readonly to: number },
  onSaying: (saying: Saying) => void,
): Promise<number | null> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  Atomics.store(progress, 0, -1);
  const workerData: Work = { seed, names, module, from, to, progress };
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let isAsking = false;
    let seen = { index: -1, cpuMs: 0, at: performance.now() };
    const look = async (): Promise<void> => {
      const index = Atomics.load(progress, 0);
      if (isAsking) return;
      isAsking = true;
      const { user, system } = await worker.cpuUsage();
      isAsking = false;
      const cpuMs = (user + system) / 1_000;
      if (index !== seen.index) seen = { index, cpuMs, at: performance.now() };
      const isStuck = cpuMs - seen.cpuMs > LONGEST_MS || performance.now() - seen.at > STUCK_MS;
      // Before the first input it compiles and loads.
      if (!isStuck || index === -1) return;
      resolve(index);
      await worker.terminate();
    };
    // A worker that has just ended has no CPU time.
    const watch = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS);
    worker.on('message', onSaying).once('error', reject);
    worker.once('exit', () => {
      clearInterval(watch);
      resolve(null);
    });
  });
}
