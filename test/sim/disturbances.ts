import type { Rng } from './random.ts';
import {
  DAMAGES,
  REQUEST_CLASSES,
  SECRET_NAMES,
  ZONE_TROUBLES,
  type Disturbance,
  type HttpFault,
  type HttpFaultKind,
  type PersonAction,
  type RequestClass,
  type WorldSpec,
} from './scenario.ts';

const READ_FAULTS: readonly HttpFaultKind[] = [
  'not-sent', 'lost-before', 'server-error', 'rate-limited', 'blip', 'html', 'truncated', 'garbage', 'slow',
  'refused', 'no-route', 'redirect', 'no-list', 'not-allowed',
]; // prettier-ignore
const WRITE_FAULTS: readonly HttpFaultKind[] = [
  'not-sent', 'lost-before', 'lost-after', 'late', 'twice', 'server-error', 'rate-limited', 'blip', 'html',
  'truncated', 'garbage', 'slow', 'refused', 'no-route', 'redirect',
]; // prettier-ignore

const FAULTS_OF: Readonly<Record<RequestClass, readonly HttpFaultKind[]>> = {
  list: [...READ_FAULTS, 'stale', 'partial', 'empty-list', 'damaged', 'strangers'],
  get: READ_FAULTS,
  zones: [...READ_FAULTS.filter((kind) => kind !== 'no-list' && kind !== 'not-allowed'), 'zone-gone'],
  create: [...WRITE_FAULTS, 'not-allowed', 'taken', 'dns'],
  update: [...WRITE_FAULTS, 'not-allowed', 'dns', 'ignored'],
  delete: WRITE_FAULTS,
};

/** How many requests of a class may be hit. */
const REACH: Readonly<Record<RequestClass, number>> = {
  list: 40, get: 15, zones: 12, create: 10, update: 12, delete: 6,
}; // prettier-ignore

/** What one kind of trouble makes of a story, once the story has it. */
interface Story {
  readonly random: Rng;
  readonly world: WorldSpec;
  /** Some time in the fault phase. */
  readonly at: () => number;
}

interface Kind {
  /** In how many of the stories. */
  readonly share: number;
  readonly make: (story: Story) => readonly Disturbance[];
}

function some<T>(random: Rng, most: number, make: () => T): readonly T[] {
  return Array.from({ length: random.int(1, most) }, make);
}

const KINDS: readonly Kind[] = [
  { share: 0.3, make: ({ random }) => crashes(random, false) },
  { share: 0.1, make: ({ random }) => crashes(random, true) },
  {
    share: 0.25,
    make: ({ random, at }) =>
      some(random, 2, () => ({ type: 'stop', at: at(), downMs: random.int(1, 60_000) })),
  },
  {
    share: 0.12,
    make: ({ random, at }) => [{ type: 'second-leader', at: at(), forMs: random.int(1_000, 600_000) }],
  },
  {
    share: 0.25,
    make: ({ random }) =>
      some(random, 4, () => ({
        type: 'save-fails',
        nth: random.int(1, 12),
        saved: random.chance(0.5),
      })),
  },
  { share: 0.25, make: () => [{ type: 'load-fails', nth: 1 }] },
  {
    share: 0.25,
    make: ({ random }) => some(random, 4, () => ({ type: 'read-fails', nth: random.int(1, 12) })),
  },
  { share: 0.25, make: ({ random, world, at }) => some(random, 6, () => personOf(random, world, at())) },
  { share: 0.25, make: ({ random, world }) => some(random, 3, () => meddlerOf(random, world)) },
  {
    share: 0.25,
    make: ({ random, at }) =>
      some(random, 2, () => ({ type: 'secret-rotated', at: at(), name: random.pick(SECRET_NAMES) })),
  },
  {
    share: 0.25,
    make: ({ random, at }) =>
      some(random, 2, () => ({
        type: 'secret-missing',
        at: at(),
        name: random.pick(SECRET_NAMES),
        forMs: random.int(1, 600_000),
      })),
  },
  {
    share: 0.25,
    make: ({ random, at }) => some(random, 4, () => ({ type: 'manual', at: at() })),
  },
  {
    share: 0.25,
    make: ({ random, at }) => some(random, 2, () => ({ type: 'wall-jump', at: at(), ms: jumpOf(random) })),
  },
  {
    share: 0.1,
    make: ({ random, at }) => [{ type: 'disk-full', at: at(), forMs: random.int(1_000, 400_000) }],
  },
  {
    share: 0.12,
    make: ({ random, at }) => [
      { type: 'reads-lag', at: at(), forMs: random.int(60_000, 600_000), ageMs: ageOf(random) },
    ],
  },
  {
    share: 0.25,
    make: ({ random, world, at }) => [
      {
        type: 'zone-trouble',
        at: at(),
        forMs: random.int(60_000, 600_000),
        zone: random.int(0, world.zones - 1),
        how: random.pick(ZONE_TROUBLES),
      },
    ],
  },
];

export interface Span {
  readonly from: number;
  readonly until: number;
}

/** Each story has its own few kinds of trouble, so that none drowns the others. */
export function disturbancesOf(
  random: Rng,
  world: WorldSpec,
  { from, until }: Span,
  isLong: boolean,
): readonly Disturbance[] {
  const at = (): number => random.int(from, until - 1);
  const story = { random, world, at };
  const kinds = KINDS.filter(({ share }) => random.chance(share));
  const isLimited = world.switches.rate_limit === 'block' && random.chance(0.8);
  const isGuarded = world.guard.maxRemovals < 20 && random.chance(0.5);
  return [
    ...httpFaults(random),
    ...kinds.flatMap(({ make }) => make(story)),
    ...(isLimited ? [{ type: 'other-tool', at: at(), requests: random.int(50, 400) } as const] : []),
    ...(isGuarded
      ? some(random, 3, () => ({ type: 'approve', at: at(), wrong: random.chance(0.3) }) as const)
      : []),
    ...(isLong && random.chance(0.6)
      ? [{ type: 'opponent', at: from, forMs: until - from, afterMs: random.int(0, 30_000) } as const]
      : []),
  ];
}

/** Up to 60 s is what listings may be behind at any time; more is rare and must do no lasting harm. */
function ageOf(random: Rng): number {
  return random.chance(0.7) ? random.int(100, 60_000) : random.int(60_000, 600_000);
}

function meddlerOf(random: Rng, world: WorldSpec): Disturbance {
  const { action, zone, pick } = personOf(random, world, 0);
  return { type: 'meddle', nth: random.int(1, 60), action, zone, pick };
}

function jumpOf(random: Rng): number {
  return random.chance(0.8) ? random.int(-3_600_000, 3_600_000) : random.pick([-1, 1]) * TEN_YEARS_MS;
}

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

function crashes(random: Rng, isForgetful: boolean): readonly Disturbance[] {
  return Array.from({ length: random.int(1, 3) }, () => ({
    type: 'crash',
    // Most of what matters happens at once after a change, and there are few touches in all.
    nth: random.chance(0.75) ? random.int(1, 30) : random.int(1, 200),
    downMs: random.int(1, 60_000),
    stateLost: isForgetful && random.chance(0.4),
    ...(isForgetful && random.chance(0.4) ? { savesLost: random.int(1, 6) } : {}),
  }));
}

const ACTIONS: readonly PersonAction[] = [
  'edit', 'extend', 'disable', 'redirect', 'rename', 'delete', 'recreate', 'create', 'namesake',
]; // prettier-ignore

function personOf(
  random: Rng,
  { zones }: WorldSpec,
  at: number,
): Extract<Disturbance, { readonly type: 'person' }> {
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
      return { kind, ageMs: ageOf(random) };
    case 'partial':
      return { kind, without: random.int(1, 31) };
    case 'damaged':
      return { kind, how: random.pick(DAMAGES) };
    case 'zone-gone':
      return { kind, zone: random.int(0, 2) };
    default:
      return { kind };
  }
}
