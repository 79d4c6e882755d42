import type { Connection } from './core/doctor/connection.ts';
import { type DesiredScope, isNamed } from './core/job/job.ts';
import { createManifestParser } from './core/manifest/parser.ts';
import { Secret } from './core/secret.ts';
import { createChallengeReader } from './edges/challenge/readers.ts';
import { systemClock } from './edges/clock/system-clock.ts';
import { type Budget, createBudget } from './edges/cloudflare/budget.ts';
import { type ApiCall, type ClientOptions, timeoutsFrom } from './edges/cloudflare/call.ts';
import { credentialHeaders } from './edges/cloudflare/credentials.ts';
import { createLogpushApi, createLogpushReader } from './edges/cloudflare/client.ts';
import { TokenStanding } from './edges/cloudflare/token-standing.ts';
import { axiosTransport } from './edges/cloudflare/transport.ts';
import { filesSource } from './edges/source/files.ts';
import { type ManifestFiles, manifestFiles } from './edges/source/rewrite.ts';
import { referenceResolver } from './edges/source/references.ts';
import { fileState, openFileState } from './edges/state/file.ts';
import { memoryState } from './edges/state/memory.ts';
import { FieldCatalogue } from './reconcile/catalogue.ts';
import { type Desired, ManifestInForce, type ManifestState } from './reconcile/desired.ts';
import { Directory } from './reconcile/directory.ts';
import { Entrance } from './reconcile/entrance.ts';
import type { FieldLists } from './reconcile/field-lists.ts';
import { WriteSwitch } from './reconcile/invariants.ts';
import { Ledger } from './reconcile/ledger.ts';
import { proofsWith } from './reconcile/proofs.ts';
import { runPass } from './reconcile/pass.ts';
import {
  nothingLookedAt,
  type PassPorts,
  type PassRequest,
  type PassResult,
} from './reconcile/pass-terms.ts';
import type {
  ChallengeReader,
  Emit,
  LogpushApi,
  LogpushChecks,
  LogpushReader,
  ManifestSource,
  ManifestText,
  Random,
  ReferenceResolver,
  StateStore,
  TokenCheck,
} from './reconcile/ports.ts';
import { markedApi, markedReader } from './reconcile/marked-api.ts';
import { Turns } from './reconcile/turns.ts';
import { policyOf } from './plan-policy.ts';
import { loadSchema, packageVersion } from './schemas.ts';
import type { Settings } from './settings.ts';

export interface PartsOptions {
  readonly emit: Emit;
  readonly onCall?: (call: ApiCall) => void;
  /** Called with each secret that is read from a file, before it is used. */
  readonly onSecret?: (secret: Secret) => void;
  /** Cloudflare is not going to be asked about anything. */
  readonly offline?: boolean;
  /** In place of the manifest that the settings name. */
  readonly text?: ManifestText;
}

/** Everything that both a single pass and the daemon are made of. */
export interface Parts {
  readonly source: ManifestSource;
  readonly manifest: ManifestInForce;
  readonly clock: PassPorts['clock'];
  readonly random: Random;
  readonly budget: Budget;
  readonly reader: LogpushReader & LogpushChecks & TokenCheck;
  /** Null where the settings say that destinations are not proven. */
  readonly challenges: ChallengeReader | null;
  /** Called by whoever is to write; before that there is nothing that could. */
  readonly openApi: () => LogpushApi;
}

/** The parts for these settings. Nothing is read or sent yet. */
export function assemble(settings: Settings, { emit, onCall, onSecret, offline, text }: PartsOptions): Parts {
  const clock = systemClock();
  const random: Random = Math.random;
  const budget = createBudget(settings.cloudflare.quota, clock);
  const token = new TokenStanding(clock, emit);
  const options = clientOptions(settings, { clock, random, budget, token, onCall, onSecret });
  const { nameSuffix } = settings.ownership;
  const reader = markedReader(createLogpushReader(options), nameSuffix);
  const source = text === undefined ? filesSource(settings.manifest) : { read: async () => text };
  const references = referencesFor(settings, onSecret);
  const environment = settings.environment.reveal();
  const challenges =
    settings.challenge && createChallengeReader({ ...settings.challenge, references, environment, onSecret });
  const manifest = new ManifestInForce({
    source,
    references,
    directory: new Directory(reader, clock),
    catalogue: new FieldCatalogue(reader, clock),
    parse: createManifestParser(loadSchema('manifest'), { nameSuffix, offline }),
    emit,
  });
  return {
    source,
    manifest,
    clock,
    random,
    budget,
    reader,
    challenges,
    openApi: () => markedApi(createLogpushApi(options), nameSuffix),
  };
}

function referencesFor(
  { secretsDir, environment }: Settings,
  onSecret: PartsOptions['onSecret'],
): ReferenceResolver {
  const resolver = referenceResolver({ secretsDir, env: environment.reveal() });
  if (onSecret === undefined) return resolver;
  return {
    async read(names) {
      const values = await resolver.read(names);
      for (const secret of values.secrets.values()) onSecret(secret);
      return values;
    },
  };
}

function clientOptions(
  settings: Settings,
  parts: Pick<Parts, 'clock' | 'random' | 'budget'> & {
    readonly token: TokenStanding;
    readonly onCall: PartsOptions['onCall'];
    readonly onSecret: PartsOptions['onSecret'];
  },
): ClientOptions {
  const { onCall, onSecret, ...shared } = parts;
  const { environment, cloudflare, credentials } = settings;
  return {
    ...shared,
    baseUrl: cloudflare.baseUrl,
    credentials: credentials ?? NO_CREDENTIALS,
    transport: axiosTransport({ version: packageVersion(), environment: environment.reveal() }),
    timeouts: timeoutsFrom(cloudflare.timeoutMs),
    ...(onCall && { onCall }),
    ...(onSecret && { onSecret }),
  };
}

/** For commands that stay offline; a call would be refused before it is sent. */
const NO_CREDENTIALS = { kind: 'token', token: new Secret('') } as const;

/** The state for reading only: no lock is taken, so that `plan` works beside a running daemon. */
function stateToRead({ state, credentials }: Settings): StateStore {
  return state.kind === 'file' ? fileState(state.path) : memoryState(() => secretOf(credentials));
}

/** The state for writing, held by this process alone until it is closed. */
export async function openState(settings: Settings): Promise<StateStore & { close(): Promise<void> }> {
  const { state } = settings;
  if (state.kind === 'file') return openFileState(state.path);
  return { ...stateToRead(settings), close: async () => undefined };
}

async function secretOf(credentials: Settings['credentials']): Promise<string | null> {
  if (credentials === null) return null;
  try {
    const { secrets } = await credentialHeaders(credentials, 'name plans');
    return secrets.join();
  } catch {
    // Whoever sends a request says what is wrong with it.
    return null;
  }
}

export interface PassOptions {
  /** Names or ids of zones and accounts to look at; all when empty. */
  readonly zones: readonly string[];
  readonly signal: AbortSignal;
  /** Whether a person lets the refused plan, or the withheld change, of this digest through. */
  readonly approves?: (digest: string) => boolean;
}

export interface RenderOptions extends PassOptions {
  /** Without the proofs of ownership that the manifest gives: they are what is to be made. */
  readonly unproven?: boolean;
}

export interface Rendered {
  readonly revision: string;
  readonly scopes: readonly DesiredScope[];
  readonly unresolved: Desired['unresolved'];
  readonly problems: Desired['problems'];
}

/** What the commands that run once are written against. */
export interface Program {
  readonly reader: LogpushReader & LogpushChecks & TokenCheck;
  readonly challenges: Parts['challenges'];
  /** What the answers so far say by themselves. */
  connection(): Connection;
  /** The files of the manifest, as they are. */
  text(signal: AbortSignal): Promise<ManifestText>;
  /** Changes the manifest itself. */
  readonly manifestFiles: ManifestFiles;
  /** What Cloudflare lists for every job that does not list its fields; null when the manifest has an error. */
  fieldLists(signal: AbortSignal): Promise<FieldLists | null>;
  /** Parses and checks the manifest. No network. */
  check(signal: AbortSignal): Promise<ManifestState>;
  /** The final jobs after selectors, presets and references; null when the manifest has an error. */
  render(options: RenderOptions): Promise<Rendered | null>;
  pass(options: PassOptions): Promise<PassResult>;
  /** Null for a program that only reads. */
  readonly requestOwnership: LogpushApi['requestOwnership'] | null;
}

export type ProgramOptions = Pick<PartsOptions, 'emit' | 'onSecret' | 'offline' | 'text'> & {
  readonly write: boolean;
};

/** With `write: false` nothing that it is made of can write to Cloudflare. */
export function openProgram(settings: Settings, options: ProgramOptions): Program {
  const { write, emit } = options;
  let clockAheadMs: number | null = null;
  const onCall = (call: ApiCall): void => void (clockAheadMs = call.clockAheadMs ?? clockAheadMs);
  const parts = assemble(settings, { ...options, onCall });
  const { source, manifest, reader, budget } = parts;
  return {
    reader,
    challenges: parts.challenges,
    connection: () => ({ rate: budget.snapshot(), clockAheadMs }),
    text: (signal) => source.read(signal),
    manifestFiles,
    fieldLists: (signal) => manifest.fieldLists(signal),
    check: (signal) => manifest.refresh(signal),
    render: (options) => render(manifest, options),
    pass: (options) => passOnce(settings, parts, { ...options, write, emit }),
    requestOwnership: write ? (...asked) => parts.openApi().requestOwnership(...asked) : null,
  };
}

async function render(manifest: ManifestInForce, options: RenderOptions): Promise<Rendered | null> {
  const { zones, signal, unproven = false } = options;
  await manifest.refresh(signal);
  const desired = await manifest.resolve({ signal, priority: 'change', unproven });
  if (desired === null) return null;
  const { revision, unresolved, problems } = desired;
  const chosen = [...desired.scopes.values()].filter(({ scope }) => isNamed(scope, zones));
  const call = { signal, priority: 'change' } as const;
  const completed = await Promise.all(chosen.map((scope) => manifest.withFieldNames(scope, call)));
  const scopes = completed.map(({ desired: whole }) => whole);
  return { revision, scopes, unresolved, problems };
}

async function passOnce(
  settings: Settings,
  { manifest, reader, openApi, clock, challenges }: Parts,
  { zones, signal, approves, write, emit }: PassOptions & { readonly write: boolean; readonly emit: Emit },
): Promise<PassResult> {
  const { problems, revision, manifest: accepted } = await manifest.refresh(signal);
  if (accepted === null) return nothingLookedAt(revision, problems);
  const state = write
    ? await openState(settings)
    : { ...stateToRead(settings), close: async () => undefined };
  try {
    const ledger = await Ledger.open(state, clock);
    const request: PassRequest = {
      passId: clock.now().toString(36),
      triggers: ['manual'],
      priority: 'change',
      includes: (scope) => isNamed(scope, zones),
      policy: policyOf(settings),
      limits: settings.guard,
      ...(approves && { approves, consents: approves }),
      reading: signal,
      writing: new AbortController().signal,
    };
    const mayWrite = (): boolean => !signal.aborted;
    const writer = write ? openApi() : null;
    const entrance = new Entrance({ clock, fingerprint: ledger.fingerprint, emit });
    return await runPass(
      {
        manifest,
        reader,
        writer,
        ledger,
        turns: new Turns(),
        entrance,
        ...proofsWith({ clock, ledger, reader: challenges, emit }),
        clock,
        mayWrite,
        writes: new WriteSwitch(),
        emit,
      },
      request,
    );
  } finally {
    await state.close();
  }
}
