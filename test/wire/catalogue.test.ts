import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HTTP_FAULTS } from './http-faults.ts';

/**
 * The rows of `reliability.md` §3 that are to run against real sockets, files and processes, and where they do: a
 * file and a part of the name of a test in it.
 */

type Place = readonly [file: string, name: string];

const EVERY_BYTE = 'wire/every-byte.test.ts';
const SPECIAL = 'wire/http-special.test.ts';
const KILL = 'wire/kill.test.ts';
const SIGNALS = 'wire/signals.test.ts';
const LIMITS = 'wire/limits.test.ts';
const FILES = 'wire/files.test.ts';
const TRANSPORT = 'edges/cloudflare/transport.test.ts';
const OUTCOMES = 'edges/cloudflare/outcomes.test.ts';
const STATE = 'edges/state/file.test.ts';
const SOURCE = 'edges/source/files.test.ts';
const SINK = 'edges/log/line-sink.test.ts';

const ROWS: Readonly<Record<string, readonly Place[]>> = {
  'F01 connection refused': [
    [TRANSPORT, 'is a request to a closed port'],
    [OUTCOMES, 'is tried five times where nothing can be sent'],
    ['e2e/daemon.test.ts', 'lives, is not ready, and says why'],
  ],
  'F02 no such host': [[TRANSPORT, 'is a request to a host name that does not exist']],
  'F03 TLS that cannot be trusted': [
    [SPECIAL, 'an unknown certificate sends nothing and says so'],
    [SPECIAL, 'any certificate is not asked where the environment switches the checks off'],
    ['edges/cloudflare/tls.test.ts', 'a certificate that has expired'],
    ['edges/cloudflare/tls.test.ts', 'a certificate for another host'],
    ['edges/cloudflare/tls.test.ts', 'meets an unknown certificate once in a call'],
    [TRANSPORT, 'resets the handshake'],
    [TRANSPORT, 'is one that the handshake never ended for'],
  ],
  'F04 F05 F06 no answer in time': [],
  'F08 a reset': [
    [EVERY_BYTE, 'after whatever byte of the request'],
    [EVERY_BYTE, 'after whatever byte of the answer'],
  ],
  'F10 a 5xx': [],
  'F11 a 429': [[SPECIAL, 'nothing at all is sent for as long as it says']],
  'F12 a refused token': [[SPECIAL, 'writes nothing, removes nothing, and heals']],
  'F12b the family of 1004': [],
  'F17 a success that says failure': [],
  'F19 an answer that is cut or has the wrong length': [[TRANSPORT, 'is one whose answer was cut']],
  'F20 HTML': [],
  'F21 an endless answer': [[TRANSPORT, 'without an end']],
  'F22 compression': [[TRANSPORT, 'a gzip bomb']],
  'F23 a redirect': [
    [SPECIAL, 'of any request takes nothing to another place'],
    [TRANSPORT, 'to itself is asked once'],
  ],
  'F37 a kept connection that is closed': [
    [SPECIAL, 'costs a create neither doubt nor a second request'],
    [TRANSPORT, 'gives each POST a fresh one'],
  ],
  'F38 SIGKILL at each request': [[KILL, 'leaves what the next one brings to the same end']],
  'F39 SIGTERM, SIGINT, SIGHUP': [
    [SIGNALS, 'while its %s is under way begins no write after it'],
    [SIGNALS, 'at any moment (seed %i)'],
    [SIGNALS, 'while its create is never answered'],
    [SIGNALS, 'while its first write is under way waits for the answer'],
    ['e2e/daemon.test.ts', 'stops clean on %s'],
    ['e2e/daemon-end.test.ts', 'ends %s on %s at once, when %s is loaded'],
    ['e2e/daemon-end.test.ts', 'does so at once when asked twice'],
    ['e2e/daemon-end.test.ts', 'survives a SIGHUP from its first moment to its last'],
  ],
  'F40 SIGSTOP': [[SIGNALS, 'that %s comes to the same end when it wakes']],
  'F43 a blocked event loop': [[SIGNALS, 'while its create is carried out and its connection is lost']],
  'F44 a full heap': [[SIGNALS, "'a full heap', { code: null, signal: 'SIGABRT' }"]],
  'F46 a disk or table that is full': [
    [LIMITS, 'is not stopped by it while it writes to Cloudflare'],
    [LIMITS, 'is on a full disk goes on'],
    [LIMITS, 'of the size of files makes no job that it cannot remember'],
    [LIMITS, 'of open files writes nothing'],
    [STATE, 'because it is full keeps the old state'],
    [STATE, 'because it is read-only can still be read'],
    [SINK, 'never stop the program (%s)'],
  ],
  'F47 a log that nobody reads': [
    [LIMITS, 'works all the same, ends when asked'],
    [SINK, 'loses the least important lines first, and is told how many'],
    [SINK, 'costs no more memory than the limit'],
    [SINK, 'is a socket that nobody reads goes on'],
  ],
  'F49 a ConfigMap swap': [
    [FILES, 'is applied as it is in the end, and never half old and half new'],
    [SOURCE, 'is never half old and half new while it is swapped'],
  ],
  'F50 a storm of swaps': [
    [FILES, 'is applied as it is in the end, and never half old and half new'],
    ['edges/trigger/watch.test.ts', 'a hundred writes in a row are one or two looks'],
  ],
  'F51 lost watch events': [
    ['edges/trigger/watch.test.ts', 'what the system does not tell is found by comparing'],
  ],
  'F54 something else in place of the file': [
    [FILES, 'anything else, or nothing, changes nothing at Cloudflare'],
    [SOURCE, 'what is truncated at any byte is read as it is, or refused'],
  ],
  // Not asked for on the real wire, but cheap there.
  'F07 a create that arrives late': [[SPECIAL, 'minutes after its connection was lost) ends as one job']],
  'F09 a create that a proxy carries out twice': [[SPECIAL, "('ends as one job'"]],
  'F45 an exception that nobody catches': [[SIGNALS, "'an exception', { code: 70"]],
  'F48 a storm of restarts': [[KILL, 'makes each job once, and asks no more of Cloudflare']],
  'F55 a file without permission': [[SOURCE, 'a file without permission']],
  'F56 a rotated credential': [[FILES, 'is never sent by half']],
};

/**
 * Every row that §3 marks **R**. Of what is to come none is: git (F57-F59), Kubernetes and its leases (F62-F73),
 * but F40 and F43 will have to show then that the write gate is closed after waking.
 */
const MARKED =
  'F01 F02 F03 F04 F05 F06 F08 F10 F11 F12 F12b F17 F19 F20 F21 F22 F23 F37 F38 F39 F40 F43 F44 F46 F47 F49 F50 F51 F54'.split(
    ' ',
  );

const idsOf = (key: string): readonly string[] => key.split(' ').filter((word) => /^F\d\d/.test(word));

describe('the catalogue of faults', () => {
  it('forgets no row that is to run on the real wire', () => {
    const known = new Set(Object.keys(ROWS).flatMap(idsOf));
    expect(MARKED.filter((id) => !known.has(id))).toEqual([]);
  });

  it.each(Object.entries(ROWS))('names tests that are there: %s', (key, places) => {
    const ids = idsOf(key);
    const inTable = HTTP_FAULTS.filter(({ row }) => idsOf(row).some((id) => ids.includes(id)));
    expect(places.length + inTable.length).toBeGreaterThan(0);
    const missing = places.filter(([file, name]) => {
      const path = join(import.meta.dirname, '..', file);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(name);
    });
    expect(missing).toEqual([]);
  });
});
