import type { createManifestParser, ParseResult } from '../../core/manifest/parser.ts';
import { type Manifest, placeIn, withoutProofs } from '../../core/manifest/manifest.ts';
import type { FieldLock } from '../../core/manifest/field-lock.ts';
import { withLockedFields } from '../../core/manifest/field-names.ts';
import {
  jobCount,
  needsAccounts,
  needsZones,
  referencesOf,
  type Resolved,
  type Unresolved,
} from '../../core/manifest/resolve.ts';
import { resolvedIn } from '../../core/manifest/resolution.ts';
import type { DesiredScope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Plan } from '../../core/plan/change.ts';
import type { Fingerprint } from '../../core/plan/ledger-entry.ts';
import { type NewFields, newFieldsOf } from '../../core/plan/new-fields.ts';
import type { Problem } from '../../core/problem.ts';
import { Secret } from '../../core/secret.ts';
import type { FieldCatalogue } from './catalogue.ts';
import type { Directory } from './directory.ts';
import type { FieldCheckPorts } from './field-check.ts';
import { chooseFields, type Completed, type Settled } from './field-choice.ts';
import { type FieldLists, listFieldsOf } from './field-lists.ts';
import type { CallOptions, Clock, Emit, ManifestSource, ManifestText, ReferenceResolver } from '../ports.ts';

/** What the manifest in force says about the scopes that exist now. */
export interface Desired {
  readonly revision: string;
  readonly scopes: ReadonlyMap<ScopeKey, DesiredScope>;
  readonly unresolved: readonly Unresolved[];
  readonly problems: readonly Problem[];
  /** How many it wants, also those that are blocked, and those of scopes that are unresolved. */
  readonly jobs: number;
  /** Where a part of the job that stands at a place is written. */
  readonly placeOf: FieldCheckPorts['placeOf'];
  readonly lock: FieldLock | undefined;
}

export interface ManifestState {
  readonly revision: string;
  readonly files: number;
  readonly manifest: Manifest | null;
  readonly problems: readonly Problem[];
}

/** What a manifest cannot be resolved without. It is asked for in every pass, so it is looked for once. */
interface Needs {
  readonly references: ReturnType<typeof referencesOf>;
  readonly zones: boolean;
  readonly accounts: boolean;
}

interface Accepted extends ManifestState {
  readonly manifest: Manifest;
  readonly needs: Needs;
}

interface Ports {
  readonly source: ManifestSource;
  readonly references: ReferenceResolver;
  readonly directory: Directory;
  readonly catalogue: FieldCatalogue;
  readonly parse: ReturnType<typeof createManifestParser>;
  readonly clock: Pick<Clock, 'now'>;
  readonly emit: Emit;
}

/**
 * Keeps the manifest that is in force: the last one that was accepted whole. A revision with an error changes
 * nothing, and its problems are told once, not on every pass.
 */
export class ManifestInForce {
  readonly #ports: Ports;
  #accepted: Accepted | null = null;
  #lastSeen: string | null = null;
  #lastResult: ManifestState | null = null;
  /** What was last told of the accepted one beyond its text. */
  #toldWarnings = '[]';

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  get accepted(): Accepted | null {
    return this.#accepted;
  }

  /**
   * Reads the manifest anew. The answer is about what was read, accepted or not; equal text is not parsed
   * again. @throws SourceError when it cannot be read.
   */
  async refresh(signal: AbortSignal): Promise<ManifestState> {
    const { files, revision } = await this.#read(signal);
    if (this.#lastResult && revision === this.#lastSeen) return this.#lastResult;
    const state = { revision, files: files.length, ...this.#ports.parse(files) };
    this.#lastSeen = revision;
    this.#lastResult = state;
    this.#settle(state);
    return state;
  }

  async #read(signal: AbortSignal): Promise<ManifestText> {
    try {
      return await this.#ports.source.read(signal);
    } catch (error) {
      // Once it can be read again that is news, also when it says what it said before.
      this.#lastSeen = null;
      throw error;
    }
  }

  #settle(state: ManifestState & ParseResult): void {
    const { revision, manifest, problems, files } = state;
    if (manifest === null) {
      this.#ports.emit({ type: 'manifest.rejected', revision, problems });
      return;
    }
    this.#accepted = { revision, files, manifest, problems, needs: needsOf(manifest) };
    this.#ports.emit({
      type: 'manifest.accepted',
      revision,
      files,
      jobs: jobCount(manifest),
      scopes: manifest.scopes.length,
      warnings: problems,
    });
  }

  /**
   * Names to ids, selectors to zones, references to values, for the manifest in force. Null when there is none.
   * Fields named by `all`, `default` or `all_except` stay so where no lock tells them, see {@link withFieldNames}.
   * `unproven` leaves out the proofs of ownership that the manifest gives.
   *
   * @throws ReconcileError when the zones or accounts that it needs cannot be listed.
   */
  async resolve({
    unproven = false,
    ...options
  }: CallOptions & { readonly unproven?: boolean }): Promise<Desired | null> {
    if (this.#accepted === null) return null;
    const { needs, revision, problems } = this.#accepted;
    const manifest = unproven ? withoutProofs(this.#accepted.manifest) : this.#accepted.manifest;
    const { lock } = manifest;
    const values = await this.#ports.references.read(needs.references);
    const {
      scopes,
      unresolved,
      jobs,
      problems: found,
    } = await this.#resolveNames(manifest, needs, values, options);
    this.#tellWarnings(revision, found);
    return {
      revision,
      scopes: new Map(scopes.map((desired) => [scopeKey(desired.scope), locked(desired, lock)])),
      unresolved,
      problems: [...problems, ...found],
      jobs,
      placeOf: (job, path) => placeIn(manifest, job, path),
      lock,
    };
  }

  /** Told when they change, not by every pass. */
  #tellWarnings(revision: string, warnings: readonly Problem[]): void {
    const told = JSON.stringify(warnings);
    if (told === this.#toldWarnings) return;
    this.#toldWarnings = told;
    this.#ports.emit({ type: 'manifest.warned', revision, warnings });
  }

  /** What Cloudflare lists for every job that does not list its fields; null when the manifest has an error. */
  async fieldLists(signal: AbortSignal): Promise<FieldLists | null> {
    const { manifest } = await this.refresh(signal);
    const options = { signal, priority: 'change' } as const;
    const desired = await this.resolve(options);
    if (manifest === null || desired === null) return null;
    const found = await listFieldsOf(manifest, desired.scopes.values(), this.#ports.catalogue, options);
    const unresolved = desired.unresolved.map(({ name, reason }) => `${name}: ${reason}`);
    return { ...found, failures: [...found.failures, ...unresolved] };
  }

  /** Fields that Cloudflare lists by now and that jobs could have, each told once in the life of the process. */
  newFieldsIn(plans: readonly Plan[]): readonly NewFields[] {
    return this.#ports.catalogue.untold(newFieldsOf(plans));
  }

  /** What names of fields are checked with, for a manifest that may not be the one in force any more. */
  checking({ placeOf, lock }: Pick<Desired, 'placeOf' | 'lock'>): FieldCheckPorts {
    return { catalogue: this.#ports.catalogue, placeOf, lock };
  }

  async #resolveNames(
    manifest: Manifest,
    needs: Needs,
    values: Awaited<ReturnType<ReferenceResolver['read']>>,
    options: CallOptions,
  ): Promise<Resolved> {
    const world = async () => ({
      now: this.#ports.clock.now(),
      zones: needs.zones ? await this.#ports.directory.zones(options) : [],
      accounts: needs.accounts ? await this.#ports.directory.accounts(options) : [],
      values,
    });
    const resolved = resolvedIn(manifest, await world());
    if (resolved.unresolved.length === 0 || !this.#ports.directory.forget()) return resolved;
    return resolvedIn(manifest, await world());
  }

  /** See {@link chooseFields}. */
  withFieldNames(desired: DesiredScope, options: CallOptions, settled?: Settled): Promise<Completed> {
    return chooseFields(desired, this.#ports.catalogue, options, settled);
  }
}

function needsOf(manifest: Manifest): Needs {
  return {
    references: referencesOf(manifest),
    zones: needsZones(manifest),
    accounts: needsAccounts(manifest),
  };
}

function locked(desired: DesiredScope, lock: FieldLock | undefined): DesiredScope {
  return lock === undefined ? desired : withLockedFields(desired, lock);
}

/** Changes exactly when the manifest wants something else in this scope, wherever in the files that stands. */
export function digestOf(desired: DesiredScope, fingerprint: Fingerprint): string {
  const known = digests.get(desired);
  if (known?.fingerprint === fingerprint) return known.digest;
  const digest = newDigestOf(desired, fingerprint);
  digests.set(desired, { fingerprint, digest });
  return digest;
}

/** Every edit of one scope asks for the digests of all. */
const digests = new WeakMap<DesiredScope, { readonly fingerprint: Fingerprint; readonly digest: string }>();

function newDigestOf(
  { scope, jobs, blocked, mode, prune, transformers }: DesiredScope,
  fingerprint: Fingerprint,
): string {
  const text = JSON.stringify(
    { scope, jobs, blocked, mode, prune, transformers },
    function (this: Record<string, unknown>, key, value: unknown) {
      if (key === 'origin') return undefined;
      // `value` has been through Secret.toJSON already, which hides what we compare.
      const raw = this[key];
      return raw instanceof Secret ? fingerprint(raw.reveal()) : value;
    },
  );
  return fingerprint(text);
}
