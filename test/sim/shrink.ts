import type { Disturbance, Edit, Scenario } from './scenario.ts';
import { simulate, undisturbed, type Report } from './simulation.ts';

type Part = { readonly edit: Edit } | { readonly disturbance: Disturbance };

/** Runs a story and its twin. A rule that the twin breaks needs no disturbance at all. */
export async function runWithTwin(scenario: Scenario, record = false): Promise<Report> {
  const twin = await simulate(undisturbed(scenario));
  return twin.violations.length > 0 ? twin : simulate(scenario, { record, twin });
}

/**
 * The shortest story found that breaks the same rule: delta debugging over edits and disturbances, then over what
 * was there at the beginning.
 */
export async function shrink(
  scenario: Scenario,
  run: (story: Scenario) => Promise<Pick<Report, 'violations'>> = runWithTwin,
): Promise<Scenario> {
  const rule = (await run(scenario)).violations[0]?.rule;
  if (rule === undefined) throw new Error('This story breaks no rule.');
  const fails = async (candidate: Scenario): Promise<boolean> =>
    (await run(candidate)).violations[0]?.rule === rule;
  const parts: readonly Part[] = [
    ...scenario.disturbances.map((disturbance) => ({ disturbance })),
    ...scenario.edits.map((edit) => ({ edit })),
  ];
  const kept = await shortest(parts, (some) => fails(withParts(scenario, some)));
  return simpler(withParts(scenario, kept), fails);
}

function withParts(scenario: Scenario, parts: readonly Part[]): Scenario {
  return {
    ...scenario,
    disturbances: parts.flatMap((part) => ('disturbance' in part ? [part.disturbance] : [])),
    edits: parts.flatMap((part) => ('edit' in part ? [part.edit] : [])).toSorted((a, b) => a.at - b.at),
  };
}

/** Takes away ever smaller pieces as long as it still fails. */
async function shortest<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  let size = Math.ceil(kept.length / 2);
  while (size >= 1) {
    let removed = false;
    for (let at = 0; at < kept.length;) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (await fails(fewer)) {
        kept = fewer;
        removed = true;
      } else at += size;
    }
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}

/** Leaves out of the world what the failure does not need. */
async function simpler(
  scenario: Scenario,
  fails: (candidate: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  const { world } = scenario;
  const jobs = scenario.start.kind === 'valid' ? scenario.start.zones.flatMap((zone) => zone.jobs) : [];
  const names = [...new Set(jobs.map(({ name }) => name))];
  const steps: readonly ((story: Scenario) => Scenario)[] = [
    (story) => ({ ...story, world: { ...story.world, foreign: [] } }),
    (story) => ({ ...story, world: { ...story.world, byName: false } }),
    (story) => ({ ...story, world: { ...story.world, switches: { auto_disable: 'off' } } }),
    (story) => ({ ...story, world: { ...story.world, adopt: 'always' } }),
    ...Array.from(
      { length: world.zones - 1 },
      (_, index) => (story: Scenario) => withoutZone(story, index + 1),
    ),
    ...names.map((name) => (story: Scenario) => withoutJob(story, name)),
  ];
  let kept = scenario;
  for (const step of steps) {
    const candidate = step(kept);
    if (await fails(candidate)) kept = candidate;
  }
  return kept;
}

function withoutZone(story: Scenario, zone: number): Scenario {
  return mapZones(story, (zones) => zones.filter((one) => one.zone !== zone));
}

function withoutJob(story: Scenario, name: string): Scenario {
  return mapZones(story, (zones) =>
    zones.map((zone) => ({ ...zone, jobs: zone.jobs.filter((job) => job.name !== name) })),
  );
}

type Zones = Extract<Scenario['start'], { kind: 'valid' }>['zones'];

function mapZones(story: Scenario, change: (zones: Zones) => Zones): Scenario {
  const version = (one: Scenario['start']): Scenario['start'] =>
    one.kind === 'unreadable' ? one : { ...one, zones: change(one.zones) };
  return {
    ...story,
    start: version(story.start),
    edits: story.edits.map((edit) => ({ ...edit, version: version(edit.version) })),
  };
}
