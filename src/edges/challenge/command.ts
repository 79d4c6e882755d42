import { spawn } from 'node:child_process';
import { codeOf } from '../../core/unreadable.ts';
import { boundedText } from './bounded-text.ts';
import { untilAborted } from './bounded-time.ts';
import { ReadFailure } from './read-failure.ts';
import type { ReadFile } from './reader.ts';
import type { CommandSpec } from './reader-spec.ts';

/** Credentials of our own, which no reader needs. */
const OWN_VARIABLE = /^(CLOUDFLARE_|LOGPUSHD_)/i;

/**
 * Runs a program of the settings that prints the file: no shell, no input, and nothing of what it complains of is kept. When it takes
 * too long, all that it has started ends with it.
 */
export const readFromCommand: ReadFile<CommandSpec> = async (spec, file, { signal, environment }) => {
  const [program = '', ...args] = spec.command.map((part) => filled(part, file));
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !OWN_VARIABLE.test(name)));
  // A group of its own, so that what it starts can be ended too.
  const child = spawn(program, args, {
    env,
    shell: false,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  closed.catch(() => undefined);
  let isOver = false;
  try {
    const text = await untilAborted(boundedText(child.stdout), signal);
    if (text === null) return null;
    const code = await untilAborted(closed, signal);
    isOver = true;
    if (code === 0) return text;
    throw new ReadFailure(
      `the command of the reader ended with ${code === null ? 'a signal' : `exit code ${code}`}; run it by hand to see why`,
    );
  } catch (error) {
    if (error instanceof ReadFailure || signal.aborted) throw error;
    throw new ReadFailure(`the command of the reader cannot be run (${codeOf(error)})`);
  } finally {
    if (!isOver) endGroup(child.pid);
    child.stdout.destroy();
  }
};

function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It is gone already, or of another user.
  }
}

/** What is filled in must not become an option of the program. */
function filled(
  part: string,
  { bucket, filename }: { readonly bucket: string; readonly filename: string },
): string {
  const text = part.replaceAll(/\{(bucket|filename)\}/g, (_, name) =>
    name === 'bucket' ? bucket : filename,
  );
  if (text.startsWith('-') && !part.startsWith('-')) {
    throw new ReadFailure('bucket or file begin with "-", which the command would take for an option');
  }
  return text;
}
