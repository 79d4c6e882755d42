import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Group } from '../../../src/core/alert/alert.ts';
import { carry } from '../../../src/edges/notify/courier.ts';
import { OUTBOX_KEY } from '../../../src/edges/notify/outbox-page.ts';
import { Outbox } from '../../../src/edges/notify/outbox.ts';
import type { ReceiverSpec } from '../../../src/edges/notify/receiver-spec.ts';
import { fileState } from '../../../src/edges/state/file.ts';
import { memoryState } from '../../../src/edges/state/memory.ts';
import type { AlertEvent } from '../../../src/reconcile/event/alert-events.ts';
import type { Emit, StateStore } from '../../../src/reconcile/ports.ts';
import { aGroup } from '../../core/alert/alerts.ts';
import { ManualClock } from '../../manual-clock.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { aReceiver, courier, type Loopback, openLoopback } from './loopback.ts';

const EMPTY = { groups: [], faults: [] };

/** An outbox with real receivers; the test owns the time between tries. */
class Bench {
  readonly clock = new ManualClock();
  readonly events: AlertEvent[] = [];
  readonly store: StateStore;
  readonly #receivers: readonly ReceiverSpec[];
  #outbox: Outbox | null = null;
  #waiting: (() => void)[] = [];

  private constructor(receivers: readonly ReceiverSpec[], store: StateStore) {
    this.#receivers = receivers;
    this.store = store;
  }

  static async open(receivers: readonly ReceiverSpec[], store = memoryState()): Promise<Bench> {
    const bench = new Bench(receivers, store);
    await bench.start();
    onTestFinished(() => bench.stop());
    return bench;
  }

  async start(): Promise<void> {
    const emit: Emit = (event) => {
      this.events.push(event as AlertEvent);
      for (const look of this.#waiting.splice(0)) look();
    };
    const options = courier({}, () => this.clock.now());
    this.#outbox = await Outbox.open({
      receivers: this.#receivers,
      store: this.store,
      carry: (notices, spec, stop) => carry(notices, spec, options, stop),
      clock: this.clock,
      random: () => 1,
      emit,
    });
  }

  /** As a killed process would: nothing is sent or saved any more by the one before. */
  async stop(): Promise<void> {
    const closing = this.#outbox?.close();
    this.#outbox = null;
    await this.clock.advance(2_000);
    await closing;
  }

  stand(...groups: readonly Group[]): void {
    this.#outbox?.stand(groups, EMPTY);
  }

  told(type: AlertEvent['type'], receiver?: string): readonly AlertEvent[] {
    return this.events.filter(
      (event) =>
        event.type === type &&
        (receiver === undefined || ('receiver' in event && event.receiver === receiver)),
    );
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((look) => this.#waiting.push(look));
  }
}

function webhook(loopback: Loopback, overrides: Partial<ReceiverSpec> = {}): ReceiverSpec {
  const { name, repeatMs, timeoutMs } = overrides;
  return aReceiver(
    { type: 'webhook', url: loopback.url },
    { ...(name && { name }), ...(repeatMs !== undefined && { repeatMs }), ...(timeoutMs && { timeoutMs }) },
  );
}

function statusesAt(loopback: Loopback): readonly string[] {
  return loopback.got.map(({ body }) => String(JSON.parse(body).data.status));
}

function idsAt(loopback: Loopback): readonly string[] {
  return loopback.got.map(({ body }) => String(JSON.parse(body).id));
}

describe('the outbox', () => {
  it('tells once that something fires and once that it is over, whatever is said in between, over restarts', async () => {
    const loopback = await openLoopback();
    const bench = await Bench.open([webhook(loopback)], fileState(join(temporaryFolder(), 'state')));
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.sent').length === 1);
    for (const _ of [1, 2, 3]) {
      bench.stand(aGroup());
      await bench.stop();
      await bench.start();
      bench.stand(aGroup());
    }
    bench.stand();
    await bench.until(() => bench.told('alert.sent').length === 2);
    await bench.stop();
    await bench.start();
    bench.stand();
    await bench.stop();

    expect(statusesAt(loopback)).toEqual(['firing', 'resolved']);
  });

  it('has on disk what it sends before anybody gets it', async () => {
    const folder = temporaryFolder();
    let kept = '';
    const loopback = await openLoopback(() => {
      kept = readFileSync(join(folder, `${OUTBOX_KEY}.json`), { encoding: 'utf8', flag: 'a+' });
      return {};
    });
    const bench = await Bench.open([webhook(loopback)], fileState(folder));
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.sent').length === 1);
    expect(kept).toContain(idsAt(loopback)[0]);
  });

  it('tells a receiver that was down all it missed, in order, with ids that stay the same', async () => {
    const loopback = await openLoopback(() => ({ status: 503 }));
    const bench = await Bench.open([webhook(loopback)]);
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.failed').length === 1);
    bench.stand();
    await bench.stop();
    loopback.answer = () => ({});
    await bench.start();
    bench.stand();
    await bench.until(() => bench.told('alert.sent').length === 2);

    expect(statusesAt(loopback)).toEqual(['firing', 'firing', 'resolved']);
    expect(idsAt(loopback)[1]).toBe(idsAt(loopback)[0]);
  });

  it('waits longer each time, up to five minutes, and as long as it is asked to', async () => {
    const loopback = await openLoopback(() => ({ status: 500 }));
    const bench = await Bench.open([webhook(loopback)]);
    bench.stand(aGroup());
    const waits: number[] = [];
    for (let failures = 1; failures <= 12; failures += 1) {
      await bench.until(() => bench.told('alert.failed').length === failures);
      const last = bench.told('alert.failed').at(-1);
      const retryAt = last !== undefined && 'retryAt' in last ? Date.parse(last.retryAt) : 0;
      waits.push((retryAt - bench.clock.now()) / 1000);
      if (failures === 11) loopback.answer = () => ({ status: 429, headers: { 'retry-after': '1200' } });
      await new Promise(setImmediate);
      while (bench.clock.nextWakeMs === undefined) await new Promise(setImmediate);
      await bench.clock.advance(retryAt - bench.clock.now());
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 1200]);
  });

  it('tells the others at once while one hangs, and ends all the same', async () => {
    const [hanging, fine] = [await openLoopback(() => ({ hangs: true })), await openLoopback()];
    const specs = [webhook(hanging, { name: 'hanging', timeoutMs: 60_000 }), webhook(fine, { name: 'fine' })];
    const bench = await Bench.open(specs);
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.sent', 'fine').length === 1);
    bench.stand();
    await bench.until(() => bench.told('alert.sent', 'fine').length === 2);
    await bench.stop();

    expect(statusesAt(fine)).toEqual(['firing', 'resolved']);
    const kept: { mailboxes: Record<string, { queue: { status: string }[] }> } = JSON.parse(
      await keptIn(bench.store),
    );
    expect(kept.mailboxes['hanging']?.queue.map(({ status }) => status)).toEqual(['firing', 'resolved']);
  });

  it('gives up a message that is refused five times, and goes on with the next', async () => {
    const loopback = await openLoopback(({ body }) => ({ status: body.includes('poison') ? 400 : 200 }));
    const bench = await Bench.open([webhook(loopback)]);
    bench.stand(aGroup({ fingerprint: 'poison' }), aGroup({ fingerprint: 'good' }));
    for (let failures = 1; failures <= 4; failures += 1) {
      await bench.until(() => bench.told('alert.failed').length === failures);
      while ((bench.clock.nextWakeMs ?? 60_000) > 20_000) await new Promise(setImmediate);
      await bench.clock.advance(bench.clock.nextWakeMs ?? 0);
    }
    await bench.until(() => bench.told('alert.sent').length === 1);

    expect(bench.told('alert.dropped')).toMatchObject([
      { alerts: ['DriftDetected poison'], said: 'HTTP 400' },
    ]);
    expect(bench.told('alert.sent')).toMatchObject([{ alerts: ['DriftDetected good'], queued: 0 }]);
  });

  it('tells again what still stands after the repeat interval, by the clock alone', async () => {
    const loopback = await openLoopback();
    const bench = await Bench.open([webhook(loopback, { repeatMs: 3_600_000 })]);
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.sent').length === 1);
    await bench.clock.advance(3_599_000);
    expect(loopback.got).toHaveLength(1);
    await bench.clock.advance(61_000);
    await bench.until(() => bench.told('alert.sent').length === 2);
    expect(idsAt(loopback)).toEqual([idsAt(loopback)[0], `${idsAt(loopback)[0]}.1`]);
  });

  it('keeps at most a thousand messages, and tells what found no room once there is some', async () => {
    const loopback = await openLoopback(() => ({ status: 500 }));
    const bench = await Bench.open([webhook(loopback)]);
    const many = Array.from({ length: 1_200 }, (_, n) => aGroup({ fingerprint: `${n}` }));
    bench.stand(...many);
    await bench.until(() => bench.told('alert.failed').length === 1);
    expect(bench.told('alert.queued').at(-1)).toMatchObject({ queued: 1_000 });
    loopback.answer = () => ({});
    while ((bench.clock.nextWakeMs ?? 60_000) > 1_000) await new Promise(setImmediate);
    await bench.clock.advance(1_000);
    await bench.until(() => bench.told('alert.sent').length === 1_000);
    bench.stand(...many);
    await bench.until(() => bench.told('alert.sent').length === 1_200);
    expect(new Set(idsAt(loopback)).size).toBe(1_200);
  }, 120_000);

  it.each([
    ['torn', (text: string) => text.slice(0, 40)],
    ['without mailboxes', (text: string) => text.replace(/"mailboxes":.*/, '"mailboxes":null}')],
    [
      'of a newer version, with a reason of its own',
      (text: string) => text.replaceAll('DriftDetected', 'New'),
    ],
    ['of other types', (text: string) => text.replace(/"at":\d+/, '"at":"today"')],
    ['null', () => 'null'],
    ['packed, and torn', () => '{"version":1,"gzip":"H4sIAAAA"}'],
  ])('begins anew, and says so, where its page is %s', async (_, damage) => {
    const loopback = await openLoopback();
    const before = await Bench.open([webhook(loopback)]);
    before.stand(aGroup());
    await before.stop();
    const text = await keptIn(before.store);
    expect(damage(text)).not.toBe(text);
    await before.store.save(OUTBOX_KEY, damage(text));
    const bench = await Bench.open([], before.store);
    expect(bench.told('alert.unsaved')).toMatchObject([
      { error: { message: expect.stringContaining('is damaged') } },
    ]);
  });

  it('tells people all the same where nothing can be saved, and says it once', async () => {
    const loopback = await openLoopback();
    const folder = temporaryFolder();
    mkdirSync(join(folder, `${OUTBOX_KEY}.json`));
    const bench = await Bench.open([webhook(loopback)], {
      ...fileState(folder),
      load: async () => new Map(),
    });
    bench.stand(aGroup());
    await bench.until(() => bench.told('alert.sent').length === 1);
    expect(statusesAt(loopback)).toEqual(['firing']);
    expect(bench.told('alert.unsaved')).toMatchObject([
      { error: { message: expect.stringContaining('there is a folder in the place of the file') } },
    ]);
  });

  it('keeps thousands of alerts in a page that fits into a ConfigMap, and knows them again', async () => {
    const loopback = await openLoopback(() => ({ status: 503 }));
    const bench = await Bench.open([webhook(loopback)]);
    const many = Array.from({ length: 3_000 }, (_, index) =>
      aGroup({ fingerprint: index.toString(16).padStart(16, '0') }),
    );
    bench.stand(...many);
    await bench.until(() => bench.told('alert.failed').length === 1);
    await bench.stop();
    expect((await keptIn(bench.store)).length).toBeLessThan(400_000);
    await bench.start();
    expect(bench.told('alert.queued').at(-1)).toMatchObject({ queued: 1_000 });
    expect(bench.told('alert.unsaved')).toEqual([]);
  });
});

async function keptIn(store: StateStore): Promise<string> {
  return (await store.load()).get(OUTBOX_KEY) ?? '';
}
