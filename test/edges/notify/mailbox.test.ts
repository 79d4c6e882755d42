import { describe, expect, it, onTestFinished } from 'vitest';
import type { Group, Notice } from '../../../src/core/alert/alert.ts';
import { Mailbox, type MailboxPorts } from '../../../src/edges/notify/mailbox.ts';
import { Outbox } from '../../../src/edges/notify/outbox.ts';
import { memoryState } from '../../../src/edges/state/memory.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { aGroup, aSubject } from '../../core/alert/alerts.ts';
import { ManualClock } from '../../manual-clock.ts';
import { aReceiver } from './loopback.ts';

const SLACK = aReceiver({ type: 'slack', url: 'https://hooks.example.com' });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function aMailbox(ports: Partial<MailboxPorts> = {}) {
  const told: ReconcileEvent[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const mailbox = new Mailbox(SLACK, undefined, {
    carry: () => new Promise(() => undefined),
    saved: async () => undefined,
    clock: new ManualClock(),
    random: () => 1,
    emit: (event) => told.push(event),
    ...ports,
  });
  void mailbox.run(stop.signal, stop.signal);
  return { mailbox, told };
}

describe('a mailbox', () => {
  it('sends nothing that was taken up while what came before was saved, until that is on disk too', async () => {
    const saves: (() => void)[] = [];
    const sent: (readonly Notice[])[] = [];
    const { mailbox } = aMailbox({
      saved: () => new Promise((resolve) => saves.push(resolve)),
      carry: (notices) => {
        sent.push(notices);
        return new Promise(() => undefined);
      },
    });
    const [one, two] = [aGroup({ fingerprint: 'one' }), aGroup({ fingerprint: 'two' })];
    mailbox.compare([one]);
    await turn();
    mailbox.compare([one, two]);
    saves.shift()?.();
    await turn();
    expect(sent).toEqual([]);
    saves.shift()?.();
    await turn();
    expect(sent.map((batch) => batch.length)).toEqual([2]);
  });

  it('sends, of what a receiver did not take, what is known by now, once', async () => {
    const clock = new ManualClock();
    const sent: (readonly string[])[] = [];
    const { mailbox } = aMailbox({
      clock,
      carry: async (notices) => {
        sent.push(notices.map(({ alert }) => alert.detail));
        return sent.length === 1
          ? { isDelivered: false, said: 'no', kind: 'passing', retryAfterMs: null }
          : { isDelivered: true, said: 'ok' };
      },
    });
    mailbox.compare([aGroup({ subjects: [aSubject({ detail: 'filter' })] })]);
    await turn();
    mailbox.compare([aGroup({ subjects: [aSubject({ detail: 'By ada@example.com. filter' })] })]);
    await clock.advance(600_000);
    await turn();
    expect(sent).toEqual([['filter'], ['By ada@example.com. filter']]);
    expect(mailbox.state().queue).toEqual([]);
  });

  it('counts as lost what is over before there was room for it, once, and nothing else', () => {
    const { mailbox, told } = aMailbox();
    const groups: readonly Group[] = Array.from({ length: 1_003 }, (_, n) => aGroup({ fingerprint: `${n}` }));
    mailbox.compare(groups);
    mailbox.compare(groups);
    const lost = (): readonly ReconcileEvent[] => told.filter(({ type }) => type === 'alert.dropped');
    expect(lost()).toEqual([]);
    mailbox.compare(groups.slice(0, 1_001));
    mailbox.compare(groups.slice(0, 1_001));
    expect(lost()).toMatchObject([
      { alerts: ['DriftDetected 1001', 'DriftDetected 1002'], said: expect.stringContaining('over before') },
    ]);
  });
});

describe('the end of the process', () => {
  it('gives up the message that hangs, half a second after the end has begun and not before', async () => {
    const clock = new ManualClock();
    const under = Promise.withResolvers<AbortSignal>();
    const outbox = await Outbox.open({
      receivers: [SLACK],
      store: memoryState(),
      clock,
      random: () => 1,
      emit: () => undefined,
      carry: (_notices, _spec, stop) => {
        under.resolve(stop);
        const given = { isDelivered: false, said: 'given up', kind: 'passing', retryAfterMs: null } as const;
        return new Promise((resolve) => stop.addEventListener('abort', () => resolve(given)));
      },
    });
    outbox.stand([aGroup()], { groups: [], faults: [] });
    const stop = await under.promise;
    const closing = outbox.close();
    await clock.advance(499);
    expect(stop.aborted).toBe(false);
    await clock.advance(1);
    expect(stop.aborted).toBe(true);
    await closing;
  });
});
