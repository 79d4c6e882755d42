import { spawn } from 'node:child_process';
import { codeOf } from '../../core/unreadable.ts';
import { boundedText } from './bounded-text.ts';
import { ReadFailure } from './read-failure.ts';
import type { ReadFile } from './reader.ts';
import type { CommandSpec } from './reader-spec.ts';

/** Credentials of our own, which no reader needs. */
const OWN_VARIABLE = /^(CLOUDFLARE_|LOGPUSHD_)/i;

/** Runs a program of the settings that prints the file: no shell, no input, and nothing of what it complains of is kept. */
export const readFromCommand: ReadFile<CommandSpec> = async (spec, file, { signal, environment }) => {
  const [program = '', ...args] = spec.command.map((part) => filled(part, file));
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !OWN_VARIABLE.test(name)));
  const limit = AbortSignal.timeout(spec.timeoutMs);
  const child = spawn(program, args, {
    env,
    shell: false,
    stdio: ['ignore', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, limit]),
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => undefined);
  try {
    const text = await boundedText(child.stdout);
    if (text === null) return null;
    const code = await ended;
    if (code === 0) return text.trim() === '' ? undefined : text;
    throw new ReadFailure(
      `the command of the reader ended with ${code === null ? 'a signal' : `exit code ${code}`}; run it by hand to see why`,
    );
  } catch (error) {
    if (error instanceof ReadFailure || signal.aborted) throw error;
    if (limit.aborted) {
      throw new ReadFailure(
        `the command of the reader took longer than ${spec.timeoutMs / 1000} s and was ended; timeout_seconds allows more`,
      );
    }
    throw new ReadFailure(`the command of the reader cannot be run (${codeOf(error)})`);
  } finally {
    child.kill('SIGKILL');
  }
};

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
