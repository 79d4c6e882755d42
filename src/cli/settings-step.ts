import { cleanText } from '../core/render/foreign-text.ts';
import { plural } from '../core/render/summary.ts';
import { loadSettings, type Settings } from '../settings.ts';
import type { ProgramOptions } from '../program.ts';
import type { CredentialUse } from '../settings/credentials.ts';
import { type Finding, renderFindings } from '../settings/finding.ts';
import type { ReconcileError } from '../reconcile/errors.ts';
import type { EventType } from '../reconcile/event/events.ts';
import { type CommonFlags, settingFlags } from './options.ts';
import type { Log } from './parts.ts';
import type { Shell } from './shell.ts';

export interface Loaded {
  readonly settings: Settings;
  readonly warnings: readonly Finding[];
  /** Keys that somebody set, by file, variable or flag. */
  readonly given: ReadonlySet<string>;
}

/** The settings for a command, or null after every finding about them was shown: the command ends with 3. */
export function settingsFor(
  flags: CommonFlags,
  shell: Shell,
  credentials: CredentialUse,
  daemon: { readonly servesHttp: true; readonly typed: { readonly [path: string]: string } } | null = null,
): Loaded | null {
  const { settings, findings, given } = loadSettings({
    ...(flags.settings !== undefined && { file: flags.settings }),
    flags: { ...daemon?.typed, ...settingFlags(flags) },
    environment: shell.environment,
    cwd: shell.cwd,
    credentials,
    servesHttp: daemon?.servesHttp ?? false,
    logToTerminal: shell.logToTerminal,
  });
  if (settings === null) {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    shell.err(`${renderFindings(findings)}\n${plural(errors, 'error')} in the settings. Nothing was done.\n`);
    return null;
  }
  return { settings, warnings: findings, given };
}

/** What a command that runs once says while it runs. */
type Said = Log & Pick<ProgramOptions, 'onPause' | 'onRetry'>;

/** What the command itself says on standard error. */
const SAID_BY_THE_COMMAND: ReadonlySet<EventType> = new Set(['pass.failed', 'ledger.failed']);

/**
 * The log of a command that runs once. Its result already says everything, so unless a level was asked for, a
 * terminal gets no log, and a file or pipe only what a person must act on, and is not told anyway.
 */
export async function logOf(loaded: Loaded, flags: CommonFlags, shell: Shell): Promise<Said> {
  shell.err(renderFindings(loaded.warnings));
  const onPause = (ms: number): void =>
    shell.err(
      `note: The rate limit of this token is used up; the next call to Cloudflare waits ${Math.ceil(ms / 1000)} s. Others who use the token count too.\n`,
    );
  return { ...(await openedLog(loaded, flags, shell)), onPause, onRetry: retriesTold(shell) };
}

/** One note for each kind of trouble: many calls that are under way meet the same one. */
function retriesTold(shell: Shell): (failure: ReconcileError) => void {
  const told = new Set<string>();
  return ({ message, status, errors }) => {
    const kind = JSON.stringify([status, errors.map(({ code }) => code)]);
    if (told.has(kind)) return;
    told.add(kind);
    shell.err(`note: ${cleanText(message)} It is tried again.\n`);
  };
}

async function openedLog({ settings, given }: Loaded, flags: CommonFlags, shell: Shell): Promise<Log> {
  const color = mayColorLog(flags, shell);
  if (given.has('log.level')) return shell.parts.openLog(settings, { color });
  if (shell.logToTerminal) return NO_LOG;
  const log = await shell.parts.openLog({ ...settings, log: { ...settings.log, level: 'error' } }, { color });
  return { ...log, emit: (event) => (SAID_BY_THE_COMMAND.has(event.type) ? undefined : log.emit(event)) };
}

const NO_LOG: Log = { emit: () => undefined, onSecret: () => undefined };

export function mayColorLog(flags: CommonFlags, shell: Shell): boolean {
  return shell.logColors && flags.color !== false;
}
