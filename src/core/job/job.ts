import type { Origin, Problem } from '../problem.ts';
import type { Secret } from '../secret.ts';

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

export type ScopeKind = 'zone' | 'account';

/** Where jobs live. `name` is the zone's or account's name where it is known, else its id. */
export interface Scope {
  readonly kind: ScopeKind;
  /** 32 hexadecimal characters. */
  readonly id: string;
  readonly name: string;
}

/** Identifies a scope in maps, file names and the queue, as in `zone.0123…`. */
export type ScopeKey = string;

export function scopeKey(scope: Pick<Scope, 'kind' | 'id'>): ScopeKey {
  return `${scope.kind}.${scope.id}`;
}

/** The state also holds pages that are about something else. */
export function isScopeKey(key: string): boolean {
  return /^(zone|account)\./u.test(key);
}

/** Whether a scope is among names or ids that a person gave; every one is where none are given. */
export function isNamed(scope: Scope, names: readonly string[]): boolean {
  return (
    names.length === 0 ||
    names.some((name) => name.toLowerCase() === scope.name.toLowerCase() || name === scope.id)
  );
}

/**
 * The fields of a job under Cloudflare's own names (`cloudflare-api.md` §2.1), without `id` and without what
 * only Cloudflare writes. `destination_conf` and `ownership_challenge` are always {@link Secret}.
 *
 * In a desired job a key that is present is managed, and `null`, `""` or `0` means "none"; a key that is
 * absent is left to others. In a live job an absent key means the API did not return it. A desired `transformer_id`
 * that is a text is the name of a transformer whose id is not known yet.
 */
export type JobFields = { readonly [field: string]: JsonValue | Secret };

/** `enforce` applies the manifest and heals drift; `warn` applies the manifest; `observe` writes nothing. */
export type Mode = 'enforce' | 'warn' | 'observe';

/** Which live jobs that the manifest lacks are deleted. */
export type Prune = 'owned' | 'all' | 'never';

/** What to do with one unowned live job that has the name of a desired one. */
export type Adopt = 'always' | 'if_equal' | 'never';

/** One job as the manifest wants it: defaults, preset and references resolved. */
export interface DesiredJob {
  readonly name: string;
  /** Always holds `name`, `dataset` and `destination_conf`. */
  readonly fields: JobFields;
  /** Pins this job to one live job, whatever that one is called. */
  readonly id?: number;
  /** Never deleted, disabled, replaced or sent elsewhere. */
  readonly protect: boolean;
  /** Fields left to others now: `filter`, or `output_options.sample_rate`. Rules that have ended are not among them. */
  readonly ignore: readonly string[];
  /** Overrides the mode of the scope. */
  readonly mode?: Mode;
  /** How the manifest chooses fields that it does not list: `all`, `default` or `{ all_except: […] }`. */
  readonly fieldChoice?: JsonValue;
  /** Fields that this choice would have today and that Cloudflare did not list when it was made: told, not written. */
  readonly newFields?: readonly string[];
  readonly origin: Origin;
}

/** A job that is in the manifest but cannot be rendered now, say because a secret is missing. Never pruned. */
export interface BlockedJob {
  readonly name: string;
  readonly reason: string;
  readonly id?: number;
  readonly origin: Origin;
  /** What is wrong with it, where Cloudflare's own lists show it. Refuses this job alone, never the manifest. */
  readonly findings?: readonly Problem[];
}

/** SQL that the events of jobs go through, as the manifest wants it. */
export interface DesiredTransformer {
  readonly name: string;
  readonly sql: string;
  /** Empty: none. */
  readonly description: string;
  readonly origin: Origin;
}

/** All that the manifest says about one scope. */
export interface DesiredScope {
  readonly scope: Scope;
  readonly jobs: readonly DesiredJob[];
  readonly blocked: readonly BlockedJob[];
  /** Absent: the settings decide. */
  readonly mode?: Mode;
  readonly prune?: Prune;
  /** Said by a person to the daemon, not by the manifest. */
  readonly pauses?: readonly Pause[];
  /** Those of an account. Absent: all of them are left to others. */
  readonly transformers?: readonly DesiredTransformer[];
  /** The account in which jobs of this scope name transformers. Absent where none does, or where it is not known. */
  readonly accountId?: string;
}

/** Nothing of a scope, or of one of its jobs, is written for now, because a person said so. */
export interface Pause {
  /** Absent: all of the scope. */
  readonly job?: string;
  /** RFC 3339. */
  readonly since: string;
  /** RFC 3339. Absent: until somebody resumes it. */
  readonly until?: string;
  readonly reason?: string;
}

/** What Cloudflare says about delivery. Never compared, never sent. */
export interface JobDelivery {
  /** End of the last time range pushed (RFC 3339), or null before the first push. */
  readonly lastComplete: string | null;
  readonly lastError: string | null;
  readonly errorMessage: string | null;
}

/** One job as the API answered. */
export interface LiveJob {
  readonly id: number;
  /** Empty when Cloudflare has no name for it. Not unique. */
  readonly name: string;
  readonly fields: JobFields;
  readonly delivery: JobDelivery;
  /** Whether its name at Cloudflare marks it as owned; absent where names mark nothing. */
  readonly marked?: boolean;
}
