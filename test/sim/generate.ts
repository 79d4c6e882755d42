import { disturbancesOf, type Span } from './disturbances.ts';
import { Rng } from './random.ts';
import {
  ACCOUNT_DATASETS,
  BROKEN,
  EMPTY,
  ZONE_TROUBLES,
  type Disturbance,
  type Edit,
  type JobSpec,
  type Scenario,
  type Version,
  type WorldSpec,
  type ZoneSpec,
} from './scenario.ts';

/**
 * Swarm testing: each seed has its own small world and switches on its own few kinds of trouble, each with its
 * own weight, so that no kind drowns the others.
 */
export function generate(seed: string): Scenario {
  return withPauses(inItsWorld(storyOf(seed), new Rng(`world ${seed}`)), new Rng(`pauses ${seed}`));
}

/** In some stories people pause what they work at, and in some what they change is left as it is for a while. */
function withPauses(story: Scenario, random: Rng): Scenario {
  const { world, phases, disturbances } = story;
  const graceMs = random.chance(0.06) ? { graceMs: random.int(1, 5) * 60_000 } : {};
  const asks = random.chance(0.1) ? Array.from({ length: random.int(1, 4) }, () => askOf(random, story)) : [];
  return { ...story, world: { ...world, ...graceMs }, phases, disturbances: [...disturbances, ...asks] };
}

function askOf(random: Rng, { world, phases, edits }: Scenario): Disturbance {
  const edit = edits.length > 0 && random.chance(0.6) ? random.pick(edits).at : null;
  // Just around an edit it comes while something is written.
  const at =
    edit === null ? random.int(phases.faultsFrom, phases.faultsUntil - 1) : edit + random.int(-1_000, 3_000);
  if (random.chance(0.15)) return { type: 'resume', at };
  const job = random.chance(0.4) ? { job: random.pick(NAMES) } : {};
  return {
    type: 'pause',
    at,
    forMs: random.int(60_000, 900_000),
    zone: random.int(0, world.zones - 1),
    ...job,
  };
}

/** The same story with two daemons on the same zones and the same state nearly all the time. */
export function withTwoDaemons(story: Scenario): Scenario {
  const { faultsFrom, faultsUntil } = story.phases;
  const others = story.disturbances.filter(({ type }) => type !== 'second-leader');
  const second = { type: 'second-leader', at: faultsFrom + 1, forMs: faultsUntil - faultsFrom - 2 } as const;
  return { ...story, disturbances: [...others, second] };
}

/** Some stories are those of accounts, and in some ownership is marked by name. */
function inItsWorld(story: Scenario, random: Rng): Scenario {
  const hasSuffix = random.chance(0.06);
  const isOfAccounts = random.chance(0.05);
  const checksBeforeDelete = random.chance(0.8);
  const world = {
    ...story.world,
    ...(hasSuffix && { hasSuffix }),
    ...(checksBeforeDelete && { checksBeforeDelete }),
  };
  if (!isOfAccounts) return { ...story, world };
  return {
    ...story,
    world: { ...world, scopes: 'account' },
    start: inAccounts(story.start),
    edits: story.edits.map((edit) => ({ ...edit, version: inAccounts(edit.version) })),
  };
}

function inAccounts(version: Version): Version {
  if (version.kind === 'unreadable') return version;
  const zones = version.zones.map((zone) => ({ ...zone, jobs: zone.jobs.map(asAccountJob) }));
  return { ...version, zones };
}

/** Without a filter: what it goes by is of zones. */
function asAccountJob(spec: JobSpec): JobSpec {
  const { country: _, dataset, ...job } = spec;
  const zoned = DATASETS.find((one) => one === dataset);
  return { ...job, dataset: zoned === undefined ? dataset : ACCOUNT_DATASETS[zoned] };
}

const DATASETS = ['http_requests', 'firewall_events', 'dns_logs'] as const;

function storyOf(seed: string): Scenario {
  const random = new Rng(`story ${seed}`);
  const kind = random.weighted([
    ['short', 0.92],
    ['swap', 0.02],
    ['long', 0.03],
    ['one-zone', 0.03],
  ] as const);
  const drawn = worldOf(random);
  const world = kind === 'one-zone' ? withRoom(drawn) : kind === 'swap' ? withoutRoom(drawn) : drawn;
  const faultsFrom = random.chance(0.3) ? 0 : world.sweepMs + 60_000;
  const minutes = { short: random.int(6, 16), swap: 20, long: 90, 'one-zone': 40 };
  const faultsUntil = faultsFrom + minutes[kind] * 60_000;
  const block = Math.floor((Number(seed) || 0) / BLOCK);
  const family = familyOf(block * FAMILIES + random.int(0, FAMILIES - 1), world.zones);
  const span: Span = { from: faultsFrom, until: faultsUntil };
  if (kind === 'swap') return swapStory(seed, random, world, span);
  return {
    format: 1,
    seed,
    world,
    phases: { faultsFrom, faultsUntil },
    start: { kind: 'valid', zones: family[0] ?? [] },
    edits: editsOf(random, family, span, world.sweepMs),
    disturbances:
      kind === 'one-zone' ? [badZone(random, span)] : disturbancesOf(random, world, span, kind === 'long'),
  };
}

/** Two zones in which no job has room. */
function withoutRoom(world: WorldSpec): WorldSpec {
  const foreign = [0, 1].flatMap((zone) => ['legacy', 'team-x'].map((name) => ({ zone, name })));
  const { bySelector: _, ...rest } = world;
  return { ...rest, zones: 2, foreign, mode: 'enforce' };
}

/** A job of each of two full zones moves to the other one: neither can go first without a gap, and a person is asked. */
function swapStory(seed: string, random: Rng, world: WorldSpec, { from, until }: Span): Scenario {
  const [stays, here, there] = ['errors', 'http', 'dns'].map((name) => jobOf(random, name));
  const zonesOf = (...moving: readonly (JobSpec | undefined)[]): readonly ZoneSpec[] =>
    moving.map((job, zone) => ({
      zone,
      prune: 'owned',
      jobs: [stays, job].filter((one) => one !== undefined),
    }));
  const version = { kind: 'valid', zones: zonesOf(there, here) } as const;
  const span = { from, until };
  const approvals = [5, 9, 13].map(
    (minutes) => ({ type: 'approve', at: from + minutes * 60_000, wrong: false }) as const,
  );
  return {
    format: 1,
    seed,
    world,
    phases: { faultsFrom: from, faultsUntil: until },
    start: { kind: 'valid', zones: zonesOf(here, there) },
    edits: [{ at: from + random.int(60_000, 180_000), version, watched: true }],
    disturbances: [...(random.chance(0.5) ? disturbancesOf(random, world, span, false) : []), ...approvals],
  };
}

/** Several zones, and a budget that none of them has to wait for. */
function withRoom(world: WorldSpec): WorldSpec {
  const quota = { requests: 1200, windowSeconds: 300, share: 0.5 };
  return {
    ...world,
    zones: Math.max(2, world.zones),
    quota,
    switches: { ...world.switches, rate_limit: 'off' },
  };
}

/** One zone is in trouble nearly all the time. */
function badZone(random: Rng, { from, until }: Span): Disturbance {
  const forMs = until - from - 120_000;
  return { type: 'zone-trouble', at: from + 60_000, forMs, zone: 0, how: random.pick(ZONE_TROUBLES) };
}

/** In a block of seeds few enough that the parser's answers can be remembered; each block has its own. */
const FAMILIES = 24;
const BLOCK = 10_000;
const MEMBERS = 5;

function worldOf(random: Rng): WorldSpec {
  const zones = random.weighted([
    [1, 6],
    [2, 3],
    [3, 0.7],
  ] as const);
  const isTight = random.chance(0.25);
  return {
    zones,
    byName: random.chance(0.3),
    ...(random.chance(0.1) ? { bySelector: true } : {}),
    mode: random.weighted([
      ['enforce', 0.92],
      ['warn', 0.04],
      ['observe', 0.04],
    ] as const),
    adopt: random.weighted([
      ['always', 0.6],
      ['if_equal', 0.3],
      ['never', 0.1],
    ] as const),
    guard: isTight
      ? { maxRemovals: random.int(0, 2), maxRemovalShare: 0 }
      : { maxRemovals: 20, maxRemovalShare: 0.5 },
    allowGap: random.chance(0.2),
    ...(random.chance(0.5) ? { overlapMs: random.pick([30_000, 150_000, 900_000]) } : {}),
    quota: random.chance(0.25)
      ? {
          requests: zones === 1 && random.chance(0.5) ? random.int(30, 50) : random.int(60, 150),
          windowSeconds: 300,
          share: random.pick([0.5, 0.8]),
        }
      : { requests: 1200, windowSeconds: 300, share: 0.5 },
    sweepMs: random.pick([6, 8, 10]) * 60_000,
    ...(random.chance(0.25) ? { slowness: random.pick([10, 30, 50]) } : {}),
    switches: {
      secrets: random.chance(0.3) ? 'masked' : 'clear',
      filter_reads: random.pick(['both', 'get', 'none'] as const),
      zero_values: random.pick(['omit', 'return'] as const),
      delete_lag_ms: random.chance(0.15) ? random.int(1, 60) * 1000 : 0,
      output_options_put: random.chance(0.8) ? 'replace' : 'merge',
      rate_limit: random.chance(0.1) ? 'block' : 'off',
      rate_limit_requests: 300,
      auto_disable: 'off',
      ...disputed(random),
    },
    foreign: random.chance(0.35)
      ? Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => ({
          zone: random.int(0, zones - 1),
          name: random.pick(FOREIGN_NAMES),
          ...(random.chance(0.3) ? { like: random.pick(NAMES) } : {}),
        }))
      : [],
  };
}

/** Nearly ours, and ours. */
const FOREIGN_NAMES = [
  'legacy', 'team-x', 'http', 'HTTP', 'http ', ' http', 'http-', 'http.gitops', 'h\u0442tp', 'htt', 'httpp', '', 'audit',
] as const; // prettier-ignore

/** What the sources do not agree on (`cloudflare-api.md`): each story has its own mix. */
function disputed(random: Rng): WorldSpec['switches'] {
  return {
    output_options_echo: random.chance(0.15) ? 'filled' : 'sent',
    success_lists: random.pick(['array', 'null'] as const),
    delete_result: random.pick(['empty', 'id', 'null'] as const),
    create_status: random.pick(['200', '201'] as const),
    job_ids: random.chance(0.5) ? 'global' : 'per-scope',
    extra_keys: random.pick(['known', 'none', 'future'] as const),
  };
}

const NAMES = ['http', 'audit', 'errors', 'dns'] as const;

/** A few versions of one manifest, each a small edit away from one before it. */
function familyOf(number: number, zones: number): readonly (readonly ZoneSpec[])[] {
  const random = new Rng(`family ${number} ${zones}`);
  const members: (readonly ZoneSpec[])[] = [
    Array.from({ length: zones }, (_, zone) => ({
      zone,
      prune: random.chance(0.8) ? ('owned' as const) : ('never' as const),
      jobs: NAMES.filter(() => random.chance(0.5)).map((name) => jobOf(random, name)),
    })).map((zone, index) =>
      index === 0 && zone.jobs.length === 0 ? { ...zone, jobs: [jobOf(random, 'http')] } : zone,
    ),
  ];
  while (members.length < MEMBERS) members.push(edited(random, random.pick(members)));
  return members;
}

function jobOf(random: Rng, name: string): JobSpec {
  const dataset = name === 'dns' ? 'dns_logs' : random.pick(['http_requests', 'firewall_events'] as const);
  return {
    name,
    dataset,
    enabled: name === 'audit' || random.chance(0.8),
    destination: random.chance(0.6) ? 'bucket' : 'siem',
    path: `${name}-${random.pick(['a', 'b'])}`,
    ...(random.chance(0.5) ? { sampleRate: random.pick([0.1, 0.5, 1]) } : {}),
    ...(dataset === 'http_requests' && random.chance(0.4) ? { country: random.pick(['de', 'fr']) } : {}),
    protect: name === 'audit',
  };
}

function edited(random: Rng, zones: readonly ZoneSpec[]): readonly ZoneSpec[] {
  const target = random.int(0, zones.length - 1);
  const next = zones.map((zone, index) => (index === target ? editedZone(random, zone) : zone));
  return next.every(({ jobs }) => jobs.length === 0) ? zones : next;
}

function editedZone(random: Rng, zone: ZoneSpec): ZoneSpec {
  const { jobs } = zone;
  const absent = NAMES.filter((name) => !jobs.some((job) => job.name === name));
  const change = random.weighted([
    ['add', absent.length > 0 ? 3 : 0],
    ['remove', jobs.length > 0 ? 2 : 0],
    ['change', jobs.length > 0 ? 5 : 0],
    ['clear', 0.3],
  ] as const);
  if (change === 'clear') return { ...zone, jobs: [] };
  if (change === 'add') return { ...zone, jobs: [...jobs, jobOf(random, random.pick(absent))] };
  const chosen = random.pick(jobs);
  if (change === 'remove') return { ...zone, jobs: jobs.filter((job) => job !== chosen) };
  return { ...zone, jobs: jobs.map((job) => (job === chosen ? jobOf(random, job.name) : job)) };
}

/** The last edit is a good one, or the story would have no end to compare with. */
function editsOf(
  random: Rng,
  family: readonly (readonly ZoneSpec[])[],
  { from, until }: Span,
  sweepMs: number,
): readonly Edit[] {
  const count = random.int(0, 4);
  const slot = Math.floor((until - from) / (count + 1));
  const times = Array.from({ length: count }, (_, index) => {
    const at = from + index * slot + random.int(60_000, Math.max(60_000, slot - 1));
    // Just around a sweep, so that the two get in each other's way.
    return random.chance(0.3) ? Math.ceil(at / sweepMs) * sweepMs + random.int(-3_000, 3_000) : at;
  });
  return times
    .map((at) => Math.min(at, until - 10_000))
    .toSorted((a, b) => a - b)
    .map((at, index): Edit => ({
      at: at + index,
      version:
        index === count - 1
          ? { kind: 'valid', zones: random.pick(family) }
          : versionOf(random, random.pick(family)),
      watched: random.chance(0.85),
    }));
}

function versionOf(random: Rng, zones: readonly ZoneSpec[]): Version {
  const kind = random.weighted([
    ['valid', 6],
    ['broken', 2],
    ['empty', 2],
    ['unreadable', 1],
  ] as const);
  switch (kind) {
    case 'valid':
      return { kind, zones };
    case 'broken':
      return { kind, how: random.pick(BROKEN), zones };
    case 'empty':
      return { kind, how: random.pick(EMPTY), zones };
    case 'unreadable':
      return { kind };
  }
}
