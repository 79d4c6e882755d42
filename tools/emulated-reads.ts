/** Reads of a challenge reader from an emulator, each held against what it should end with. */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../src/core/secret.ts';
import { createChallengeReader } from '../src/edges/challenge/readers.ts';
import type { ReaderSpec } from '../src/edges/challenge/reader-spec.ts';

export const LONGEST_WAIT_MS = 60_000;
/** What the file of a challenge holds. */
export const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

export interface Read {
  readonly name: string;
  readonly spec: ReaderSpec;
  /** What the secrets hold that the reader names. */
  readonly secrets: { readonly [name: string]: string };
  readonly destination: string;
  readonly file: string;
  /** Of the content, of why it could not be read, or of `not there`. */
  readonly expected: RegExp;
}

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Says of each whether it ended as it should; the exit code is 1 where one has not. */
export async function readAll(reads: readonly Read[]): Promise<void> {
  for (const one of reads) {
    const outcome = await read(one);
    const isGood = one.expected.test(outcome);
    say(`${isGood ? 'ok    ' : 'FAILED'} ${one.name}: ${outcome}`);
    if (!isGood) process.exitCode = 1;
  }
}

async function read({ spec, secrets, destination, file }: Read): Promise<string> {
  const reader = createChallengeReader({
    readers: [spec],
    environment: {},
    references: {
      read: async () => ({
        env: new Map(),
        secrets: new Map(Object.entries(secrets).map(([name, text]) => [name, new Secret(text)])),
        unreadable: new Map(),
      }),
    },
  });
  try {
    const found = await reader.read(new Secret(destination), file, AbortSignal.timeout(LONGEST_WAIT_MS));
    return found?.reveal() ?? 'not there';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Resolves to what the pattern finds in the output of an emulator that starts. */
export function started(server: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the emulator did not start')), LONGEST_WAIT_MS);
    let seen = '';
    const look = (chunk: unknown): void => {
      seen += String(chunk);
      const found = pattern.exec(seen);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[1] ?? found[0]);
    };
    server.stdout?.on('data', look);
    server.stderr?.on('data', look);
    server.on('exit', () => reject(new Error(`the emulator ended: ${seen}`)));
  });
}

/** For an emulator that does not say which port it got. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
