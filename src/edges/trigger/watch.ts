import { basename, dirname, join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { digestOf, isWatched, type Layout, layoutOf, MAX_DEPTH } from './layout.ts';
import { Quiet, type QuietOptions } from './quiet.ts';

export interface WatchOptions extends QuietOptions {
  /** How often the files are compared without being told, for events that get lost. */
  readonly pollMs?: number;
  /** `polling` for network file systems, which send no events. */
  readonly backend?: 'auto' | 'polling';
}

export interface Watch {
  close(): Promise<void>;
}

const DEGRADED_POLL_MS = 2_000;

/**
 * Calls `onChange` soon after anything happens to the files at these paths, or below them. It means no more
 * than "look again": it may come without a change, and one call may stand for a hundred events. Nothing
 * escapes for long: what the system does not tell is found by comparing every 30 s.
 *
 * Which paths these are is asked again with each change. Works for files, folders, links, mounts of ConfigMaps, and paths that do not exist yet. Once it resolves, a
 * change is not missed.
 */
export async function watchPaths(
  paths: () => Promise<readonly string[]>,
  onChange: () => void,
  options: WatchOptions = {},
): Promise<Watch> {
  const watch = new PathWatch(paths, onChange, options);
  await watch.start();
  return { close: () => watch.close() };
}

class PathWatch {
  readonly #paths: () => Promise<readonly string[]>;
  readonly #onChange: () => void;
  readonly #options: Required<Pick<WatchOptions, 'pollMs' | 'backend'>>;
  readonly #quiet: Quiet;
  #watchers: readonly FSWatcher[] = [];
  #layout: Layout = { entries: new Set(), trees: new Set(), signature: '' };
  #digest = '';
  #poll: NodeJS.Timeout | undefined;
  #isDegraded = false;
  #isClosed = false;
  /** Looking around and setting watches happens one at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(paths: () => Promise<readonly string[]>, onChange: () => void, options: WatchOptions) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#options = { pollMs: 30_000, backend: 'auto', ...options };
    this.#quiet = new Quiet(() => this.#settle(), options);
  }

  async start(): Promise<void> {
    this.#digest = await digestOf(await layoutOf(await this.#paths()));
    await this.#follow();
    this.#schedulePoll();
    await this.#compare();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#quiet.close();
    clearTimeout(this.#poll);
    await this.#turn;
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
    this.#watchers = [];
  }

  #hear(): void {
    if (!this.#isClosed) this.#quiet.hear();
  }

  #settle(): void {
    this.#tell();
    this.#inTurn(async () => {
      if (await this.#follow()) this.#tell();
      this.#digest = await digestOf(this.#layout);
    });
  }

  #tell(): void {
    if (!this.#isClosed) this.#onChange();
  }

  /** Sets the watches anew when a link was turned or a folder replaced; true when it was so. */
  async #follow(): Promise<boolean> {
    const before = this.#layout.signature;
    for (let attempt = 0; attempt < 5 && !this.#isClosed; attempt += 1) {
      const layout = await layoutOf(await this.#paths());
      if (layout.signature === this.#layout.signature && this.#watchers.length > 0) break;
      this.#layout = layout;
      const old = this.#watchers;
      this.#watchers = await this.#watchersFor(layout);
      await Promise.all(old.map((watcher) => watcher.close()));
    }
    return this.#layout.signature !== before;
  }

  async #watchersFor({ entries, trees }: Layout): Promise<readonly FSWatcher[]> {
    const folders = new Set([...entries].map((entry) => dirname(entry)));
    return Promise.all([
      this.#watchAll([...folders], 0, (path) => !entries.has(path) && !folders.has(path)),
      this.#watchAll([...trees], MAX_DEPTH, (path) => isHiddenBelow(path, trees)),
    ]);
  }

  async #watchAll(
    paths: readonly string[],
    depth: number,
    ignored: (path: string) => boolean,
  ): Promise<FSWatcher> {
    const watcher = watch([...paths], {
      depth,
      ignored,
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      backend: this.#options.backend,
    });
    watcher.on('all', () => this.#hear());
    // chokidar itself says nothing when a file or a link becomes a folder.
    watcher.on('raw', (_event, name, details) => {
      const path = pathOf(name, details);
      if (path === null || !ignored(path)) this.#hear();
    });
    watcher.on('error', () => this.#degrade());
    if (paths.length > 0) await firstOf(watcher, 'ready', 'error');
    return watcher;
  }

  /** The system gives no more events, say because its watches are used up. */
  #degrade(): void {
    if (this.#isDegraded || this.#isClosed) return;
    this.#isDegraded = true;
    clearTimeout(this.#poll);
    this.#schedulePoll();
  }

  #schedulePoll(): void {
    if (this.#isClosed) return;
    const { pollMs } = this.#options;
    const waitMs = this.#isDegraded ? Math.min(DEGRADED_POLL_MS, pollMs) : pollMs;
    this.#poll = setTimeout(() => {
      this.#inTurn(async () => {
        await this.#follow();
        await this.#compare();
      });
      this.#schedulePoll();
    }, waitMs);
    this.#poll.unref();
  }

  async #compare(): Promise<void> {
    const digest = await digestOf(this.#layout);
    if (digest === this.#digest) return;
    this.#digest = digest;
    this.#tell();
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      if (!this.#isClosed) await work();
    });
  }
}

function firstOf(watcher: FSWatcher, ...events: readonly ('ready' | 'error')[]): Promise<void> {
  return new Promise((resolve) => {
    for (const event of events) watcher.once(event, () => resolve());
  });
}

/** Null where the system does not say what it is about. */
function pathOf(name: string | null, details: unknown): string | null {
  const isPlaced = typeof details === 'object' && details !== null && 'watchedPath' in details;
  return isPlaced && typeof details.watchedPath === 'string' && name ? join(details.watchedPath, name) : null;
}

function isHiddenBelow(path: string, trees: ReadonlySet<string>): boolean {
  if (isWatched(basename(path))) return false;
  return [...trees].some((tree) => {
    const near = relative(tree, path);
    return near !== '' && !near.startsWith(`..${sep}`) && near !== '..';
  });
}
