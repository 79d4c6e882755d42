import { violations } from './referee.ts';
import type { Rig } from './rig.ts';
import { type Measured, type Scenario, settle } from './scenarios.ts';

export interface Trial {
  /** Null where it did not get to its end. */
  readonly measured: Measured | null;
  /** Empty: nothing was broken. */
  readonly violations: readonly string[];
}

/** One run of a scenario, from three replicas in sync to three in sync. */
export async function trial(rig: Rig, scenario: Scenario, nth: number): Promise<Trial> {
  await settle(rig);
  const before = rig.wire.writes.length;
  try {
    const measured = await scenario(rig, nth);
    await settle(rig);
    return { measured, violations: violations(rig.wire.writes.slice(before), rig.all) };
  } catch (error) {
    const broken = violations(rig.wire.writes.slice(before), rig.all);
    return { measured: null, violations: [...broken, (error as Error).message] };
  }
}
