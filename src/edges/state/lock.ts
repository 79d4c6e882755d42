import { readFileSync } from 'node:fs';
import { readdir, readFile, realpath, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { StateError } from '../../reconcile/errors.ts';
import { codeOf, createFile } from '../../durable-file.ts';

/**
 * Keeps a second process away from a folder, by a file that says who is in it.
 *
 * A process that was killed leaves its file behind, so the file alone proves nothing:
 * - on this host, the holder must still run, and be the very process, not one that got its number since;
 * - on another host (or in another container), it must have renewed the file in the last 20 s.
 * Otherwise the lock is taken over, by a file with the next number: of many that find the same dead holder,
 * only one can make it, and nobody has to remove a file that might by now be another's.
 */
export interface Lock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's own terms; empty where it cannot be told. */
  readonly start: string;
  /** For people. */
  readonly since: string;
  readonly token: string;
}

interface Found {
  readonly number: number;
  readonly file: string;
  readonly holder: Holder;
}

const LOCK_FILE = /^\.lock-(?<number>\d{1,15})$/u;
const RENEW_MS = 5_000;
const SILENT_MS = 20_000;
const ATTEMPTS = 10;

/** Locks of this very process: its own number in a file is only a live lock when it is in here. */
const heldHere = new Set<string>();

/** @throws StateError when another process is in there; Node's error when the file cannot be written. */
export async function takeLock(folder: string): Promise<Lock> {
  const root = await realpath(folder);
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    start: startOf(process.pid),
    since: new Date().toISOString(),
    token: randomBytes(8).toString('hex'),
  };
  heldHere.add(mine.token);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const file = await tryTake(root, mine, folder);
      if (file !== null) return hold(file, mine);
    }
    throw new StateError(
      `${folder} could not be locked: other processes keep taking it. Start one at a time.`,
    );
  } catch (error) {
    heldHere.delete(mine.token);
    throw error;
  }
}

/** Null when somebody was faster; it is looked at again who that was. */
async function tryTake(root: string, mine: Holder, folder: string): Promise<string | null> {
  const found = await locksIn(root);
  const before = await firstAlive(found, mine);
  if (before) throw inUse(folder, before);
  const number = Math.max(0, ...found.map((one) => one.number)) + 1;
  const file = join(root, `.lock-${number}`);
  if (!(await createFile(file, `${JSON.stringify(mine)}\n`))) return null;
  // Whoever looked before a release may have counted on from there: two different numbers are in use.
  const others = await locksIn(root);
  if (await firstAlive(others, mine)) {
    await rm(file, { force: true });
    return null;
  }
  const dead = others.filter((one) => one.holder.token !== mine.token);
  await Promise.all(dead.map((one) => rm(one.file, { force: true })));
  return file;
}

function hold(file: string, mine: Holder): Lock {
  const renewal = setInterval(() => {
    const now = new Date();
    // A folder that cannot be written now is the next save's to report.
    utimes(file, now, now).catch(() => undefined);
  }, RENEW_MS);
  renewal.unref();
  return {
    async release() {
      if (!heldHere.delete(mine.token)) return;
      clearInterval(renewal);
      await rm(file, { force: true }).catch(() => undefined);
    },
  };
}

async function locksIn(root: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const name of await readdir(root)) {
    const number = Number(LOCK_FILE.exec(name)?.groups?.['number'] ?? Number.NaN);
    const file = join(root, name);
    const text = Number.isNaN(number) ? null : await readIfThere(file);
    if (text !== null) found.push({ number, file, holder: holderFrom(text) });
  }
  return found;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

async function firstAlive(found: readonly Found[], mine: Holder): Promise<Holder | null> {
  for (const { holder, file } of found) {
    if (holder.token !== mine.token && (await isAlive(holder, file))) return holder;
  }
  return null;
}

/** A file that says nothing sensible is held by nobody. */
function holderFrom(text: string): Holder {
  const nobody: Holder = { pid: 0, host: hostname(), start: '', since: '', token: '' };
  try {
    const value: unknown = JSON.parse(text);
    return isHolder(value) ? value : nobody;
  } catch {
    return nobody;
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, host, start, since, token } = value as Partial<Record<keyof Holder, unknown>>;
  return Number.isSafeInteger(pid) && [host, start, since, token].every((text) => typeof text === 'string');
}

async function isAlive(holder: Holder, file: string): Promise<boolean> {
  if (holder.pid <= 0) return false;
  if (holder.host !== hostname()) return Math.abs(Date.now() - (await renewedAt(file))) < SILENT_MS;
  // In a container every start has the same number.
  if (holder.pid === process.pid) return heldHere.has(holder.token);
  return isRunning(holder.pid) && startOf(holder.pid) === holder.start;
}

async function renewedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Field 22 of /proc/PID/stat, in clock ticks since boot, counted after the name, which may hold anything. A
 * process that has ended and that its parent has not asked about yet (Z) has no start any more.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function inUse(folder: string, { pid, host, since }: Holder): StateError {
  const where = host === hostname() ? '' : ` on ${host}`;
  return new StateError(
    `The state in ${folder} is in use by process ${pid}${where}, since ${since}. ` +
      'Stop that process first. Where it is the daemon, leave the writing to it: "logpushd approve DIGEST" has it let ' +
      'through what it holds back, and POST /api/v1/reconcile has it look again.',
  );
}
