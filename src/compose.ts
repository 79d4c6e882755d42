import { hostname } from 'node:os';
import { createManifestParser } from './core/manifest/parser.ts';
import { Secret } from './core/secret.ts';
import { createChallengeReader } from './edges/challenge/readers.ts';
import { systemClock } from './edges/clock/system-clock.ts';
import { type Budget, createBudget } from './edges/cloudflare/budget.ts';
import type { ApiCall } from './edges/cloudflare/api-call.ts';
import { type ClientOptions, timeoutsFrom } from './edges/cloudflare/call.ts';
import { credentialHeaders } from './edges/cloudflare/credentials.ts';
import {
  createLogpushApi,
  createLogpushReader,
  createTransformerApi,
  readTransformers,
} from './edges/cloudflare/client.ts';
import { TokenStanding } from './edges/cloudflare/token-standing.ts';
import { axiosTransport } from './edges/cloudflare/transport.ts';
import { type Cluster, openCluster } from './edges/kubernetes/cluster.ts';
import { referenceResolver } from './edges/source/references.ts';
import { configMapsIn, secretsIn } from './edges/kubernetes/kept-objects.ts';
import { clusterState, type ClusterPlace, openClusterState } from './edges/state/cluster.ts';
import { fileState, openFileState } from './edges/state/file.ts';
import { type FreshKey, freshKey } from './edges/state/fingerprint.ts';
import { memoryState } from './edges/state/memory.ts';
import { type Move, moveState, refuseHalf } from './edges/state/move.ts';
import type { MovableState, OpenState } from './edges/state/open-state.ts';
import { type ReconcileError, StateError } from './reconcile/errors.ts';
import { FieldCatalogue } from './reconcile/manifest/catalogue.ts';
import { ManifestInForce } from './reconcile/manifest/desired.ts';
import { Directory } from './reconcile/manifest/directory.ts';
import type { PassPorts } from './reconcile/pass/pass-terms.ts';
import type {
  AuditReader,
  ChallengeReader,
  Emit,
  LogpushApi,
  LogpushChecks,
  LogpushReader,
  ManifestSource,
  ManifestText,
  MayWrite,
  Random,
  ReferenceResolver,
  StateStore,
  TokenCheck,
  TransformerApi,
  TransformerReader,
} from './reconcile/ports.ts';
import type { PushReader } from './reconcile/health/push-reader.ts';
import { markedApi, markedReader } from './reconcile/marked-api.ts';
import { type ManifestOrigin, manifestOrigin } from './manifest-origin.ts';
import { loadSchema, packageVersion } from './schemas.ts';
import type { Settings } from './settings.ts';
import { stateText } from './settings/state-place.ts';

export interface PartsOptions {
  readonly emit: Emit;
  readonly onCall?: (call: ApiCall) => void;
  /** Called with each secret that is read from a file, before it is used. */
  readonly onSecret?: (secret: Secret) => void;
  /** Called where calls have to wait for the rate limit, with how long. */
  readonly onPause?: (ms: number) => void;
  /** Called before a call is sent again, with why; not after a 429. */
  readonly onRetry?: (failure: ReconcileError) => void;
  /** How often a call is sent at most. */
  readonly attempts?: number;
  /** Whether this replica may write now. @default always */
  readonly mayWrite?: MayWrite;
  /** Cloudflare is not going to be asked about anything. */
  readonly offline?: boolean;
  /** In place of the manifest that the settings name. */
  readonly text?: ManifestText;
}

/** Everything that both a single pass and the daemon are made of. */
export interface Parts {
  readonly source: ManifestSource;
  readonly origin: ManifestOrigin;
  /** The cluster of the settings. Nothing is asked of it before this is called. */
  readonly cluster: () => Promise<Cluster>;
  readonly manifest: ManifestInForce;
  readonly clock: PassPorts['clock'];
  readonly random: Random;
  readonly budget: Budget;
  readonly reader: LogpushReader & LogpushChecks & TokenCheck & AuditReader & PushReader;
  readonly directory: Directory;
  /** Null where the settings say that destinations are not proven. */
  readonly challenges: ChallengeReader | null;
  /** Called by whoever is to write; before that there is nothing that could. */
  readonly openApi: () => LogpushApi;
  readonly transformers: TransformerReader;
  /** The same as {@link openApi}. */
  readonly openTransformers: () => TransformerApi;
}

/** The parts for these settings. Nothing is read or sent yet. */
export function assemble(settings: Settings, given: PartsOptions): Parts {
  const { emit, onSecret, onPause, offline, text } = given;
  const clock = systemClock();
  const random: Random = Math.random;
  const budget = createBudget(settings.cloudflare.quota, clock, onPause);
  const token = new TokenStanding(clock, emit);
  const options = clientOptions(settings, { clock, random, budget, token }, given);
  const { nameSuffix } = settings.ownership;
  const reader = markedReader(createLogpushReader(options), nameSuffix);
  const directory = new Directory(reader, clock);
  const cluster = clusterFor(settings);
  const origin = manifestOrigin(settings, cluster);
  const source = text === undefined ? origin.source : { read: async () => text };
  const references = referencesFor(settings, onSecret);
  const environment = settings.environment.reveal();
  const challenges =
    settings.challenge && createChallengeReader({ ...settings.challenge, references, environment, onSecret });
  const manifest = new ManifestInForce({
    source,
    references,
    directory,
    catalogue: new FieldCatalogue(reader, clock),
    clock,
    parse: createManifestParser(loadSchema('manifest'), { nameSuffix, offline }),
    emit,
  });
  return {
    source,
    origin,
    cluster,
    manifest,
    clock,
    random,
    budget,
    reader,
    directory,
    challenges,
    openApi: () => markedApi(createLogpushApi(options), nameSuffix),
    transformers: readTransformers(options),
    openTransformers: () => createTransformerApi(options),
  };
}

/** Opens the cluster once for all; what failed is tried again by the next who asks. */
function clusterFor({ kubernetes, environment }: Settings): () => Promise<Cluster> {
  let opened: Promise<Cluster> | null = null;
  return () => {
    opened ??= openCluster(kubernetes, { environment: environment.reveal() }).catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return opened;
  };
}

/** Reads `${env:NAME}` and `${secret:NAME}` as the settings say. */
export function referencesFor(
  { secretsDir, environment }: Pick<Settings, 'secretsDir' | 'environment'>,
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
  parts: Pick<Parts, 'clock' | 'random' | 'budget'> & { readonly token: TokenStanding },
  { emit, onCall, onSecret, onRetry, attempts, mayWrite }: PartsOptions,
): ClientOptions {
  const { environment, cloudflare, credentials } = settings;
  return {
    ...parts,
    baseUrl: cloudflare.baseUrl,
    credentials: credentials ?? NO_CREDENTIALS,
    transport: axiosTransport({ version: packageVersion(), environment: environment.reveal() }),
    timeouts: timeoutsFrom(cloudflare.timeoutMs),
    ...(onCall && { onCall }),
    ...(onSecret && { onSecret }),
    ...(mayWrite && { mayWrite: () => mayWrite() || fenced(emit) }),
    ...(onRetry && { onRetry }),
    ...(attempts !== undefined && { retry: { maxAttempts: attempts } }),
  };
}

function fenced(emit: Emit): false {
  emit({ type: 'write.fenced' });
  return false;
}

/** For commands that stay offline; a call would be refused before it is sent. */
const NO_CREDENTIALS = { kind: 'token', token: new Secret('') } as const;

/**
 * The state for reading only: nothing is locked or taken over, so that `plan` works beside a running daemon.
 * @throws StateError
 */
export async function stateToRead(settings: StateSettings): Promise<StateStore> {
  const state = await openToRead(settings);
  if (settings.state.kind !== 'memory') refuseHalf(await state.load(), stateText(settings.state));
  return state;
}

/** The state for writing, held by this process alone until it is closed, or lost. @throws StateError */
export async function openState(settings: StateSettings): Promise<OpenState> {
  const { state: place } = settings;
  if (place.kind === 'memory') return { ...(await openToRead(settings)), close: async () => undefined };
  const state = await openMovable(settings, place);
  try {
    refuseHalf(await state.load(), stateText(place));
    return state;
  } catch (error) {
    await state.close();
    throw error;
  }
}

async function openToRead(settings: StateSettings): Promise<StateStore> {
  const { state, credentials } = settings;
  if (state.kind === 'file') return fileState(state.path, freshKeyOf(credentials));
  if (state.kind === 'kubernetes') return clusterState(await clusterPlace(settings, state.name));
  return memoryState(freshKeyOf(credentials));
}

type StateSettings = Pick<Settings, 'state' | 'credentials' | 'kubernetes' | 'environment'>;
type MovablePlace = Exclude<Settings['state'], { readonly kind: 'memory' }>;

async function openMovable(settings: StateSettings, place: MovablePlace): Promise<MovableState> {
  if (place.kind === 'file') return openFileState(place.path, freshKeyOf(settings.credentials));
  return openClusterState(await clusterPlace(settings, place.name), hostname());
}

async function clusterPlace(
  { kubernetes, environment, credentials }: Omit<StateSettings, 'state'>,
  name: string,
): Promise<ClusterPlace> {
  const cluster = await openCluster(kubernetes, { environment: environment.reveal() });
  const fresh = freshKeyOf(credentials);
  return { name, configMaps: configMapsIn(cluster), secrets: secretsIn(cluster), fresh };
}

export interface StateMove extends Move {
  readonly from: string;
  readonly to: string;
  /** What a person types to delete what it comes from. */
  readonly deletion: string;
}

/** Takes the state from one place to another. @throws ReconcileError */
export async function moveStateTo(
  settings: StateSettings,
  { from, to }: { readonly from: MovablePlace; readonly to: MovablePlace },
): Promise<StateMove> {
  const places = { from: stateText(from), to: stateText(to) };
  const there = await (await stateToRead({ ...settings, state: from })).load();
  if (there.size === 0) throw new StateError(`There is nothing in ${places.from} to move.`);
  const opened: OpenState[] = [];
  try {
    const source = await openMovable(settings, from);
    opened.push(source);
    const target = await openMovable(settings, to);
    opened.push(target);
    const moved = await moveState(source, target, places);
    return { ...places, ...moved, deletion: deletionOf(from, settings.kubernetes.namespace) };
  } finally {
    await Promise.all(opened.map((state) => state.close()));
  }
}

function deletionOf(place: MovablePlace, namespace: string | null): string {
  if (place.kind === 'file') return `rm -r ${place.path}`;
  const where = namespace === null ? '' : ` -n ${namespace}`;
  return `kubectl${where} delete configmap,secret -l logpushd/state=${place.name}`;
}

/** So that `plan`, which keeps no key, and the `apply` after it name one plan by one digest. */
function freshKeyOf(credentials: Settings['credentials']): FreshKey {
  return freshKey(() => secretOf(credentials));
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
