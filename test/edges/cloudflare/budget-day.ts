import { Secret } from '../../../src/core/secret.ts';
import { createBudget } from '../../../src/edges/cloudflare/budget.ts';
import { timeoutsFrom } from '../../../src/edges/cloudflare/call.ts';
import { createLogpushReader } from '../../../src/edges/cloudflare/client.ts';
import type { Transport } from '../../../src/edges/cloudflare/transport.ts';
import type { Priority } from '../../../src/reconcile/ports.ts';
import { VirtualTime } from './virtual-time.ts';

/**
 * The real client and its budget on virtual time: a sweep of all zones every 15 minutes, changes by people, every
 * three hours one of all zones, and somebody else with the same token; against a count that knows nothing of ours.
 */

const REQUESTS = 1200;
const WINDOW_MS = 300_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const ROUND_TRIP_MS = { least: 105, most: 195 };
const OPEN = new AbortController().signal;

export interface Day {
  readonly hours: number;
  readonly zones: number;
  /** How many calls the other client makes at once, every ten minutes, besides one every ten seconds. */
  readonly burst: number;
  readonly headers: boolean;
}

export interface DayReport {
  readonly calls: number;
  readonly strangers: number;
  readonly refused: number;
  readonly strangersRefused: number;
  /** Most requests, ours and theirs, in any window of 5 minutes that slides, and in any that does not. */
  readonly peak: { readonly sliding: number; readonly fixed: number };
  readonly sweeps: number;
  /** Edits that were about every zone. */
  readonly edits: number;
  /** How long changes waited before they were sent, while a sweep was running: milliseconds. */
  readonly waits: readonly number[];
}

/** Counts requests both ways; either of them full refuses. */
class Cloudflare {
  readonly #times: number[] = [];
  #first = 0;
  #window = -1;
  #inWindow = 0;
  readonly peak = { sliding: 0, fixed: 0 };

  admits(now: number): boolean {
    const window = Math.floor(now / WINDOW_MS);
    if (window !== this.#window) [this.#window, this.#inWindow] = [window, 0];
    while ((this.#times[this.#first] ?? now) <= now - WINDOW_MS) this.#first += 1;
    this.#times.push(now);
    this.#inWindow += 1;
    const sliding = this.#times.length - this.#first;
    this.peak.sliding = Math.max(this.peak.sliding, sliding);
    this.peak.fixed = Math.max(this.peak.fixed, this.#inWindow);
    return sliding <= REQUESTS && this.#inWindow <= REQUESTS;
  }

  headers(now: number): Readonly<Record<string, string>> {
    const seconds = Math.ceil((WINDOW_MS - (now % WINDOW_MS)) / 1000);
    return { ratelimit: `"default";r=${Math.max(0, REQUESTS - this.#inWindow)};t=${seconds}` };
  }
}

function idOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}

export async function simulateDay({ hours, zones, burst, headers }: Day): Promise<DayReport> {
  const time = new VirtualTime();
  const cloudflare = new Cloudflare();
  const sentAt = new Map<string, number>();
  const report = { calls: 0, strangers: 0, refused: 0, strangersRefused: 0, sweeps: 0, edits: 0 };
  const waits: number[] = [];
  let random = 42;
  const halfTrip = (): number => {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
    return (ROUND_TRIP_MS.least + ((ROUND_TRIP_MS.most - ROUND_TRIP_MS.least) * random) / 2 ** 31) / 2;
  };
  const transport: Transport = {
    async send({ url }) {
      sentAt.set(/zones\/(\w+)/.exec(url)?.[1] ?? '', time.monotonic());
      report.calls += 1;
      await time.sleep(halfTrip(), OPEN);
      const isAdmitted = cloudflare.admits(time.monotonic());
      const told = headers ? cloudflare.headers(time.monotonic()) : {};
      await time.sleep(halfTrip(), OPEN);
      if (!isAdmitted) report.refused += 1;
      const success = { success: true, errors: [], messages: [], result: [] };
      const refusal = { success: false, errors: [{ code: 10_000, message: 'rate' }], messages: [] };
      return {
        kind: 'answer',
        status: isAdmitted ? 200 : 429,
        headers: { 'content-type': 'application/json', ...told },
        body: JSON.stringify(isAdmitted ? success : refusal),
      };
    },
  };
  const reader = createLogpushReader({
    baseUrl: 'https://api.example/client/v4',
    credentials: { kind: 'token', token: new Secret('a-token-of-the-simulation') },
    budget: createBudget({ requests: REQUESTS, windowSeconds: WINDOW_MS / 1000, share: 0.8 }, time),
    transport,
    clock: time,
    random: () => 0.5,
    timeouts: timeoutsFrom(30_000),
  });
  const list = async (index: number, priority: Priority): Promise<void> => {
    const id = idOf(index);
    await reader.listJobs({ kind: 'zone', id, name: id }, { signal: OPEN, priority });
  };
  let running = 0;
  const sweep = async (): Promise<void> => {
    if (running > 0) return;
    running += 1;
    await Promise.all(Array.from({ length: zones }, (_, index) => list(index, 'sweep')));
    running -= 1;
    report.sweeps += 1;
  };
  const change = async (index: number): Promise<void> => {
    const asked = time.monotonic();
    const isDuringSweep = running > 0 && asked >= calmAt;
    await list(index, 'change');
    if (isDuringSweep) waits.push((sentAt.get(idOf(index)) ?? Number.NaN) - asked);
  };
  /** Somebody edits what all zones share. Whoever comes after waits for the window, so that is not measured. */
  let calmAt = 0;
  const editAll = async (): Promise<void> => {
    calmAt = Number.POSITIVE_INFINITY;
    await Promise.all(Array.from({ length: zones }, (_, index) => list(index, 'change')));
    calmAt = time.monotonic() + WINDOW_MS + 1_000;
    report.edits += 1;
  };
  const stranger = (): void => {
    report.strangers += 1;
    if (!cloudflare.admits(time.monotonic())) report.strangersRefused += 1;
  };
  const every = async (ms: number, act: (turn: number) => unknown): Promise<void> => {
    for (let turn = 0; ; turn += 1) {
      void act(turn);
      await time.sleep(ms, OPEN);
    }
  };
  void every(15 * MINUTE, sweep);
  void every(47_000, (turn) => change(zones + (turn % 100)));
  void time.sleep(40 * MINUTE, OPEN).then(() => every(3 * HOUR, editAll));
  void every(10_000, stranger);
  void every(10 * MINUTE + 7_000, () => {
    for (let n = 0; n < burst; n += 1) stranger();
  });
  await time.run(hours * 60 * MINUTE);
  return { ...report, peak: cloudflare.peak, waits };
}
