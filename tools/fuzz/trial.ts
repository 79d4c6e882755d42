import { leaksIn } from '../../test/canaries.ts';
import { Dice } from './random.ts';
import type { Target, Targets } from './target.ts';

/** An input that did what none may. */
export interface Finding {
  readonly target: string;
  /** Makes the input again, as long as the corpus is the same. */
  readonly seed: number;
  readonly what: string;
  readonly input: unknown;
}

export const LONGEST_MS = 2_000;

/** Which target a seed is for, and the input that it makes. */
export function caseOf(seed: number, targets: Targets, names: readonly string[]) {
  const dice = new Dice(seed);
  const name = dice.pick(names.length > 0 ? names : Object.keys(targets));
  const target = targets[name];
  if (target === undefined) {
    throw new Error(`There is no target ${name}. There are ${Object.keys(targets).join(', ')}.`);
  }
  return { name, target, input: target.make(dice) };
}

export interface Verdict {
  /** What is wrong with how the target took the input, or null. */
  readonly what: string | null;
  /** Of CPU. */
  readonly ms: number;
}

/** @param whole - Undo encodings in the search for canaries, which takes longer than most targets. */
export async function trial(target: Target, input: unknown, whole: boolean): Promise<Verdict> {
  const startedAt = cpuMs();
  try {
    const { output, canaries } = await target.judge(input);
    const ms = cpuMs() - startedAt;
    if (ms > LONGEST_MS) return { what: `took ${Math.round(ms)} ms of CPU`, ms };
    // Whoever shows a canary as it is shows one of these, and it takes no time to look for them.
    const plain = canaries.find(({ core }) =>
      [0, 14, 28].some((at) => output.includes(core.slice(at, at + 8))),
    );
    if (plain !== undefined) return { what: `shows the canary "${plain.label}"`, ms };
    const [leak] = whole ? leaksIn(output, canaries) : [];
    return { what: leak === undefined ? null : `shows the canary "${leak.label}" (${leak.form})`, ms };
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { what, ms: cpuMs() - startedAt };
  }
}

/** Of this thread alone: the machine may be busy with something else. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
