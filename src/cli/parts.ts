import type { DesiredScope } from '../core/job/job.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import type { Problem } from '../core/problem.ts';
import type { PassResult } from '../reconcile/pass-terms.ts';
import type { Emit, LogpushChecks, LogpushReader } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';
import type { Finding } from '../settings/finding.ts';

/** What commands need of the program behind them. All calls reject with a `ReconcileError` or with a bug. */
export interface Program {
  readonly reader: LogpushReader & LogpushChecks;
  /** Parses and checks the manifest, without the network. */
  check(signal: AbortSignal): Promise<{
    readonly revision: string;
    readonly files: number;
    /** Null when any of the problems is an error. */
    readonly manifest: Manifest | null;
    readonly problems: readonly Problem[];
  }>;
  /** The final jobs after selectors, presets and references; null when the manifest has an error. */
  render(options: ScopeChoice): Promise<{
    readonly revision: string;
    readonly scopes: readonly DesiredScope[];
    readonly unresolved: PassResult['unresolved'];
    readonly problems: readonly Problem[];
  } | null>;
  /** One pass. A program that was opened without `write` stops after deciding, and has no client that writes. */
  pass(options: ScopeChoice): Promise<PassResult>;
}

export interface ScopeChoice {
  /** Names or ids; empty for every scope of the manifest. */
  readonly zones: readonly string[];
  readonly signal: AbortSignal;
}

export interface SandboxChoice {
  readonly host: string;
  readonly port: number;
  readonly zones: readonly string[];
  /** Absent: any token is accepted. */
  readonly token?: string;
}

/** The rest of the program, as commands see it. `main.ts` fills it in, and loads each part when it is asked for. */
export interface Parts {
  openProgram(
    settings: Settings,
    options: { readonly write: boolean; readonly emit: Emit },
  ): Promise<Program>;
  /** Writes events to the log on standard error. */
  openLog(settings: Settings, options: { readonly color: boolean }): Promise<Emit>;
  /** Runs until a signal ends it; resolves to the exit code. */
  runDaemon(
    settings: Settings,
    options: { readonly sandbox: boolean; readonly color: boolean; readonly warnings: readonly Finding[] },
  ): Promise<number>;
  startSandbox(choice: SandboxChoice): Promise<{ readonly url: string; close(): Promise<void> }>;
}
