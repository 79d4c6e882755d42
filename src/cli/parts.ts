import type { moveStateTo, StateMove } from '../program.ts';
import type { TestResult } from '../daemon/alerting.ts';
import type { Program, ProgramOptions } from '../program.ts';
import type { DaemonAnswer, DaemonQuestion } from './daemon-client.ts';
import type { Secret } from '../core/secret.ts';
import type { Logger } from '../edges/log/logger.ts';
import type { Emit } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';
import type { Finding } from '../settings/finding.ts';

interface SandboxChoice {
  readonly host: string;
  readonly port: number;
  readonly zones: readonly string[];
  /** Absent: any token is accepted. */
  readonly token?: string;
  /** Folder that ownership challenges are written to. Absent: nowhere. */
  readonly challengeDir?: string;
  /** Told one line for each request. */
  readonly log: (line: string) => void;
}

/** The log on standard error. */
export interface Log {
  readonly emit: Emit;
  /** From now on the secret is taken out of every line. */
  readonly onSecret: (secret: Secret) => void;
}

/** The rest of the program, as commands see it. */
export interface Parts {
  openProgram(settings: Settings, options: ProgramOptions): Promise<Program>;
  openLog(settings: Settings, options: { readonly color: boolean }): Promise<Log>;
  /** Runs until a signal ends it; resolves to the exit code. */
  runDaemon(
    settings: Settings,
    options: { readonly sandbox: boolean; readonly color: boolean; readonly warnings: readonly Finding[] },
  ): Promise<number>;
  askDaemon(question: DaemonQuestion): Promise<DaemonAnswer>;
  /** Sends messages that say they are tests. */
  testReceivers(
    settings: Settings,
    receivers: Settings['alerts'],
    options: { readonly now: () => number; readonly signal: AbortSignal },
  ): Promise<readonly TestResult[]>;
  moveState(settings: Settings, places: Parameters<typeof moveStateTo>[1]): Promise<StateMove>;
  startSandbox(choice: SandboxChoice): Promise<{ readonly url: string; close(): Promise<void> }>;
}

/** The real ones. Each is loaded when a command asks for it, so that `version` and `--help` answer at once. */
export const PARTS: Parts = {
  openProgram: async (settings, options) => {
    const { openProgram } = await import('../program.ts');
    return openProgram(settings, options);
  },
  openLog: async (settings, { color }) => {
    const { logEvents } = await import('../edges/log/event-log.ts');
    const logger = await openLogger(settings, color);
    return { emit: logEvents(logger), onSecret: (secret) => logger.registerSecret(secret) };
  },
  runDaemon: async (settings, { sandbox, color, warnings }) => {
    const { runDaemon } = await import('../daemon.ts');
    const logger = await openLogger(settings, color);
    for (const warning of warnings) logWarning(logger, warning);
    return runDaemon(settings, { sandbox, logger });
  },
  askDaemon: async (question) => {
    const { askDaemon } = await import('./daemon-client.ts');
    return askDaemon(question);
  },
  testReceivers: async (settings, receivers, options) => {
    const { testReceivers } = await import('../daemon/alerting.ts');
    const { Scrubber } = await import('../edges/log/scrubber.ts');
    const scrubber = new Scrubber();
    const discretion = {
      onSecret: (secret: Secret) => scrubber.add(secret),
      scrub: (text: string) => scrubber.scrub(text),
    };
    return testReceivers(settings, receivers, discretion, options);
  },
  moveState: async (settings, places) => {
    const { moveStateTo } = await import('../program.ts');
    return moveStateTo(settings, places);
  },
  startSandbox: async (choice) => {
    const { startSandbox } = await import('../sandbox/server.ts');
    return startSandbox(choice);
  },
};

async function openLogger(
  { log, credentials, httpToken, ingestToken }: Settings,
  color: boolean,
): Promise<Logger> {
  const { createLogger } = await import('../edges/log/logger.ts');
  const logger = createLogger({ level: log.level, format: log.format, color });
  if (credentials?.kind === 'token') logger.registerSecret(credentials.token);
  if (credentials?.kind === 'global-key') logger.registerSecret(credentials.key);
  for (const token of [httpToken, ingestToken]) if (token !== null) logger.registerSecret(token);
  return logger;
}

function logWarning(logger: Logger, { place, message }: Finding): void {
  const text = `${place}: ${message}`;
  logger.log({
    level: 'warn',
    event: 'setting.ignored',
    message: 'setting ignored',
    fields: { reason: text },
    human: text,
  });
}
