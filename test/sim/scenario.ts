import type { Adopt, Mode } from '../../src/core/job/job.ts';
import type { Switches } from '../../src/sandbox/switches.ts';

/**
 * One simulated story as plain data, so that it can be stored, shortened and replayed. All times are virtual
 * milliseconds since the beginning; `nth` counts from 1 since the beginning of the fault phase.
 */
export interface Scenario {
  readonly format: 1;
  /** Drives the order of what happens at the same time, and the small delays. */
  readonly seed: string;
  readonly world: WorldSpec;
  readonly phases: {
    /** Before this nothing goes wrong. */
    readonly faultsFrom: number;
    /** After this nothing goes wrong any more, but what was under way still lands. */
    readonly faultsUntil: number;
  };
  /** What the manifest is at the beginning. */
  readonly start: Version;
  readonly edits: readonly Edit[];
  readonly disturbances: readonly Disturbance[];
}

export interface WorldSpec {
  /** How many zones, or accounts. */
  readonly zones: number;
  /** Jobs are those of accounts; of zones when absent. */
  readonly scopes?: 'account';
  /** Owned jobs are marked by their names at Cloudflare. */
  readonly hasSuffix?: boolean;
  /** The manifest names its zones, so that they have to be listed; else it has their ids. */
  readonly byName: boolean;
  /** The manifest selects its zones, so that one that is not listed is not in it either. */
  readonly bySelector?: boolean;
  /** Cloudflare is asked whether it takes a job before another one goes for it. */
  readonly checksBeforeDelete?: boolean;
  readonly mode: Mode;
  readonly adopt: Adopt;
  readonly guard: { readonly maxRemovals: number; readonly maxRemovalShare: number };
  readonly allowGap: boolean;
  /** How long the old job of a replace stays at the most; 0 when absent. */
  readonly overlapMs?: number;
  readonly quota: { readonly requests: number; readonly windowSeconds: number; readonly share: number };
  readonly sweepMs: number;
  /** How often audit logs are asked for; never when absent. */
  readonly auditMs?: number;
  /** How many times longer than usual everything takes; 1 when absent. */
  readonly slowness?: number;
  /** For so long a fresh change of a person is only reported; for no time when absent. */
  readonly graceMs?: number;
  readonly switches: Partial<Switches>;
  /** Jobs that are there at the beginning and are nobody's. */
  readonly foreign: readonly Foreign[];
}

export interface Foreign {
  readonly zone: number;
  readonly name: string;
  /** It delivers to the very place where the job of this name in the manifest would. */
  readonly like?: string;
}

export type Dataset = 'http_requests' | 'firewall_events' | 'dns_logs';

/** What stands for them in an account. */
export const ACCOUNT_DATASETS = {
  http_requests: 'gateway_http',
  firewall_events: 'gateway_network',
  dns_logs: 'gateway_dns',
} as const satisfies Record<Dataset, string>;

/** No name of a manifest or of somebody else ends so. */
export const SUFFIX = '.managed';

export interface JobSpec {
  readonly name: string;
  readonly dataset: Dataset | (typeof ACCOUNT_DATASETS)[Dataset];
  readonly enabled: boolean;
  readonly destination: 'bucket' | 'siem';
  /** Folder in the bucket or path of the address: another one is a redirect. */
  readonly path: string;
  readonly sampleRate?: number;
  /** A country, in the filter. */
  readonly country?: string;
  readonly protect: boolean;
}

export interface ZoneSpec {
  readonly zone: number;
  readonly prune: 'owned' | 'never';
  readonly jobs: readonly JobSpec[];
}

export type Version =
  | { readonly kind: 'valid'; readonly zones: readonly ZoneSpec[] }
  /** Has an error, and would do harm were it obeyed. */
  | { readonly kind: 'broken'; readonly how: Broken; readonly zones: readonly ZoneSpec[] }
  | { readonly kind: 'empty'; readonly how: Empty; readonly zones: readonly ZoneSpec[] }
  /** Cannot be read at all. */
  | { readonly kind: 'unreadable' };

export const BROKEN = ['syntax', 'unknown-key', 'duplicate', 'cut', 'no-version'] as const;
export type Broken = (typeof BROKEN)[number];
export const EMPTY = ['no-files', 'no-text', 'comment', 'version-only', 'no-zones', 'no-jobs'] as const;
export type Empty = (typeof EMPTY)[number];

export interface Edit {
  readonly at: number;
  readonly version: Version;
  /** The file watch tells of it; else only the next sweep finds it. */
  readonly watched: boolean;
}

export const REQUEST_CLASSES = ['list', 'get', 'zones', 'create', 'update', 'delete'] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

export type HttpFault =
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'lost-before'; readonly hang: boolean }
  | { readonly kind: 'lost-after'; readonly hang: boolean }
  /** Given up on, and carried out so much later. */
  | { readonly kind: 'late'; readonly ms: number; readonly hang: boolean }
  /** Carried out once more so much later, as a proxy may. */
  | { readonly kind: 'twice'; readonly ms: number }
  | { readonly kind: 'server-error'; readonly status: number; readonly applied: boolean }
  | { readonly kind: 'rate-limited'; readonly retryAfter: string | null }
  | { readonly kind: 'blip' }
  | { readonly kind: 'html'; readonly status: number; readonly applied: boolean }
  | { readonly kind: 'truncated'; readonly damaged: boolean }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-route' }
  | { readonly kind: 'redirect' }
  /** Reads show how it was so long ago. */
  | { readonly kind: 'stale'; readonly ageMs: number }
  | { readonly kind: 'partial'; readonly without: number }
  | { readonly kind: 'empty-list' }
  | { readonly kind: 'no-list' }
  /** Says that it was done, and it was not. */
  | { readonly kind: 'ignored' }
  /** A listing that contradicts itself. */
  | { readonly kind: 'damaged'; readonly how: Damage }
  /** Jobs of another zone are in it. */
  | { readonly kind: 'strangers' }
  /** The list of zones lacks one. */
  | { readonly kind: 'zone-gone'; readonly zone: number }
  /** 403 and the code that stands for quota, entitlement, filter and permission. */
  | { readonly kind: 'not-allowed' }
  /** 400: "already exists". */
  | { readonly kind: 'taken' }
  /** 400: the receiver's name could not be looked up just now. */
  | { readonly kind: 'dns' };

export const DAMAGES = [
  'twice', 'text-id', 'zero-id', 'huge-id', 'no-object', 'object', 'text', 'count', 'pages', 'unsuccessful',
] as const; // prettier-ignore
export type Damage = (typeof DAMAGES)[number];

export type HttpFaultKind = HttpFault['kind'];

export type PersonAction =
  'edit' | 'extend' | 'disable' | 'redirect' | 'rename' | 'delete' | 'recreate' | 'create' | 'namesake';

export const ZONE_TROUBLES = ['down', 'slow', 'not-allowed', 'no-route', 'no-list', 'hidden'] as const;
export type ZoneTrouble = (typeof ZONE_TROUBLES)[number];

export type Disturbance =
  | { readonly type: 'http'; readonly on: RequestClass; readonly nth: number; readonly fault: HttpFault }
  /** `pick` chooses among the jobs that are there then. */
  | {
      readonly type: 'person';
      readonly at: number;
      readonly action: PersonAction;
      readonly zone: number;
      readonly pick: number;
    }
  /** The same just before the nth request arrives. */
  | {
      readonly type: 'meddle';
      readonly nth: number;
      readonly action: PersonAction;
      readonly zone: number;
      readonly pick: number;
    }
  /** Somebody else's program, with our token. */
  | { readonly type: 'other-tool'; readonly at: number; readonly requests: number }
  /** Another program undoes each of our updates for so long. */
  | { readonly type: 'opponent'; readonly at: number; readonly forMs: number; readonly afterMs: number }
  /** The process ends at the nth touch of a port: before an effect, or after it and before its answer. */
  | {
      readonly type: 'crash';
      readonly nth: number;
      readonly downMs: number;
      readonly stateLost: boolean;
      /** The state comes back from a backup, as it was so many saves ago. */
      readonly savesLost?: number;
    }
  | { readonly type: 'stop'; readonly at: number; readonly downMs: number }
  /** A second daemon runs for so long; then the first one ends. */
  | { readonly type: 'second-leader'; readonly at: number; readonly forMs: number }
  | { readonly type: 'save-fails'; readonly nth: number; readonly saved: boolean }
  | { readonly type: 'disk-full'; readonly at: number; readonly forMs: number }
  /** Every request about one zone goes wrong in the same way; `hidden`: the list of zones lacks it. */
  | {
      readonly type: 'zone-trouble';
      readonly at: number;
      readonly forMs: number;
      readonly zone: number;
      readonly how: ZoneTrouble;
    }
  /** Each listing shows how it was at some time of the last so many milliseconds, and the next one may be older. */
  | { readonly type: 'reads-lag'; readonly at: number; readonly forMs: number; readonly ageMs: number }
  | { readonly type: 'load-fails'; readonly nth: number }
  | { readonly type: 'read-fails'; readonly nth: number }
  | { readonly type: 'secret-rotated'; readonly at: number; readonly name: SecretName }
  | {
      readonly type: 'secret-missing';
      readonly at: number;
      readonly name: SecretName;
      readonly forMs: number;
    }
  /** A person approves what was refused last; `wrong`: something else. */
  | { readonly type: 'approve'; readonly at: number; readonly wrong: boolean }
  | { readonly type: 'manual'; readonly at: number }
  /** A person pauses a zone, or one job of it. */
  | {
      readonly type: 'pause';
      readonly at: number;
      readonly forMs: number;
      readonly zone: number;
      readonly job?: string;
    }
  /** Ends the pauses that stand. */
  | { readonly type: 'resume'; readonly at: number }
  | { readonly type: 'wall-jump'; readonly at: number; readonly ms: number };

export const SECRET_NAMES = ['s3-key', 's3-secret', 'siem-token'] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
