import { styleText } from 'node:util';

import { PARTS } from './cli/parts.ts';
import { runCli } from './cli/program.ts';
import type { Shell } from './cli/shell.ts';
import { packageVersion } from './schemas.ts';
import { environment } from './settings.ts';
import { listenToSignals } from './signals.ts';

const BUG = 70;
/** Some of what was asked for was not done. */
const INTERRUPTED = 1;

/** Runs a command and ends the process with its exit code. The only place that does. */
export async function main(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', surviveClosedPipe);
  process.on('uncaughtException', (error) => {
    reportBug(error);
    process.exit(BUG);
  });
  // Node would open its debugger, which shows every secret to whoever connects to the port.
  process.on('SIGUSR1', () => undefined);
  const exitCode = await runCli(argv, shell()).catch((error: unknown) => {
    reportBug(error);
    return BUG;
  });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exitCode);
}

function shell(): Shell {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colors: styleText('bold', 'x', { stream: process.stdout }) !== 'x',
    logToTerminal: process.stderr.isTTY,
    logColors: styleText('bold', 'x', { stream: process.stderr }) !== 'x',
    environment: environment(),
    cwd: process.cwd(),
    now: () => new Date(),
    interrupted: interruption(),
    parts: PARTS,
  };
}

/**
 * Signals for commands that run once: the first asks for an end after the write in flight, the second does not
 * wait. The daemon listens by itself.
 */
function interruption(): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const own = new AbortController();
      const signals = listenToSignals();
      void signals.stop.then(() => own.abort());
      void signals.stopNow.then(() => process.exit(INTERRUPTED));
      controller = own;
    }
    return controller.signal;
  };
}

/** `logpushd export | head` closes the pipe early. What is being done goes on; nobody reads the rest. */
function surviveClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

/** Only name, message and stack: the properties of a foreign error may hold a request with its token. */
function reportBug(error: unknown): void {
  const text =
    error instanceof Error ? (error.stack ?? error.message) : 'something that is not an error was thrown';
  process.stderr.write(
    `This is a bug in logpushd ${packageVersion()} (Node ${process.version}). Please report it with what follows.\n${text}\n`,
  );
}

if (import.meta.main) await main(process.argv.slice(2));
