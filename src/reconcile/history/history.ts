import { CLOCKS_DIFFER_MS } from '../../core/audit/attribution.ts';
import { scopeKey } from '../../core/job/job.ts';
import { damagedRecord } from '../event/damaged-record.ts';
import type { ReconcileEvent } from '../event/events.ts';
import { type Happening, happeningOf, type HistoryEntry } from './entry.ts';
import { Keeper } from '../ledger/keeper.ts';
import type { Clock, Emit, StateStore } from '../ports.ts';

const KEY = 'history.log';
const FORMAT = 1;
const MOST_ENTRIES = 500;
/** As saved: so much fits into any store. Usually it is a third of that. */
const MOST_BYTES = 400_000;
/** What only happens again is saved no sooner. */
const SAVED_FOR_MS = 3_600_000;

interface HistoryPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly emit: Emit;
}

export interface HistoryQuestion {
  /** Name or id of a zone or account. */
  readonly scope: string | null;
  readonly job: string | null;
  readonly limit: number;
}

/**
 * The latest changes, drifts and troubles: what, when, who, why. Kept over restarts, as one page of the state; saved
 * at the end of each pass that has told something new.
 */
export class History {
  readonly #ports: HistoryPorts;
  readonly #keeper: Keeper;
  /** By a running number, oldest first. */
  readonly #entries = new Map<number, HistoryEntry>();
  /** The numbers of those about the same, oldest first. */
  readonly #about = new Map<string, readonly number[]>();
  #next = 0;
  #revision: string | null;
  #isNew = false;
  #savedAt: number;

  private constructor(store: StateStore, entries: readonly HistoryEntry[], ports: HistoryPorts) {
    this.#ports = ports;
    for (const entry of entries) this.#append(entry);
    this.#revision = entries.findLast(({ what }) => what === 'manifest accepted')?.revision ?? null;
    this.#savedAt = ports.clock.monotonic();
    this.#keeper = new Keeper(store, 'history', ports.emit);
  }

  /** @throws StateError when the state cannot be read. */
  static async open(store: StateStore, ports: HistoryPorts): Promise<History> {
    const text = (await store.load()).get(KEY);
    const entries = text === undefined ? [] : parseHistory(text);
    if (entries === null) ports.emit(damagedRecord('history', [KEY], 'the list of past changes'));
    return new History(store, entries ?? [], ports);
  }

  readonly emit = (event: ReconcileEvent): void => {
    if (event.type === 'manifest.accepted') {
      if (event.revision === this.#revision) return;
      this.#revision = event.revision;
    }
    const happening = happeningOf(event);
    if (happening !== null) this.#add(happening);
    if (event.type === 'pass.finished') this.#save();
  };

  /** Newest first. */
  answer({ scope, job, limit }: HistoryQuestion): readonly HistoryEntry[] {
    const wanted = scope?.toLowerCase() ?? null;
    return [...this.#entries.values()]
      .filter(
        (entry) => wanted === null || [entry.scope?.name.toLowerCase(), entry.scope?.id].includes(wanted),
      )
      .filter((entry) => job === null || entry.job === job)
      .toReversed()
      .slice(0, limit);
  }

  /** Resolves when everything known is saved. */
  async settled(): Promise<void> {
    if (this.#isNew) this.#save();
    await this.#keeper.settled();
  }

  #add({ doneAt, ...told }: Happening): void {
    const at = new Date(this.#ports.clock.now()).toISOString();
    const entry = { ...told, at, last: at, times: 1, revision: this.#revision };
    const about = (this.#about.get(subjectOf(entry)) ?? []).flatMap((number) => {
      const former = this.#entries.get(number);
      return former === undefined ? [] : [{ number, former }];
    });
    const latest = about.at(-1);
    if (latest !== undefined && isAgain(latest.former, entry)) {
      const { number, former } = latest;
      this.#entries.set(number, { ...former, last: at, times: former.times + 1 });
      return;
    }
    this.#isNew = true;
    const unnamed = doneAt === null ? undefined : about.find(({ former }) => isNamed(former, entry, doneAt));
    if (unnamed === undefined) {
      this.#append(entry);
      return;
    }
    const { number, former } = unnamed;
    const last = unnamed === latest ? at : former.last;
    this.#entries.set(number, { ...former, who: entry.who, ray: entry.ray, last });
  }

  #append(entry: HistoryEntry): void {
    const number = this.#next;
    this.#next += 1;
    this.#entries.set(number, entry);
    const subject = subjectOf(entry);
    this.#about.set(subject, [...(this.#about.get(subject) ?? []), number]);
    const [oldest] = this.#entries;
    if (oldest !== undefined && this.#entries.size > MOST_ENTRIES) this.#forget(...oldest);
  }

  #forget(number: number, entry: HistoryEntry): void {
    this.#entries.delete(number);
    const subject = subjectOf(entry);
    const others = (this.#about.get(subject) ?? []).filter((one) => one !== number);
    if (others.length === 0) this.#about.delete(subject);
    else this.#about.set(subject, others);
  }

  #save(): void {
    const now = this.#ports.clock.monotonic();
    if (!this.#isNew && now - this.#savedAt < SAVED_FOR_MS) return;
    this.#isNew = false;
    this.#savedAt = now;
    this.#keeper.keep(
      KEY,
      `{"version":${FORMAT},"entries":[${latest([...this.#entries.values()]).join()}]}\n`,
    );
  }
}

/** As text, without the oldest where all of them are too long. */
function latest(entries: readonly HistoryEntry[]): readonly string[] {
  const texts = entries.map((entry) => JSON.stringify(entry));
  let room = MOST_BYTES;
  const from = texts.findLastIndex((text) => (room -= Buffer.byteLength(text) + 1) < 0);
  return texts.slice(from + 1);
}

/** What happens to one of these again and again is told once. */
function subjectOf({ scope, job, id, transformer }: HistoryEntry): string {
  return JSON.stringify([scope && scopeKey(scope), job, id, transformer]);
}

/** It is known now who did it: nobody has caused what was seen before they wrote. */
function isNamed(former: HistoryEntry, { what, fields }: HistoryEntry, doneAt: string): boolean {
  return (
    former.what === what &&
    former.who === null &&
    Date.parse(doneAt) <= Date.parse(former.at) + CLOCKS_DIFFER_MS &&
    (fields.length === 0 || fields.join() === former.fields.join())
  );
}

function isAgain(former: HistoryEntry, entry: HistoryEntry): boolean {
  const sameness = ({ what, why, fields, who, revision }: HistoryEntry): string =>
    JSON.stringify([what, why, fields, who, revision]);
  return sameness(former) === sameness(entry);
}

/** Null for what logpushd does not write. */
function parseHistory(text: string): readonly HistoryEntry[] | null {
  const page = parseJson(text);
  return isPage(page) ? page.entries : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isPage(value: unknown): value is { readonly entries: readonly HistoryEntry[] } {
  if (!isRecord(value) || value['version'] !== FORMAT) return false;
  const { entries } = value;
  return Array.isArray(entries) && entries.every(isEntry);
}

function isEntry(value: unknown): value is HistoryEntry {
  if (!isRecord(value)) return false;
  const {
    at,
    last,
    times,
    what,
    scope,
    job,
    id,
    transformer = null,
    fields,
    who,
    why,
    revision,
    ray,
  } = value;
  const isText = (one: unknown): boolean => typeof one === 'string';
  return (
    [at, last, what, why].every(isText) &&
    [job, transformer ?? null, who, revision, ray].every((one) => one === null || isText(one)) &&
    Number.isSafeInteger(times) &&
    (id === null || Number.isSafeInteger(id)) &&
    (scope === null || (isRecord(scope) && ['kind', 'id', 'name'].every((key) => isText(scope[key])))) &&
    Array.isArray(fields) &&
    fields.every(isText)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
