import type { JobFields, JsonObject, LiveJob, Scope } from '../core/job/job.ts';
import type { Fingerprint } from '../core/plan/ledger-entry.ts';
import type { Secret } from '../core/secret.ts';
import type { ListedTransformer } from '../core/transformer/transformer.ts';
import type { ReconcileEvent } from './event/events.ts';
import type { FailureMeaning } from './failure-kinds.ts';

/** What the loop needs from the world. Everything above these interfaces runs the same on virtual time. */

/** Order in which calls get their share of the rate limit (`performance.md` §3.4). */
export const PRIORITIES = ['change', 'retry', 'first', 'sweep'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface CallOptions {
  /** Aborted: the call is given up, whatever became of it. */
  readonly signal: AbortSignal;
  /**
   * Aborted: what has not been sent yet is not sent any more, and not again, while a request under way may go
   * on to its answer. Never aborted later than `signal`, which stands for it when absent.
   */
  readonly starting?: AbortSignal;
  readonly priority: Priority;
  /** The pass that it is made for, where there is one. */
  readonly passId?: string;
}

export interface TimedOptions extends CallOptions {
  /** For so long what was seen before counts; a write whose turn comes later rejects with a `RateLimitedError`. @default for ever */
  readonly freshMs?: number;
}

export interface UpdateOptions extends TimedOptions {
  /** What the body was made from: an option that somebody has changed since makes it reject with a `ChangedError` before it is sent again. */
  readonly seen?: LiveJob;
}

export interface DeleteOptions extends TimedOptions {
  /**
   * Asked before the delete is sent again, after an attempt that may have been carried out: whether the job is gone.
   * Rejects where it must not go any more; absent: a read of the job tells.
   */
  readonly isGone?: () => Promise<boolean>;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly account: { readonly id: string; readonly name: string };
}

export interface Account {
  readonly id: string;
  readonly name: string;
}

export type ScopeRef = Pick<Scope, 'kind' | 'id' | 'name'>;

/** Reads. All of them reject with a `ReconcileError` and with nothing else that is not a bug. */
export interface LogpushReader {
  /** Every zone the token sees, all pages, each once. */
  listZones(options: CallOptions): Promise<readonly Zone[]>;
  listAccounts(options: CallOptions): Promise<readonly Account[]>;
  /**
   * Every job of a scope, or an error: an incomplete or damaged listing is an `UnusableAnswerError`, never a
   * short list (`reliability.md` invariant 22).
   */
  listJobs(scope: ScopeRef, options: CallOptions): Promise<readonly LiveJob[]>;
  listDatasetJobs(scope: ScopeRef, dataset: string, options: CallOptions): Promise<readonly LiveJob[]>;
  /** Null when Cloudflare answers 404. */
  getJob(scope: ScopeRef, id: number, options: CallOptions): Promise<LiveJob | null>;
  /** Field name to its description. */
  listFields(scope: ScopeRef, dataset: string, options: CallOptions): Promise<ReadonlyMap<string, string>>;
  listDefaultFields(
    scope: ScopeRef,
    dataset: string,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, string>>;
}

/** What Cloudflare says about the token in use. */
export interface TokenStatus {
  readonly id: string;
  /** `active`, `disabled` or `expired`. */
  readonly status: string;
  /** RFC 3339, or undefined for a token that does not expire. */
  readonly expiresOn: string | undefined;
}

export interface TokenCheck {
  /**
   * For the token of an account, with the id of that account; without it, for one of a user. The other kind is
   * refused with `NotAllowedError` though it is good.
   */
  verifyToken(account: string | undefined, options: CallOptions): Promise<TokenStatus>;
}

/** Entries of an account's audit log, with the oldest first. */
export interface AuditLog {
  /** As they came: `core/audit` reads them. They may hold secrets. */
  readonly entries: readonly JsonObject[];
  /** False: there are more, later than the last of these. */
  readonly isWhole: boolean;
  /** How many it took: one for each page. */
  readonly calls: number;
}

export interface AuditReader {
  /** What was done in an account between two times, in milliseconds since the epoch. Looks are left out. */
  readAuditLog(
    account: string,
    window: { readonly since: number; readonly before: number },
    options: CallOptions,
  ): Promise<AuditLog>;
}

export interface Verdict {
  readonly valid: boolean;
  readonly message: string;
  /** What a refusal means. */
  readonly meaning?: FailureMeaning;
}

/** POSTs that change no job. `validateDestination` may write a test object to the destination. */
export interface LogpushChecks {
  validateDestination(scope: ScopeRef, destination: Secret, options: CallOptions): Promise<Verdict>;
  destinationExists(scope: ScopeRef, destination: Secret, options: CallOptions): Promise<boolean>;
  validateOrigin(
    scope: ScopeRef,
    logpullOptions: string,
    dataset: string,
    options: CallOptions,
  ): Promise<Verdict>;
  validateOwnership(
    scope: ScopeRef,
    destination: Secret,
    challenge: Secret,
    options: CallOptions,
  ): Promise<Verdict>;
}

/** A job as Cloudflare answered a write with it; the answer is the verification. */
export interface Written {
  readonly job: LiveJob;
  /** The `cf-ray` of the answer. */
  readonly ray: string | undefined;
  /** The answer could not be read, so the job is what a read showed afterwards; of what it hides nothing is known. */
  readonly isGuessed?: true;
}

export interface LogpushWriter {
  /**
   * Not idempotent: Cloudflare does not keep names unique, so a second call makes a second job. Repeated only
   * where it surely was not processed; otherwise rejects with `UnknownOutcomeError`.
   */
  createJob(scope: ScopeRef, body: JobFields, options: CallOptions): Promise<Written>;
  /** Top-level keys that are left out keep their value; `output_options` is replaced whole. */
  updateJob(scope: ScopeRef, id: number, body: JobFields, options: UpdateOptions): Promise<Written>;
  /** A job that is already gone counts as deleted. */
  deleteJob(
    scope: ScopeRef,
    id: number,
    options: DeleteOptions,
  ): Promise<{ readonly ray: string | undefined }>;
  /** Makes Cloudflare write a challenge file to the destination; resolves to its name. */
  requestOwnership(
    scope: ScopeRef,
    destination: Secret,
    options: CallOptions,
  ): Promise<Verdict & { readonly filename: string }>;
}

export type LogpushApi = LogpushReader & LogpushChecks & LogpushWriter;

/** Transformers of an account. All of it rejects with a `ReconcileError` and with nothing else that is not a bug. */
export interface TransformerReader {
  /** Every one of the account, or an error, as {@link LogpushReader.listJobs}. */
  listTransformers(account: ScopeRef, options: CallOptions): Promise<readonly ListedTransformer[]>;
  /** Null when Cloudflare answers 404. */
  getTransformer(account: ScopeRef, id: number, options: CallOptions): Promise<ListedTransformer | null>;
  /** The SQL in force. */
  transformerSql(account: ScopeRef, id: number, options: CallOptions): Promise<string>;
  /**
   * What Cloudflare makes of one record: the records that would be delivered, none where it is dropped. Keeps nothing. Rejects
   * with `RejectedError` for SQL that it does not take.
   */
  previewTransformer(
    account: ScopeRef,
    sql: string,
    record: JsonObject,
    options: CallOptions,
  ): Promise<readonly JsonObject[]>;
}

/** What is sent of a transformer. */
export interface TransformerBody {
  readonly name: string;
  /** Empty clears it. */
  readonly description: string;
  /** Left out of an update that leaves the SQL as it is: each one that has it makes a new version. */
  readonly sql?: string;
}

/** The answer of a write. */
export interface WrittenTransformer {
  readonly id: number;
  readonly ray: string | undefined;
}

export interface TransformerWriter {
  /** Not idempotent, as {@link LogpushWriter.createJob}. */
  createTransformer(
    account: ScopeRef,
    body: TransformerBody & { readonly sql: string },
    options: CallOptions,
  ): Promise<WrittenTransformer>;
  updateTransformer(
    account: ScopeRef,
    id: number,
    body: TransformerBody,
    options: CallOptions,
  ): Promise<WrittenTransformer>;
  /** One that is already gone counts as deleted; one that a job refers to is refused. */
  deleteTransformer(account: ScopeRef, id: number, options: CallOptions): Promise<WrittenTransformer>;
}

export type TransformerApi = TransformerReader & TransformerWriter;

/** What reads challenge files where Cloudflare has written them, with rights of its own. */
export interface ChallengeReader {
  /**
   * The content of a file below the bucket of a destination; null while it is not there, or empty. Rejects with
   * `ChallengeError`, also where nothing that is set up reads there, and with `StoppedError`.
   */
  read(destination: Secret, filename: string, signal: AbortSignal): Promise<Secret | null>;
  /** Whether something is set up that reads there. */
  covers(destination: Secret): boolean;
}

/** The manifest as text. */
export interface ManifestText {
  readonly files: readonly {
    readonly path: string;
    readonly text: string;
    /** Why a file that another one names could not be read. */
    readonly refusal?: string;
  }[];
  /** Which manifest: a commit, or a hash of names and contents. The same content gives the same revision. */
  readonly revision: string;
}

export interface ManifestSource {
  /** Rejects with `SourceError`, also when there is no file at all. */
  read(signal: AbortSignal): Promise<ManifestText>;
}

/** Values of `${env:…}` and `${secret:…}`. What is missing is absent from the maps. */
export interface ReferenceValues {
  readonly env: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Why a secret could not be read, by name: a clause, as in `its file is empty`. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Where no secret can be read because their folder is not there: what it is called. */
  readonly missingFolder?: string;
}

export interface ReferenceResolver {
  /** Reads all of them anew: a rotated secret is seen by the next pass. */
  read(names: {
    readonly env: ReadonlySet<string>;
    readonly secrets: ReadonlySet<string>;
  }): Promise<ReferenceValues>;
}

/** Texts under keys, kept over restarts. A save is atomic and durable when it resolves. Rejects with `StateError`. */
export interface StateStore {
  /** By key: that of a scope, or one that begins with another word, as in `health.zone-0123…`. */
  load(): Promise<ReadonlyMap<string, string>>;
  save(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
  /** Keyed with a random key of this installation, which is not part of the ledger. */
  fingerprint(): Promise<Fingerprint>;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. For people and schedules, never for measuring. */
  now(): number;
  /** Milliseconds that only ever grow. */
  monotonic(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** Whether this replica may write now; asked right before each write. */
export type MayWrite = () => boolean;

export type Emit = (event: ReconcileEvent) => void;
