import type { Patience } from './core/health/rules.ts';
import { type Reenable, REENABLES } from './core/plan/reenable.ts';
import type { Adopt, JsonValue, Mode, Prune } from './core/job/job.ts';
import type { ChangeWindow } from './core/plan/window.ts';
import type { Secret } from './core/secret.ts';
import type { ReaderSpec } from './edges/challenge/reader-spec.ts';
import type { CredentialSource } from './edges/cloudflare/credentials.ts';
import type { ClusterSpec } from './edges/kubernetes/kube-config.ts';
import type { TraceSpec } from './edges/trace/trace-spec.ts';
import type { HeartbeatSpec, ReceiverSpec } from './edges/notify/receiver-spec.ts';
import { receiversFrom } from './settings/alert-receivers.ts';
import { readersFrom } from './settings/challenge-readers.ts';
import { patienceFrom } from './settings/health.ts';
import { brokenElection } from './settings/leader-election.ts';
import { type CredentialUse, readBearerToken, readCredentials } from './settings/credentials.ts';
import { CheckedValues } from './settings/checked-values.ts';
import { readTraces } from './settings/traces.ts';
import { readSettingsFile } from './settings/file.ts';
import type { Finding } from './settings/finding.ts';
import { HeldEnvironment } from './settings/held-environment.ts';
import { settingKey } from './settings/key.ts';
import { contradictionsIn, type Layer, layerOfTexts, merged } from './settings/layer.ts';
import { type ManifestPlace, manifestPlaceFrom } from './settings/manifest-place.ts';
import { parseListen } from './settings/rules.ts';
import { type StatePlace, statePlace } from './settings/state-place.ts';
import { windowsFrom } from './settings/windows.ts';
import { type Environment, readVariables } from './settings/variables.ts';

/** How logpushd runs. Frozen; nothing else of the program reads a file, variable or flag for it. */
export interface Settings {
  /** Relative paths, here and below, are relative to the working directory. */
  readonly manifest: ManifestPlace;
  readonly cloudflare: {
    /** Without a slash at the end. */
    readonly baseUrl: string;
    readonly timeoutMs: number;
    readonly quota: { readonly requests: number; readonly windowSeconds: number; readonly share: number };
  };
  readonly schedule: string;
  readonly timezone: string;
  readonly mode: Mode;
  readonly prune: Prune;
  readonly adopt: Adopt;
  readonly driftGraceMs: number;
  readonly windows: readonly ChangeWindow[];
  readonly ownership: {
    /** Empty: jobs are owned by the ledger alone. */
    readonly nameSuffix: string;
  };
  readonly guard: {
    readonly maxRemovals: number;
    readonly maxRemovalShare: number;
    readonly allowGap: boolean;
    readonly removeSurplus: boolean;
    readonly overlapMs: number;
    readonly checkBeforeDelete: boolean;
    readonly allowedDestinations: readonly string[];
  };
  /** Null: destinations are not proven by us. */
  readonly challenge: { readonly readers: readonly ReaderSpec[] } | null;
  readonly health: {
    readonly laggingAfter: readonly Patience[];
    readonly settleMs: number;
    readonly reenable: Reenable;
    /** Null: what was pushed is not asked for. */
    readonly graphql: { readonly intervalMs: number } | null;
  };
  readonly audit: {
    /** Null: the audit log is not asked for. */
    readonly poll: { readonly intervalMs: number } | null;
    readonly overlapMs: number;
  };
  readonly secretsDir: string;
  readonly state: StatePlace;
  /** Null: off. */
  readonly http: { readonly host: string; readonly port: number } | null;
  readonly alerts: readonly ReceiverSpec[];
  /** What stands before `docs/runbook.md` in links; empty: there are none. */
  readonly runbooks: string;
  readonly heartbeat: HeartbeatSpec;
  readonly kubernetes: ClusterSpec & {
    /** Whether people are told by Events. */
    readonly events: boolean;
  };
  readonly election: {
    /** False: this process is the only one that writes, and asks nobody. */
    readonly isEnabled: boolean;
    readonly leaseName: string;
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Null where the command needs none. */
  readonly credentials: CredentialSource | null;
  /** Bearer token of `POST /api/v1/reconcile`; null: nobody may call it. */
  readonly httpToken: Secret | null;
  /** Bearer token of `POST /ingest/audit`; null: nobody may call it. */
  readonly ingestToken: Secret | null;
  /** Null: none are made. */
  readonly traces: TraceSpec | null;
  /** What `${env:NAME}` of a manifest and the proxy of the HTTP client may look at. */
  readonly environment: HeldEnvironment;
  /** The settings file that was read, as it was named; null where there was none. */
  readonly file: string | null;
}

type LogLevel = 'error' | 'warn' | 'info' | 'debug';
type LogFormat = 'json' | 'pretty';

export interface SettingsInput {
  /** What `--settings` says. */
  readonly file?: string;
  /** What was typed, by key, as in `guard.max_removals`. Beats variables, which beat the file. */
  readonly flags: { readonly [key: string]: string | readonly string[] | undefined };
  readonly environment: Environment;
  readonly cwd: string;
  readonly credentials: CredentialUse;
  /** Whether the command serves HTTP, and so needs the token of its callers; what does also makes traces. */
  readonly servesHttp?: boolean;
  /** Whether the log goes to a terminal: it is pretty there unless something says otherwise. */
  readonly logToTerminal: boolean;
}

export interface LoadedSettings {
  /** Null when there is an error among the findings. */
  readonly settings: Settings | null;
  readonly findings: readonly Finding[];
  /** Keys that file, environment or flags set. The others have their default. */
  readonly given: ReadonlySet<string>;
}

/** Where everything that a person may set comes together, and the only reader of `process.env`. */
export function environment(): Environment {
  return process.env;
}

/** Flag beats variable beats file beats default. Finds everything that is wrong, in all three, at once. */
export function loadSettings(input: SettingsInput): LoadedSettings {
  const file = readSettingsFile(input.file, input.cwd);
  const layers = [file, readVariables(input.environment), readFlags(input.flags)];
  const credentials = readCredentials(input.environment, input.cwd, input.credentials);
  const bearer = (name: string): ReturnType<typeof readBearerToken> =>
    input.servesHttp === true
      ? readBearerToken(input.environment, input.cwd, name)
      : { value: null, findings: [] };
  const httpToken = bearer('LOGPUSHD_HTTP_TOKEN');
  const ingestToken = bearer('LOGPUSHD_INGEST_TOKEN');
  const traces = input.servesHttp === true ? readTraces(input.environment) : { value: null, findings: [] };
  const values = merged(layers);
  const findings = [
    ...layers.flatMap((layer) => [...layer.findings, ...contradictionsIn(layer)]),
    ...credentials.findings,
    ...httpToken.findings,
    ...ingestToken.findings,
    ...traces.findings,
    ...brokenElection(values, placesOf(layers)),
  ];
  const given = new Set(layers.flatMap((layer) => [...layer.given.keys()]));
  if (findings.some(({ severity }) => severity === 'error')) return { settings: null, findings, given };
  const settings: Settings = {
    ...settingsOf(values, input.logToTerminal),
    file: file.file,
    credentials: credentials.value,
    httpToken: httpToken.value,
    ingestToken: ingestToken.value,
    traces: traces.value,
    environment: new HeldEnvironment(input.environment),
  };
  return { settings: freeze(settings), findings, given };
}

function readFlags(flags: SettingsInput['flags']): Layer {
  return layerOfTexts(
    Object.entries(flags).flatMap(([path, text]) => {
      const key = settingKey(path);
      return text === undefined ? [] : [{ key, text, place: key.flag ?? path }];
    }),
  );
}

function placesOf(layers: readonly Layer[]): ReadonlyMap<string, string> {
  return new Map(layers.flatMap(({ given }) => [...given].map(([path, { place }]) => [path, place])));
}

function settingsOf(
  values: ReadonlyMap<string, JsonValue>,
  logToTerminal: boolean,
): Omit<Settings, 'file' | 'credentials' | 'httpToken' | 'ingestToken' | 'traces' | 'environment'> {
  const read = new CheckedValues(values);
  return {
    manifest: manifestPlaceFrom(values),
    cloudflare: {
      baseUrl: read.text('cloudflare.base_url').replace(/\/+$/, ''),
      timeoutMs: read.number('cloudflare.timeout_ms'),
      quota: {
        requests: read.number('cloudflare.quota.requests'),
        windowSeconds: read.number('cloudflare.quota.window_seconds'),
        share: read.number('cloudflare.quota.share'),
      },
    },
    schedule: read.text('schedule'),
    timezone: read.text('timezone'),
    mode: read.word('mode', ['enforce', 'warn', 'observe']),
    prune: read.word('prune', ['owned', 'all', 'never']),
    adopt: read.word('adopt', ['always', 'if_equal', 'never']),
    driftGraceMs: read.number('drift_grace_seconds') * 1000,
    windows: windowsFrom(values.get('windows') ?? [], read.text('timezone')),
    ownership: { nameSuffix: read.text('ownership.name_suffix') },
    guard: {
      maxRemovals: read.number('guard.max_removals'),
      maxRemovalShare: read.number('guard.max_removal_share'),
      allowGap: read.flag('guard.allow_gap'),
      removeSurplus: read.flag('guard.remove_surplus'),
      overlapMs: read.number('guard.overlap_seconds') * 1000,
      checkBeforeDelete: read.flag('guard.check_before_delete'),
      allowedDestinations: read.list('guard.allowed_destinations'),
    },
    challenge:
      read.word('challenge.mode', ['auto', 'off']) === 'off'
        ? null
        : { readers: readersFrom(values.get('challenge.readers') ?? []) },
    health: {
      laggingAfter: patienceFrom(values.get('health.lagging_after') ?? []),
      settleMs: read.number('health.settle_minutes') * 60_000,
      reenable: read.word('health.reenable', REENABLES),
      graphql:
        read.word('health.graphql', ['auto', 'off']) === 'off'
          ? null
          : { intervalMs: read.number('health.graphql_interval_seconds') * 1000 },
    },
    audit: {
      poll:
        read.word('audit.mode', ['auto', 'off']) === 'off'
          ? null
          : { intervalMs: read.number('audit.interval_seconds') * 1000 },
      overlapMs: read.number('audit.overlap_seconds') * 1000,
    },
    secretsDir: read.text('secrets_dir'),
    state: statePlace(read.text('state')) ?? { kind: 'memory' },
    http: parseListen(read.text('http')),
    alerts: receiversFrom(values.get('alerts') ?? []),
    runbooks: read.text('runbooks'),
    heartbeat: {
      url: read.optional('heartbeat.url'),
      method: read.word('heartbeat.method', ['GET', 'POST']),
      timeoutMs: read.number('heartbeat.timeout_seconds') * 1000,
    },
    kubernetes: {
      namespace: read.optional('kubernetes.namespace'),
      kubeconfig: read.optional('kubernetes.kubeconfig'),
      events: read.flag('kubernetes.events'),
    },
    election: {
      isEnabled: read.flag('leader_election.enabled'),
      leaseName: read.text('leader_election.lease_name'),
      leaseDurationMs: read.number('leader_election.lease_duration_seconds') * 1000,
      renewDeadlineMs: read.number('leader_election.renew_deadline_seconds') * 1000,
      retryPeriodMs: read.number('leader_election.retry_period_seconds') * 1000,
    },
    log: {
      level: read.word('log.level', ['error', 'warn', 'info', 'debug']),
      format: values.has('log.format')
        ? read.word('log.format', ['json', 'pretty'])
        : logToTerminal
          ? 'pretty'
          : 'json',
    },
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
