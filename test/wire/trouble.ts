/**
 * Loaded into a process before logpushd. On SIGUSR2 it makes the trouble that the environment names, as a bug or a
 * machine at its limits would.
 */

import { existsSync, writeSync } from 'node:fs';

const { WIRE_TROUBLE: kind = '', WIRE_BLOCK_UNTIL: until = '' } = process.env;

/** What a library's error may carry along. */
class ForeignError extends Error {
  readonly config = { headers: { Authorization: `Bearer ${process.env['CLOUDFLARE_API_TOKEN'] ?? ''}` } };
}

const TROUBLES: Readonly<Record<string, () => void>> = {
  'a busy event loop': () => {
    writeSync(2, 'BLOCKED\n');
    while (!existsSync(until));
  },
  'a full heap': () => {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, at) => `${kept.length} ${at}`));
  },
  'an exception': () => {
    throw new ForeignError('thrown by nobody who catches');
  },
  'a rejection': () => void Promise.reject(new ForeignError('rejected with nobody to tell')),
};

process.on('SIGUSR2', () => setImmediate(TROUBLES[kind] ?? (() => undefined)));
