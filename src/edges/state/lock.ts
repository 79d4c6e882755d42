import { readFileSync } from 'node:fs';
import { readFile, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { StateError } from '../../reconcile/errors.ts';
import { codeOf, createFile } from './durable-file.ts';

/**
 * Keeps a second process away from a folder, by a file that says who is in it.
 *
 * A process that was killed leaves its file behind, so the file alone proves nothing:
 * - on this host, the holder must still run, and be the very process, not one that got its number since;
 * - on another host (or in another container), it must have renewed the file in the last 20 s.
 * Otherwise the lock is taken over.
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

const LOCK_FILE = '.lock';
const RENEW_MS = 5_000;
const SILENT_MS = 20_000;
const ATTEMPTS = 10;

/** Locks of this very process: its own number in a file is only a live lock when it is in here. */
const heldHere = new Set<string>();

/** @throws StateError when another process is in there; Node's error when the file cannot be written. */
export async function takeLock(folder: string): Promise<Lock> {
  const file = join(await realpath(folder), LOCK_FILE);
  const mine: Holder = {
    pid: process.pid,
    host: hostname(),
    start: startOf(process.pid),
    since: new Date().toISOString(),
    token: randomBytes(8).toString('hex'),
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await createFile(file, `${JSON.stringify(mine)}\n`)) return hold(file, mine);
    const holder = await holderOf(file);
    if (holder === null) continue;
    if (await isAlive(holder, file)) throw inUse(folder, holder);
    await moveAway(file, holder);
  }
  throw new StateError(`${folder} could not be locked: other processes keep taking it. Start one at a time.`);
}

function hold(file: string, mine: Holder): Lock {
  heldHere.add(mine.token);
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
      if ((await holderOf(file))?.token === mine.token)
        await rm(file, { force: true }).catch(() => undefined);
    },
  };
}

/** Null when there is none any more. A file that says nothing sensible is held by nobody. */
async function holderOf(file: string): Promise<Holder | null> {
  try {
    const text = await readFile(file, 'utf8');
    return holderFrom(text);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

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

/**
 * Two processes may find the same dead holder. The slower of them would move away the lock of the faster, so
 * what was moved is looked at again, and put back.
 */
async function moveAway(file: string, dead: Holder): Promise<void> {
  const aside = `${file}-${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readFile(aside, 'utf8');
  if (holderFrom(moved).token !== dead.token) await createFile(file, moved);
  await rm(aside, { force: true });
}

function inUse(folder: string, { pid, host, since }: Holder): StateError {
  const where = host === hostname() ? '' : ` on ${host}`;
  return new StateError(
    `The state in ${folder} is in use by process ${pid}${where}, since ${since}. ` +
      'Stop that process first, or ask it for a pass with POST /api/v1/reconcile.',
  );
}
