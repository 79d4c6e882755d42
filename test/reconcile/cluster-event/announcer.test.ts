import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Announcer } from '../../../src/reconcile/cluster-event/announcer.ts';
import { EVENT_REASONS } from '../../../src/reconcile/cluster-event/reasons.ts';
import {
  type ClusterObject,
  type Delivery,
  EventRecorder,
} from '../../../src/reconcile/cluster-event/recorder.ts';
import { toldOf } from '../../../src/reconcile/cluster-event/table.ts';
import type { Change } from '../../../src/core/plan/change.ts';
import {
  RateLimitedError,
  type ReconcileError,
  UnknownOutcomeError,
  UnusableAnswerError,
} from '../../../src/reconcile/errors.ts';
import { ClusterError } from '../../../src/reconcile/cluster-error.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { aDesiredJob, aDesiredScope, aLiveJob } from '../../builders.ts';
import {
  aCreate,
  aDelete,
  aJobHealth,
  anUpdate,
  aPlan,
  aProblem,
  applied,
  aWithheld,
  EVENTS,
  planned,
} from '../../edges/events.ts';
import { ManualClock } from '../../manual-clock.ts';

const OBJECT: ClusterObject = { apiVersion: 'v1', kind: 'Pod', namespace: 'edge', name: 'logpushd-0' };

type Send = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

function anAnnouncer(send: Send = async () => undefined) {
  const clock = new ManualClock();
  const sent: Delivery[] = [];
  const said: ReconcileEvent[] = [];
  let made = 0;
  const announcer = new Announcer({
    recorder: new EventRecorder({ newName: () => `pod.${++made}`, scrub: (text) => text }),
    send: async (delivery, signal) => {
      await send(delivery, signal);
      sent.push(delivery);
    },
    objectOf: (file) => (file === undefined ? OBJECT : { ...OBJECT, kind: 'ConfigMap', name: file }),
    lease: { ...OBJECT, kind: 'Lease' },
    clock,
    emit: (event) => said.push(event),
  });
  const results = () =>
    said.flatMap((event) => (event.type === 'kubernetes-event.settled' ? event.result : event.type));
  return { announcer, clock, sent, results };
}

async function settled(): Promise<void> {
  await new Promise((done) => setImmediate(done));
}

const notes = (count: number): ReconcileEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    ...EVENTS['manifest.accepted'],
    revision: `r${index}`,
  }));

describe('the announcer', () => {
  it('makes an Event on the file of the manifest that it is about', async () => {
    const { announcer, sent, results } = anAnnouncer();
    announcer.emit(EVENTS['manifest.rejected']);
    await settled();
    const [problem] = EVENTS['manifest.rejected'].problems;
    expect(sent).toMatchObject([
      { event: { reason: 'ManifestInvalid', type: 'Warning', regarding: { name: problem!.origin.file } } },
    ]);
    expect(sent[0]!.event.note).toContain(`${problem!.origin.file}:${problem!.origin.line}:`);
    expect(results()).toEqual(['sent']);
  });

  it('names the Lease where it is about who leads', async () => {
    const { announcer, sent } = anAnnouncer();
    for (const event of [EVENTS['leader.elected'], EVENTS['leader.lost'], EVENTS['token.refused']])
      announcer.emit(event);
    await settled();
    expect(sent.map(({ event }) => [event.reason, event.regarding.kind, event.related?.kind])).toEqual([
      ['LeaderElected', 'Pod', 'Lease'],
      ['LeaderLost', 'Pod', 'Lease'],
      ['ApiUnauthorized', 'Pod', undefined],
    ]);
  });

  it('tells that a scope is in sync only after it was not', async () => {
    const { announcer, sent } = anAnnouncer();
    announcer.emit(planned({}));
    await settled();
    expect(sent).toEqual([]);
    announcer.emit(planned({ changes: [aCreate()] }));
    announcer.emit(planned({}));
    announcer.emit(planned({}));
    await settled();
    expect(sent.map(({ event }) => event.reason)).toEqual(['ZoneInSync']);
  });

  it('sends counts at the end of a pass', async () => {
    const { announcer, sent, results } = anAnnouncer();
    for (let times = 0; times < 3; times += 1) announcer.emit(EVENTS['manifest.unreadable']);
    announcer.emit(EVENTS['pass.finished']);
    await settled();
    expect(sent.map(({ series }) => series?.count)).toEqual([undefined, 3]);
    expect(results()).toEqual(['sent', 'counted']);
  });

  it('keeps nobody waiting for an API server that hangs, and drops what is too much', async () => {
    const { announcer, clock, results } = anAnnouncer((_, signal) => hanging(signal));
    for (let index = 0; index < 300; index += 1) {
      const origin = { file: `${index}.yaml`, line: 1, column: 1 };
      announcer.emit({ ...EVENTS['manifest.rejected'], problems: [aProblem({ origin })] });
    }
    // One is on its way, and 100 wait.
    expect(results()).toEqual(Array.from({ length: 199 }, () => 'dropped'));
    const closed = announcer.close();
    await clock.advance(1_000);
    await closed;
    announcer.emit(EVENTS['manifest.unreadable']);
    expect(results()).toHaveLength(199);
  });

  it('drops what fails, says so once, and once that it works again', async () => {
    let isDown = true;
    const { announcer, results } = anAnnouncer(async () => {
      if (isDown) throw new ClusterError('forbidden', { action: 'tell', status: 403 });
    });
    for (const event of notes(3)) announcer.emit(event);
    await settled();
    await settled();
    isDown = false;
    announcer.emit(EVENTS['token.refused']);
    announcer.emit(EVENTS['manifest.unreadable']);
    await settled();
    expect(results()).toEqual([
      'failed',
      'kubernetes-events.failing',
      'failed',
      'failed',
      'sent',
      'kubernetes-events.resumed',
      'sent',
    ]);
  });

  it('sends what waits before it ends', async () => {
    const { announcer, sent } = anAnnouncer();
    for (const event of notes(5)) announcer.emit(event);
    await announcer.close();
    expect(sent).toHaveLength(5);
  });
});

describe('the reasons of Events', () => {
  it('are told by an event each, with a note that a person can read', () => {
    const standing = aPlan({
      desired: aDesiredScope({ jobs: [aDesiredJob({ name: 'twice' })] }),
      live: [aLiveJob({ id: 1, name: 'twice' }), aLiveJob({ id: 2, name: 'twice' })],
      doubts: { creating: [], isCollapseDoubted: true },
    });
    const told = [...Object.values(EVENTS), ...VARIANTS, planned(standing)].flatMap(toldOf);
    const missing = Object.keys(EVENT_REASONS).filter((reason) => told.every((one) => one.reason !== reason));
    expect(missing).toEqual(['ZoneInSync']);
    for (const { note } of told) expect(note).not.toMatch(/undefined|\[object|: \.|\.\./);
  });

  it('are all in docs/kubernetes.md, as they are', () => {
    const page = readFileSync('docs/kubernetes.md', 'utf8');
    const rows = Object.entries(EVENT_REASONS).map(([reason, { type, means }]) => [reason, type, means]);
    const found = [...page.matchAll(/^\| `([A-Z]\w+)` +\| (Normal|Warning) +\| (.+?) +\|$/gm)];
    expect(found.map(([, ...cells]) => cells)).toEqual(rows);
  });
});

const change = anUpdate();
const replace: Change = {
  ...(change as Change & { action: 'update' }),
  action: 'replace',
  oldGoes: 'next',
};
const details = { action: 'create job "http" in example.com' };
const failing = (error: ReconcileError): ReconcileEvent => ({ ...EVENTS['change.failed'], error });

/** What the one event of each type does not show. */
const VARIANTS: readonly ReconcileEvent[] = [
  ...[aCreate(), change, aDelete(), replace, anUpdate({ class: 'drift' })].map((one) => applied(one)),
  failing(new UnknownOutcomeError(details)),
  failing(new RateLimitedError(details)),
  failing(new UnusableAnswerError(details)),
  planned({ withheld: [aWithheld({ action: 'adopt' }), aWithheld({ action: 'update' })] }),
  planned({
    desired: aDesiredScope({
      blocked: [
        {
          name: 'http',
          reason: 'its secret "r2" is missing',
          origin: { file: 'a.yaml', line: 1, column: 1 },
        },
      ],
    }),
  }),
  { ...EVENTS['health.changed'], health: aJobHealth({ state: 'disabled_by_cloudflare' }) },
  EVENTS['health.changed'],
];

function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new ClusterError('unreachable', { action: 'tell' })));
  });
}
