import { createMetrics } from '../../src/edges/http/metrics.ts';
import { World } from './world.ts';

/** What may not grow from pass to pass, besides the heap. */
export interface Held {
  readonly resources: number;
  readonly listeners: number;
  readonly sleepers: number;
  readonly series: number;
}

const PASSES_A_DAY = 96;

/** The loop for a long time: zones in sync, now and then drift, an edit, an outage of one zone. */
export class LongRun {
  readonly #world: World;
  readonly #metrics = createMetrics({ version: '0.0.0', now: () => 0 });
  readonly #zones: readonly string[];
  readonly #jobs: readonly string[];
  #passes = 0;

  static async open(zones: number, jobs: number): Promise<LongRun> {
    const names = Array.from({ length: zones }, (_, index) => `z${index}.example`);
    return new LongRun(
      await World.open(),
      names,
      Array.from({ length: jobs }, (_, index) => `job-${index}`),
    );
  }

  private constructor(world: World, zones: readonly string[], jobs: readonly string[]) {
    this.#world = world;
    this.#zones = zones;
    this.#jobs = jobs;
  }

  async run(passes: number): Promise<void> {
    for (const end = this.#passes + passes; this.#passes < end; this.#passes += 1) await this.#pass();
  }

  held(): Held {
    return {
      resources: process.getActiveResourcesInfo().length,
      listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
      sleepers: this.#world.clock.sleeping,
      series: this.#world.board.find(null).length,
    };
  }

  async #pass(): Promise<void> {
    const zone = this.#zones[this.#passes % this.#zones.length] ?? '';
    if (this.#passes % PASSES_A_DAY === 0) this.#edit();
    if (this.#passes % 7 === 0) this.#world.cloudflare.tamper(this.#jobs[0] ?? '', { enabled: false }, zone);
    await this.#world.sweep();
    await this.#world.wait(900_000);
    for (const event of this.#world.events) this.#metrics.emit(event);
    this.#world.forget();
  }

  #edit(): void {
    const max_upload_records = 1_000 + (this.#passes % 1_000);
    const jobs = this.#jobs.map((name) => ({ name, max_upload_records }));
    this.#world.write(Object.fromEntries(this.#zones.map((zone) => [zone, jobs])));
  }
}
