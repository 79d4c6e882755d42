import { readdir, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isScopeKey } from '../../core/job/job.ts';
import { StateError } from '../../reconcile/errors.ts';
import type { StateStore } from '../../reconcile/ports.ts';
import { codeOf, createFile, makeFolder, replaceFile, syncFolder, TEMPORARY } from '../../durable-file.ts';
import { type FreshKey, keyedFingerprint, RANDOM_KEY } from './fingerprint.ts';
import { takeLock } from './lock.ts';
import type { MovableState } from './open-state.ts';

/**
 * State in a folder: a JSON file per key, and the key of the fingerprints. Folder and files are for the owner
 * alone. A folder that is not there is an empty state; it is made with the first save.
 *
 * This store takes no lock, so that `plan` can read beside a running daemon, and who only reads leaves nothing behind. Whoever saves
 * uses {@link openFileState}.
 */
export function fileState(path: string, fresh: FreshKey = RANDOM_KEY): StateStore {
  return storeIn(new StateFolder(path, fresh));
}

function storeIn(folder: StateFolder): StateStore {
  return {
    load: () => folder.load(),
    save: (key, text) => folder.inTurn(() => folder.save(key, text)),
    remove: (key) => folder.inTurn(() => folder.remove(key)),
    fingerprint: async () => keyedFingerprint(await folder.keyToRead()),
  };
}

/**
 * The same for one process at a time. `close` lets the next one in; so does the end of the process, however
 * sudden.
 *
 * @throws StateError when another process uses the folder, or it cannot be made.
 */
export async function openFileState(path: string, fresh: FreshKey = RANDOM_KEY): Promise<MovableState> {
  const folder = new StateFolder(path, fresh);
  await folder.make();
  const lock = await takeLock(path).catch((error: unknown) => {
    throw error instanceof StateError ? error : failure(error, 'locked', path);
  });
  await folder.sweep();
  return {
    ...storeIn(folder),
    fingerprint: async () => keyedFingerprint(await folder.key()),
    key: { known: () => folder.knownKey(), keep: (key) => folder.keepKey(key) },
    close: () => lock.release(),
  };
}

const KEY_FILE = 'fingerprint.key';
const ENTRY = /^(?<key>[a-z]+\.[A-Za-z0-9_-]{1,200})\.json$/u;

class StateFolder {
  readonly #path: string;
  readonly #fresh: FreshKey;
  #key: Promise<Buffer> | null = null;
  #passing: Promise<Buffer> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, fresh: FreshKey) {
    this.#path = path;
    this.#fresh = fresh;
  }

  /** Writes go one after the other: two saves of one key end with the later one. */
  inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(write, write);
    this.#last = turn;
    return turn;
  }

  async load(): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (const name of await this.#names()) {
      const key = ENTRY.exec(name)?.groups?.['key'];
      if (key !== undefined) texts.set(key, await this.#read(key, name));
    }
    return texts;
  }

  async save(key: string, text: string): Promise<void> {
    const file = this.#fileOf(key);
    await this.make();
    // First, so that an entry without a key always means that the key was lost.
    await this.key();
    await replaceFile(file, text).catch((error: unknown) => {
      throw failure(error, 'written', file);
    });
  }

  async remove(key: string): Promise<void> {
    const file = this.#fileOf(key);
    try {
      await unlink(file);
      await syncFolder(this.#path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw failure(error, 'removed', file);
    }
  }

  async make(): Promise<void> {
    try {
      await makeFolder(this.#path);
    } catch (error) {
      throw failure(error, 'made', this.#path);
    }
  }

  /** Left-overs of a process that was killed while it saved. */
  async sweep(): Promise<void> {
    const left = (await this.#names()).filter((name) => TEMPORARY.test(name));
    await Promise.all(left.map((name) => rm(join(this.#path, name), { force: true }).catch(() => undefined)));
  }

  key(): Promise<Buffer> {
    this.#key ??= this.#readOrMakeKey().catch((error: unknown) => {
      this.#key = null;
      throw error;
    });
    return this.#key;
  }

  /** Where there is none yet nothing has been fingerprinted either: one that is not kept will do. */
  async keyToRead(): Promise<Buffer> {
    const known = await this.knownKey();
    if (known !== null) return known;
    await this.#refuseIfKeyWasLost(join(this.#path, KEY_FILE));
    return (this.#passing ??= this.#fresh());
  }

  async #readOrMakeKey(): Promise<Buffer> {
    const key = await this.keyToRead();
    const isKept = await this.#couldKeep(join(this.#path, KEY_FILE), key);
    return isKept ? ((await this.knownKey()) ?? key) : key;
  }

  /** Keeps this one, unless there is one; resolves to the one that is there then. */
  async keepKey(key: Buffer): Promise<Buffer> {
    await this.make();
    await this.#couldKeep(join(this.#path, KEY_FILE), key);
    return (await this.knownKey()) ?? key;
  }

  /** Null: there is none yet. */
  async knownKey(): Promise<Buffer | null> {
    if (!(await this.#names()).includes(KEY_FILE)) return null;
    const file = join(this.#path, KEY_FILE);
    const text = await this.#readText(file);
    if (/^[0-9a-f]{64}\n$/u.test(text)) return Buffer.from(text.trim(), 'hex');
    throw new StateError(`${file} is damaged: it must hold 64 hexadecimal digits. ${RESTORE}`);
  }

  /** A new key would make every job look as if manifest and Cloudflare had both moved. */
  async #refuseIfKeyWasLost(file: string): Promise<void> {
    const entries = [...(await this.load()).keys()].filter(isScopeKey).length;
    if (entries === 0) return;
    throw new StateError(
      `${file} is missing, although ${this.#path} remembers the jobs of ${entries} scopes. ${RESTORE}`,
    );
  }

  /** Where nothing can be kept, nothing has been fingerprinted either: a plan may go on with a passing key. */
  async #couldKeep(file: string, key: Buffer): Promise<boolean> {
    try {
      await this.make();
      await createFile(file, `${key.toString('hex')}\n`);
      return true;
    } catch (error) {
      if (error instanceof StateError || ['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error))) return false;
      throw failure(error, 'written', file);
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await readdir(this.#path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw failure(error, 'read', this.#path);
    }
  }

  /** What is not the ledger its reader judges: it may be begun anew. */
  async #read(key: string, name: string): Promise<string> {
    const file = join(this.#path, name);
    const text = await this.#readText(file);
    if (!isScopeKey(key) || isJson(text)) return text;
    throw new StateError(`${file} is damaged: it is not JSON. ${RESTORE}`);
  }

  async #readText(file: string): Promise<string> {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw failure(error, 'read', file);
    }
  }

  #fileOf(key: string): string {
    const name = `${key}.json`;
    if (!ENTRY.test(name)) throw new Error(`not a key of the state: ${JSON.stringify(key)}`);
    return join(this.#path, name);
  }
}

const RESTORE =
  'Restore the state from a backup; or delete that folder, and jobs are taken over by their names again.';

const CLAUSES: { readonly [code: string]: string } = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'there is a file in the place of the folder',
  EISDIR: 'there is a folder in the place of the file',
  EMFILE: 'this process has too many files open',
  EFBIG: 'the file would be larger than this process may write',
  EIO: 'the disk reports an error',
};

function failure(error: unknown, done: string, path: string): StateError {
  if (error instanceof StateError) return error;
  const code = codeOf(error);
  const hasNoPlace = done === 'made' && code === 'ENOENT';
  const clause = hasNoPlace ? 'no folder can be made there' : (CLAUSES[code] ?? code);
  return new StateError(
    `${path} could not be ${done}: ${clause}. ` +
      'Make it a folder that this process may write, or set "state" to another one.',
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
