import type { Disturbance, Scenario } from './scenario.ts';
import { simulate, undisturbed } from './simulation.ts';

export interface CrashReport {
  /** Moments at which the process was killed, each in a run of its own. */
  readonly points: number;
  /** Of these, how many were killed a second time soon after. */
  readonly twice: number;
  /** What was broken, and by which crashes. */
  readonly broken: readonly string[];
}

const TWICE_EVERY = 10;

/**
 * Tells a story once for every touch of a port: before each effect and after it the process ends, and another one
 * takes over. `reliability.md` invariant 13.
 */
export async function crashEverywhere(story: Scenario): Promise<CrashReport> {
  const twin = await simulate(undisturbed(story));
  const calm = await simulate(story, { twin });
  const broken = [...twin.violations, ...calm.violations].map(({ rule, detail }) => `${rule}: ${detail}`);
  const tell = async (...crashes: readonly Disturbance[]): Promise<void> => {
    const disturbed = { ...story, disturbances: [...story.disturbances, ...crashes] };
    const { violations } = await simulate(disturbed, { twin });
    for (const { rule, detail } of violations) broken.push(`${JSON.stringify(crashes)}: ${rule}: ${detail}`);
  };
  let twice = 0;
  for (let nth = 1; nth <= calm.touches; nth += 1) {
    await tell(crashAt(nth));
    if (nth % TWICE_EVERY !== 0) continue;
    twice += 1;
    await tell(crashAt(nth), crashAt(nth + 1 + (nth % 7)));
  }
  return { points: calm.touches, twice, broken };
}

function crashAt(nth: number): Disturbance {
  return { type: 'crash', nth, downMs: 5_000, stateLost: false };
}
