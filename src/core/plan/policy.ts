import { parseDestination, patternAround, showDestination } from '../destination/destination.ts';
import type { Adopt, DesiredJob, DesiredScope, Mode, Prune, Scope, ScopeKind } from '../job/job.ts';
import { destinationText } from './desired-text.ts';
import type { DoubtRule } from './doubt.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { pauseOver, whyPaused } from './pause.ts';
import type { Reenable } from './reenable.ts';
import type { ChangeWindow } from './window.ts';

/** Cloudflare's default; more by contract (`cloudflare-api.md` §7). */
export const JOBS_PER_ZONE = 4;

/** What the settings allow; the manifest may override `mode` and `prune`. */
export interface PlanPolicy {
  readonly mode: Mode;
  readonly prune: Prune;
  readonly adopt: Adopt;
  /** Patterns of `scheme://authority/path` with `*` for any text; empty: every destination is allowed. */
  readonly allowedDestinations: readonly string[];
  /** How many jobs Cloudflare allows in a zone (`cloudflare-api.md` §7). Accounts have no known limit. */
  readonly jobsPerZone: number;
  /** Whether a replace in a full zone may delete the old job before the new one is there, and lose logs between. */
  readonly allowGap: boolean;
  /** Whether Cloudflare is asked if it takes a new job before another one is deleted to make room for it. */
  readonly checkBeforeDelete: boolean;
  /** Whether a job that a create of ours made once too often is deleted, whatever `prune` says. */
  readonly removeSurplus: boolean;
  /** How long the old job of a replace may stay beside a new one that does not deliver yet. 0: not at all. */
  readonly overlapMs: number;
  /** How long a fresh change of somebody else is only reported before it is put right. 0: not at all. */
  readonly graceMs: number;
  /** What becomes of a job that Cloudflare has disabled. */
  readonly reenable: Reenable;
  /** When changes of which kinds may be written. Empty: at any time. */
  readonly windows: readonly ChangeWindow[];
  /** What marks the names of owned jobs at Cloudflare; empty where nothing does. */
  readonly nameSuffix: string;
  readonly doubts: DoubtRules;
  /** How ownership is proven where a destination needs it. Absent: not at all, and Cloudflare decides. */
  readonly challenges?: {
    /** Patterns, as of `allowedDestinations`, of what a reader can fetch the challenge of. */
    readonly readers: readonly string[];
  };
}

/** What it takes until something is believed. Not for people to set. */
export interface DoubtRules {
  /** That a create whose answer was lost has made no job. */
  readonly lostCreate: DoubtRule;
  /** That most jobs of a scope are gone at once. */
  readonly collapse: DoubtRule;
  /** That of two equal jobs neither is deleted already and only still shown. */
  readonly copies: DoubtRule;
}

/** Listings may be a minute old, and a create may arrive a minute late (`reliability.md` invariants 11, 23, 24). */
export const DOUBT_RULES: DoubtRules = {
  lostCreate: { listings: 3, ms: 120_000 },
  collapse: { listings: 3, ms: 60_000 },
  copies: { listings: 2, ms: 90_000 },
};

/** A rule in force, and where a person can change it. */
interface InForce<Value> {
  readonly value: Value;
  /** As in `the setting mode` or `mode of this zone`. */
  readonly source: string;
}

/** How many jobs Cloudflare allows in a scope. */
export function placesOf(
  { kind }: Pick<Scope, 'kind'>,
  { jobsPerZone }: Pick<PlanPolicy, 'jobsPerZone'>,
): number {
  return kind === 'zone' ? jobsPerZone : Number.POSITIVE_INFINITY;
}

interface ModeInForce extends InForce<Mode> {
  /** Why it is `observe`, whatever is written anywhere. */
  readonly paused?: string;
}

/** A pause is `observe` for as long as it stands. */
export function modeOf(
  scope: Pick<DesiredScope, 'scope' | 'mode' | 'pauses'>,
  policy: Pick<PlanPolicy, 'mode'>,
  job?: Pick<DesiredJob, 'name' | 'mode'>,
): ModeInForce {
  const pause = pauseOver(scope, job?.name);
  if (pause) return { value: 'observe', source: 'a pause', paused: whyPaused(pause, scope.scope) };
  if (job?.mode !== undefined) return { value: job.mode, source: '"mode" of this job' };
  if (scope.mode !== undefined) return { value: scope.mode, source: `"mode" of this ${scope.scope.kind}` };
  return { value: policy.mode, source: 'the setting "mode"' };
}

export function pruneOf(
  scope: Pick<DesiredScope, 'scope' | 'prune'>,
  policy: Pick<PlanPolicy, 'prune'>,
): InForce<Prune> {
  if (scope.prune !== undefined) return { value: scope.prune, source: `"prune" of this ${scope.scope.kind}` };
  return { value: policy.prune, source: 'the setting "prune"' };
}

/** Why a change as a whole must not be written, or null. Says which setting or key would allow it. */
export function refusalOfMode({ value, source, paused }: ModeInForce, isDrift: boolean): string | null {
  if (paused !== undefined) return paused;
  if (value === 'observe') {
    return `${capital(source)} is "observe", which writes nothing; "warn" or "enforce" would write it.`;
  }
  if (value === 'warn' && isDrift) {
    return `${capital(source)} is "warn", which only reports drift; "enforce" would heal it.`;
  }
  return null;
}

/** Why this destination must not be written to, or null. */
export function refusalOfDestination(
  desired: Pick<DesiredJob, 'fields'>,
  allowed: readonly string[],
): string | null {
  if (allowed.length === 0 || isAmongDestinations(desired, allowed)) return null;
  const text = destinationText(desired);
  return (
    `The destination ${showDestination(text)} is not among guard.allowed_destinations ` +
    `(${allowed.join(', ')}); add ${patternAround(text) ?? 'it'} there, or write another destination.`
  );
}

/** Whether a job delivers to one of these patterns of `scheme://authority/path`. */
export function isAmongDestinations(job: Pick<DesiredJob, 'fields'>, patterns: readonly string[]): boolean {
  const where = parseDestination(destinationText(job)).identity;
  return patterns.some((pattern) => matchesPattern(where, pattern));
}

/** Why an owned job that the manifest lacks must not be deleted, or null. */
export function refusalOfPrune(
  { value, source }: InForce<Prune>,
  entry: Pick<LedgerEntry, 'id' | 'protect'>,
  kind: ScopeKind,
): string | null {
  if (entry.protect) {
    return (
      `Job ${entry.id} was last applied with "protect: true" and is not in the manifest any more; ` +
      'to delete it, put it back with "protect: false", apply, and then remove it.'
    );
  }
  if (value === 'never') {
    return (
      `Job ${entry.id} is not in the manifest and ${source} is "never"; set "prune: owned" ` +
      `for this ${kind} or in the settings to delete it, or put the job back.`
    );
  }
  return null;
}

/** Glob with `*` only, matching the whole text; linear in the number of stars, so that no pattern can stall. */
function matchesPattern(text: string, pattern: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === pattern;
  const tail = rest.pop() ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let from = head.length;
  const end = text.length - tail.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > end) return false;
    from = at + part.length;
  }
  return true;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
