import { hash32, type Rng } from './random.ts';

/** Whose doing something is: what a crashed process had planned does not happen. */
export interface Owner {
  readonly alive: boolean;
}

export interface Task {
  readonly at: number;
  readonly label: string;
  cancelled: boolean;
}

interface Entry extends Task {
  readonly key: number;
  readonly seq: number;
  readonly owner: Owner | null;
  readonly run: () => void;
}

/**
 * Virtual time. Everything that happens is an entry with a time; of those that are due at the same millisecond a
 * seeded number picks the next. Between two entries all promises run until nothing is left to do, so a run is a
 * function of its seed.
 */
export class Scheduler {
  readonly #random: Rng;
  readonly #heap: Entry[] = [];
  #now = 0;
  #seq = 0;
  #steps = 0;
  #hashA = 1;
  #hashB = 2;
  /** What happened, for people; null while nobody reads it. */
  readonly lines: string[] | null;

  constructor(random: Rng, options: { readonly record: boolean }) {
    this.#random = random;
    this.lines = options.record ? [] : null;
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** How many entries have run. */
  get steps(): number {
    return this.#steps;
  }

  /** Of everything that was traced up to now. */
  get hash(): string {
    return [this.#hashA, this.#hashB].map((part) => part.toString(16).padStart(8, '0')).join('');
  }

  after(ms: number, owner: Owner | null, label: string, run: () => void): Task {
    const at = this.#now + Math.max(0, Math.ceil(ms));
    this.#seq += 1;
    const entry: Entry = {
      at,
      label,
      cancelled: false,
      key: this.#random.next(),
      seq: this.#seq,
      owner,
      run,
    };
    push(this.#heap, entry);
    return entry;
  }

  /** Adds to the trace. `more` counts for the hash and is not shown. */
  trace(text: string, more = ''): void {
    const line = `${this.#now} ${text}`;
    this.#hashA = hash32(line, this.#hashA);
    this.#hashB = hash32(more === '' ? line : `${line}${more}`, this.#hashB ^ 0x5b_d1_e9_95);
    this.lines?.push(line);
  }

  /** Runs what is due until `end`, and stands at `end` then. Stops early when `stop` says so. */
  async runUntil(end: number, stop: () => boolean): Promise<void> {
    await eachAlone(() => this.#runNext(end, stop));
    if (!stop()) this.#now = Math.max(this.#now, end);
  }

  /** False when nothing is due. */
  #runNext(end: number, stop: () => boolean): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > end || stop()) return false;
      pop(this.#heap);
      if (next.cancelled || next.owner?.alive === false) continue;
      this.#now = next.at;
      this.#steps += 1;
      if (next.label !== '') this.trace(next.label);
      next.run();
      return true;
    }
  }
}

/** Steps that one turn of the event loop has room for; each turn costs a call of the kernel. */
const STEPS_A_TURN = 32;

/**
 * Takes step after step until one says that it was the last. Between two of them every promise that can go on has
 * gone on: Node runs all of them after each of the immediates of one turn.
 */
function eachAlone(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = (then: () => void): void => {
      isOver = true;
      then();
    };
    const take = (): void => {
      try {
        if (!isOver && !step()) end(resolve);
      } catch (error) {
        end(() => reject(error));
      }
    };
    const turn = (): void => {
      for (let taken = 1; taken < STEPS_A_TURN; taken += 1) setImmediate(take);
      setImmediate(() => {
        take();
        if (!isOver) turn();
      });
    };
    turn();
  });
}

function before(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.key === b.key ? a.seq < b.seq : a.key < b.key;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
