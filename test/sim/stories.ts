import type { Disturbance, JobSpec, Scenario, WorldSpec, ZoneSpec } from './scenario.ts';

/** Stories written by hand: calm, unless a test says otherwise. */

export function aJob(name: string, over: Partial<JobSpec> = {}): JobSpec {
  return {
    name,
    dataset: 'http_requests',
    enabled: true,
    destination: 'bucket',
    path: `${name}-a`,
    protect: name === 'audit',
    ...over,
  };
}

export function aZone(zone: number, ...jobs: readonly JobSpec[]): ZoneSpec {
  return { zone, prune: 'owned', jobs };
}

const WORLD: WorldSpec = {
  zones: 1,
  byName: false,
  mode: 'enforce',
  adopt: 'always',
  guard: { maxRemovals: 20, maxRemovalShare: 0.5 },
  allowGap: false,
  quota: { requests: 1200, windowSeconds: 300, share: 0.5 },
  sweepMs: 300_000,
  switches: { auto_disable: 'off' },
  foreign: [],
};

export interface StoryOptions {
  /** What the manifest becomes after two minutes. */
  readonly edit?: readonly ZoneSpec[];
  readonly world?: Partial<WorldSpec>;
  readonly disturbances?: readonly Disturbance[];
  /** Crashes are counted from here on; the default leaves out the first pass where there is an edit. */
  readonly faultsFrom?: number;
}

const EDIT_AT = 120_000;

export function aStory(start: readonly ZoneSpec[], options: StoryOptions = {}): Scenario {
  const { edit, world = {}, disturbances = [] } = options;
  return {
    format: 1,
    seed: '2',
    world: { ...WORLD, zones: start.length, ...world },
    phases: {
      faultsFrom: options.faultsFrom ?? (edit === undefined ? 0 : EDIT_AT - 1),
      faultsUntil: 600_000,
    },
    start: { kind: 'valid', zones: start },
    edits:
      edit === undefined ? [] : [{ at: EDIT_AT, version: { kind: 'valid', zones: edit }, watched: true }],
    disturbances,
  };
}
