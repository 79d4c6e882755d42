import { Rng } from './random.ts';
import {
  BROKEN,
  EMPTY,
  REQUEST_CLASSES,
  SECRET_NAMES,
  type Disturbance,
  type Edit,
  type HttpFault,
  type HttpFaultKind,
  type JobSpec,
  type PersonAction,
  type RequestClass,
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
  const random = new Rng(`story ${seed}`);
  const world = worldOf(random);
  const faultsFrom = random.chance(0.3) ? 0 : world.sweepMs + 60_000;
  const isLong = random.chance(0.03);
  const faultsUntil = faultsFrom + (isLong ? 90 : random.int(6, 16)) * 60_000;
  const block = Math.floor((Number(seed) || 0) / BLOCK);
  const family = familyOf(block * FAMILIES + random.int(0, FAMILIES - 1), world.zones);
  const span: Span = { from: faultsFrom, until: faultsUntil };
  return {
    format: 1,
    seed,
    world,
    phases: { faultsFrom, faultsUntil },
    start: { kind: 'valid', zones: family[0] ?? [] },
    edits: editsOf(random, family, span, world.sweepMs),
    disturbances: disturbancesOf(random, world, span, isLong),
  };
}

interface Span {
  readonly from: number;
  readonly until: number;
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
    },
    foreign: random.chance(0.3)
      ? [{ zone: random.int(0, zones - 1), name: random.pick(['legacy', 'team-x', 'http']) }]
      : [],
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

const READ_FAULTS: readonly HttpFaultKind[] = [
  'not-sent', 'lost-before', 'server-error', 'rate-limited', 'blip', 'html', 'truncated', 'garbage', 'slow',
  'refused', 'no-route', 'redirect', 'no-list',
]; // prettier-ignore
const WRITE_FAULTS: readonly HttpFaultKind[] = [
  'not-sent', 'lost-before', 'lost-after', 'late', 'twice', 'server-error', 'rate-limited', 'blip', 'html',
  'truncated', 'garbage', 'slow', 'refused', 'no-route', 'redirect',
]; // prettier-ignore

const FAULTS_OF: Readonly<Record<RequestClass, readonly HttpFaultKind[]>> = {
  list: [...READ_FAULTS, 'stale', 'partial', 'empty-list'],
  get: READ_FAULTS,
  zones: READ_FAULTS.filter((kind) => kind !== 'no-list'),
  create: WRITE_FAULTS,
  update: [...WRITE_FAULTS, 'ignored'],
  delete: WRITE_FAULTS,
};

/** How many requests of a class may be hit. */
const REACH: Readonly<Record<RequestClass, number>> = {
  list: 40, get: 15, zones: 12, create: 10, update: 12, delete: 6,
}; // prettier-ignore

const KINDS = [
  'crash', 'stop', 'second-leader', 'save-fails', 'load-fails', 'read-fails', 'person',
  'secret-rotated', 'secret-missing', 'manual', 'wall-jump', 'state-lost',
] as const; // prettier-ignore

function disturbancesOf(random: Rng, world: WorldSpec, span: Span, isLong: boolean): readonly Disturbance[] {
  const kinds = new Set(KINDS.filter((kind) => random.chance(kind === 'crash' ? 0.4 : 0.25)));
  const at = (): number => random.int(span.from, span.until - 1);
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: random.int(1, most) }, make);
  return [
    ...httpFaults(random),
    ...(kinds.has('crash') ? crashes(random, kinds.has('state-lost')) : []),
    ...(kinds.has('stop')
      ? some(2, () => ({ type: 'stop', at: at(), downMs: random.int(1, 60_000) }) as const)
      : []),
    ...(kinds.has('second-leader') && random.chance(0.5)
      ? [{ type: 'second-leader', at: at(), forMs: random.int(1_000, 600_000) } as const]
      : []),
    ...(kinds.has('save-fails')
      ? some(4, () => ({ type: 'save-fails', nth: random.int(1, 12), saved: random.chance(0.5) }) as const)
      : []),
    ...(kinds.has('load-fails') ? [{ type: 'load-fails', nth: 1 } as const] : []),
    ...(kinds.has('read-fails')
      ? some(4, () => ({ type: 'read-fails', nth: random.int(1, 12) }) as const)
      : []),
    ...(kinds.has('person') ? some(6, () => personOf(random, world, at())) : []),
    ...(world.switches.rate_limit === 'block' && random.chance(0.8)
      ? [{ type: 'other-tool', at: at(), requests: random.int(50, 400) } as const]
      : []),
    ...(kinds.has('secret-rotated')
      ? some(2, () => ({ type: 'secret-rotated', at: at(), name: random.pick(SECRET_NAMES) }) as const)
      : []),
    ...(kinds.has('secret-missing')
      ? some(
          2,
          () =>
            ({
              type: 'secret-missing',
              at: at(),
              name: random.pick(SECRET_NAMES),
              forMs: random.int(1, 600_000),
            }) as const,
        )
      : []),
    ...(world.guard.maxRemovals < 20 && random.chance(0.5)
      ? some(3, () => ({ type: 'approve', at: at(), wrong: random.chance(0.3) }) as const)
      : []),
    ...(kinds.has('manual') ? some(4, () => ({ type: 'manual', at: at() }) as const) : []),
    ...(kinds.has('wall-jump')
      ? some(2, () => ({ type: 'wall-jump', at: at(), ms: random.int(-3_600_000, 3_600_000) }) as const)
      : []),
    ...(isLong && random.chance(0.6)
      ? [
          {
            type: 'opponent',
            at: span.from,
            forMs: span.until - span.from,
            afterMs: random.int(0, 30_000),
          } as const,
        ]
      : []),
  ];
}

function crashes(random: Rng, stateLost: boolean): readonly Disturbance[] {
  return Array.from({ length: random.int(1, 3) }, () => ({
    type: 'crash',
    // Most of what matters happens at once after a change, and there are few touches in all.
    nth: random.chance(0.75) ? random.int(1, 30) : random.int(1, 200),
    downMs: random.int(1, 60_000),
    stateLost: stateLost && random.chance(0.6),
  }));
}

const ACTIONS: readonly PersonAction[] = [
  'edit', 'disable', 'redirect', 'rename', 'delete', 'recreate', 'create', 'namesake',
]; // prettier-ignore

function personOf(random: Rng, { zones }: WorldSpec, at: number): Disturbance {
  return {
    type: 'person',
    at,
    action: random.pick(ACTIONS),
    zone: random.int(0, zones - 1),
    pick: random.int(0, 9),
  };
}

function httpFaults(random: Rng): readonly Disturbance[] {
  const all = [...new Set(REQUEST_CLASSES.flatMap((on) => FAULTS_OF[on]))];
  const weights = new Map(all.filter(() => random.chance(0.25)).map((kind) => [kind, 0.2 + random.next()]));
  const [reads, writes] = [random.next() * 0.2, random.next() * 0.7];
  return REQUEST_CLASSES.flatMap((on) => {
    const share = on === 'create' || on === 'update' || on === 'delete' ? writes : reads;
    const kinds = FAULTS_OF[on].map((kind) => [kind, weights.get(kind) ?? 0] as const);
    if (kinds.every(([, weight]) => weight === 0)) return [];
    return Array.from({ length: REACH[on] }, (_, index) => index + 1)
      .filter(() => random.chance(share))
      .map((nth) => ({ type: 'http', on, nth, fault: faultOf(random, random.weighted(kinds)) }) as const);
  });
}

function faultOf(random: Rng, kind: HttpFaultKind): HttpFault {
  switch (kind) {
    case 'lost-before':
    case 'lost-after':
      return { kind, hang: random.chance(0.5) };
    case 'late':
      return { kind, ms: random.int(0, 90_000), hang: random.chance(0.5) };
    case 'twice':
      return { kind, ms: random.int(0, 5_000) };
    case 'server-error':
      return {
        kind,
        status: random.pick([500, 502, 503, 504, 520, 524, 530, 408]),
        applied: random.chance(0.5),
      };
    case 'rate-limited':
      return { kind, retryAfter: random.pick(['1', '30', '600', '-5', 'soon', null]) };
    case 'html':
      return { kind, status: random.pick([200, 403, 503]), applied: random.chance(0.5) };
    case 'truncated':
      return { kind, damaged: random.chance(0.5) };
    case 'slow':
      return { kind, ms: random.pick([1_000, 15_000, 29_000, 70_000]) };
    case 'stale':
      return { kind, ageMs: random.int(100, 60_000) };
    case 'partial':
      return { kind, without: random.int(1, 31) };
    default:
      return { kind };
  }
}
