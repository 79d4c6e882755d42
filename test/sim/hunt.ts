import { generate } from './generate.ts';
import type { Scenario } from './scenario.ts';
import { runWithTwin } from './shrink.ts';
import { simulate } from './simulation.ts';

/** So many stories are compared with their twin, which tells of little that the other rules do not. */
const TWIN_EVERY = 10;
/** Most stories are watched for a pass after they have come to rest, and some for very long. */
const WATCHED_LONG = { every: 501, passes: 100 };

export interface Finding {
  readonly seed: string;
  readonly rule: string;
  readonly detail: string;
}

export interface Tally {
  seeds: number;
  writes: number;
  events: number;
  virtualMs: number;
  readonly findings: Finding[];
  /** How often each thing happened. */
  readonly sometimes: Map<string, number>;
  /** Of the traces of all seeds, in no order: the same for the same seeds. */
  hash: number;
}

export function emptyTally(): Tally {
  return { seeds: 0, writes: 0, events: 0, virtualMs: 0, findings: [], sometimes: new Map(), hash: 0 };
}

/** Tells one seed's story and adds it up. */
export async function tell(
  seed: string,
  tally: Tally,
  storyOf: (seed: string) => Scenario = generate,
): Promise<void> {
  const number = Number(seed);
  const quietPasses = number % WATCHED_LONG.every === 0 ? WATCHED_LONG.passes : 1;
  const scenario = storyOf(seed);
  const report =
    number % TWIN_EVERY === 0 ? await runWithTwin(scenario) : await simulate(scenario, { quietPasses });
  tally.seeds += 1;
  tally.writes += report.writes;
  tally.virtualMs += report.virtualMs;
  tally.events += report.steps;
  tally.hash = (tally.hash + Number.parseInt(report.hash.slice(0, 8), 16)) >>> 0;
  for (const [what, count] of report.sometimes) add(tally.sometimes, what, count);
  const [first] = report.violations;
  if (first !== undefined) tally.findings.push({ seed, rule: first.rule, detail: first.detail });
}

export function merge(into: Tally, from: Tally): void {
  into.seeds += from.seeds;
  into.writes += from.writes;
  into.events += from.events;
  into.virtualMs += from.virtualMs;
  into.hash = (into.hash + from.hash) >>> 0;
  into.findings.push(...from.findings);
  for (const [what, count] of from.sometimes) add(into.sometimes, what, count);
}

function add(counts: Map<string, number>, what: string, count: number): void {
  counts.set(what, (counts.get(what) ?? 0) + count);
}

/** What every long run has to have hit; each is a fault of `reliability.md` §3 or a brake that has to be tried. */
export const MUST_HAPPEN: readonly string[] = [
  ...[
    'not-sent', 'lost-before', 'lost-after', 'late', 'twice', 'server-error', 'rate-limited', 'blip', 'html',
    'truncated', 'garbage', 'slow', 'refused', 'no-route', 'redirect', 'stale', 'partial', 'empty-list', 'no-list',
    'ignored', 'damaged', 'strangers', 'zone-gone', 'not-allowed', 'taken', 'dns',
  ].map((kind) => `http ${kind}`),
  ...['edit', 'extend', 'disable', 'redirect', 'rename', 'delete', 'recreate', 'create', 'namesake'].map((kind) => `person ${kind}`),
  ...['syntax', 'unknown-key', 'duplicate', 'cut', 'no-version'].map((kind) => `edit broken ${kind}`),
  ...['no-files', 'no-text', 'comment', 'version-only', 'no-zones', 'no-jobs'].map((kind) => `edit empty ${kind}`),
  'edit unreadable', 'edit unwatched',
  ...['down', 'slow', 'not-allowed', 'no-route', 'no-list', 'hidden'].map((how) => `zone ${how}`),
  'one zone in trouble for long', 'meddle', 'disk-full', 'save on a full disk', 'reads-lag', 'state-old',
  'pause in force', 'planned in a pause', 'in accounts', 'names with a suffix',
  'crash', 'stop', 'second-leader', 'state-lost', 'save-fails', 'load-fails', 'read-fails',
  'secret-rotated', 'secret-missing', 'other-tool', 'opponent edits', 'manual', 'wall-jump',
  '429 heard', 'asked before a delete', 'two full zones swap',
  'refused too-many-removals', 'refused empty-manifest', 'skipped',
  ...['create', 'update', 'replace', 'delete', 'adopt'].flatMap((action) => [`applied ${action}`, `withheld ${action}`]),
  'failed UnknownOutcomeError', 'failed StateError', 'failed RejectedError', 'failed UnusableAnswerError',
]; // prettier-ignore

/** Two kinds of trouble at one moment: a late create, and the end of its process meanwhile. */
export const MUST_COINCIDE: readonly string[] = ['create lands after its process'];

/** What happened less than once in a hundred seeds although it must, or of what coincides in two hundred. */
export function tooRare({ seeds, sometimes }: Tally): readonly string[] {
  const isBelow = (least: number) => (what: string) => (sometimes.get(what) ?? 0) < least;
  return [...MUST_HAPPEN.filter(isBelow(seeds / 100)), ...MUST_COINCIDE.filter(isBelow(seeds / 200))];
}
