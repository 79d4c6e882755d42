import { setImmediate as turn } from 'node:timers/promises';
import { styleText } from 'node:util';

import type { Shell } from './cli/shell.ts';
import { packageVersion } from './schemas.ts';
import { endOnSignal, listenToSignals } from './signals.ts';

const BUG = 70;
/** Some of what was asked for was not done. */
const INTERRUPTED = 1;
/** Commands that go on until they are stopped: for them a signal is a good end. */
const LASTING: readonly (string | undefined)[] = ['run', 'sandbox'];

/** Runs a command and ends the process with its exit code. The only place that does. */
export async function main(argv: readonly string[]): Promise<void> {
  endOnSignal(() => process.exit(LASTING.includes(argv[0]) ? 0 : INTERRUPTED));
  const outputs = { stdout: outcomeOf(process.stdout), stderr: outcomeOf(process.stderr) };
  process.on('uncaughtException', (error) => {
    reportBug(error);
    process.exit(BUG);
  });
  // Node would open its debugger, which shows every secret to whoever connects to the port.
  process.on('SIGUSR1', () => undefined);
  const exitCode = await run(argv).catch((error: unknown) => {
    reportBug(error);
    return BUG;
  });
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exitCode === 0 && reportCut(outputs.stdout()) ? INTERRUPTED : exitCode);
}

/** Loads the program only now, so that a signal that comes meanwhile is heard. */
async function run(argv: readonly string[]): Promise<number> {
  const { runCli } = await import('./cli/program.ts');
  const loaded = await shell();
  // A signal is told in the turn after the one in which it came.
  await turn();
  return runCli(argv, loaded);
}

async function shell(): Promise<Shell> {
  const { PARTS } = await import('./cli/parts.ts');
  const { environment } = await import('./settings.ts');
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colors: styleText('bold', 'x', { stream: process.stdout }) !== 'x',
    columns: process.stdout.isTTY ? process.stdout.columns : Infinity,
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
      // The terminal is gone, say because a connection broke: no reason to leave a write half done.
      signals.onHangUp(() => own.abort());
      void signals.stopNow.then(() => process.exit(INTERRUPTED));
      controller = own;
    }
    return controller.signal;
  };
}

/**
 * What became of what was printed: the code of the first error, or undefined. No such error may end the program,
 * least of all between two writes to Cloudflare.
 */
function outcomeOf(stream: NodeJS.WriteStream): () => string | undefined {
  let code: string | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => (code ??= error.code ?? error.name));
  return () => code;
}

/** True when a person or a script would take what was printed for the whole. `… | head` wants no more than it took. */
function reportCut(code: string | undefined): boolean {
  if (code === undefined || code === 'EPIPE') return false;
  const clause = code === 'ENOSPC' ? 'the disk is full' : code;
  process.stderr.write(
    `error: What was printed is not complete: standard output could not be written (${clause}). ` +
      'Send it to a place that takes it.\n',
  );
  return true;
}

/** Writes nothing where nothing waits: to a full disk even that would be an error. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // An error of the last write is told in a later turn.
    if (stream.destroyed || stream.writableLength === 0) setImmediate(resolve);
    else stream.write('', () => resolve());
  });
}

/** Where it happened, in one line. No message: that of a foreign error may hold a URL with its password. */
function reportBug(error: unknown): void {
  const what =
    error instanceof Error ? `${nameOf(error)} ${framesOf(error)}` : 'a thrown value that is no error';
  process.stderr.write(
    `This is a bug in logpushd ${packageVersion()} (Node ${process.version}). Please report it with this line: ${what}\n`,
  );
}

function nameOf({ name }: Error): string {
  return /^\w{1,60}$/.test(name) ? name : 'Error';
}

const MOST_FRAMES = 12;

function framesOf({ name, message, stack = '' }: Error): string {
  const head = `${name}: ${message}`;
  const lines = (stack.startsWith(head) ? stack.slice(head.length) : stack).split('\n');
  const after = lines.findLastIndex((line) => line !== '' && !/^ {4}at /.test(line));
  const frames = lines.slice(after + 1).filter((line) => line !== '');
  return frames
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim())
    .join(' ');
}

if (import.meta.main) await main(process.argv.slice(2));
