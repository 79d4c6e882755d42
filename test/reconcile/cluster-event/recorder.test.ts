import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clippedNote, MOST_NOTE_BYTES } from '../../../src/reconcile/cluster-event/note.ts';
import {
  type ClusterObject,
  type Delivery,
  EventRecorder,
} from '../../../src/reconcile/cluster-event/recorder.ts';
import type { EventReason } from '../../../src/reconcile/cluster-event/reasons.ts';

const MINUTE = 60_000;
const ZONES: ClusterObject = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'edge', name: 'zones' };
const OTHER: ClusterObject = { ...ZONES, name: 'other' };

function aRecorder(scrub = (text: string): string => text) {
  let made = 0;
  const recorder = new EventRecorder({ newName: () => `pod.${++made}`, scrub });
  const record = (reason: EventReason, note: string, now = 0, regarding = ZONES) =>
    recorder.record({ reason, note }, { regarding }, now);
  return { recorder, record };
}

/** Names of what was made, or what became of it. */
function fateOf(delivery: Delivery | 'limited' | null): string {
  return delivery === null ? 'counted' : delivery === 'limited' ? 'limited' : delivery.event.name;
}

describe('the recorder of Events', () => {
  it('makes an Event with the type and the action of its reason', () => {
    const { record } = aRecorder();
    expect(record('ManifestInvalid', 'It has an error.', 7)).toEqual({
      event: {
        name: 'pod.1',
        reason: 'ManifestInvalid',
        type: 'Warning',
        action: 'Load',
        note: 'It has an error.',
        regarding: ZONES,
        at: 7,
      },
    });
  });

  it('counts the same again, for an hour, and makes it anew after that', () => {
    const { recorder, record } = aRecorder();
    expect(fateOf(record('ApiError', 'no', 0))).toBe('pod.1');
    expect(fateOf(record('ApiError', 'no', 15 * MINUTE))).toBe('counted');
    expect(fateOf(record('ApiError', 'no', 30 * MINUTE))).toBe('counted');
    expect(fateOf(record('ApiError', 'no', 60 * MINUTE))).toBe('pod.2');
    expect(recorder.grown(60 * MINUTE)).toEqual([]);
  });

  it('sends a count once it has grown, and not again before it grows more', () => {
    const { recorder, record } = aRecorder();
    record('ApiError', 'no', 0);
    expect(recorder.grown(1)).toEqual([]);
    record('ApiError', 'no', 2);
    record('ApiError', 'no', 3);
    expect(recorder.grown(4)).toMatchObject([{ event: { name: 'pod.1' }, series: { count: 3, lastAt: 3 } }]);
    expect(recorder.grown(5)).toEqual([]);
  });

  it('goes on with a series for as long as it is sent: the API server keeps what changes', () => {
    const { recorder, record } = aRecorder();
    for (let minute = 0; minute < 120; minute += 15) {
      record('ApiError', 'no', minute * MINUTE);
      recorder.grown(minute * MINUTE);
    }
    expect(fateOf(record('ApiError', 'no', 120 * MINUTE))).toBe('counted');
  });

  it('takes the same of another object, or for another reason, for something else', () => {
    const { record } = aRecorder();
    expect(fateOf(record('ApiError', 'no'))).toBe('pod.1');
    expect(fateOf(record('ApiError', 'no', 0, OTHER))).toBe('pod.2');
    expect(fateOf(record('ListingSuspect', 'no'))).toBe('pod.3');
  });

  it('makes one Event for all that are alike beyond 10 in 10 minutes', () => {
    const { recorder, record } = aRecorder();
    const fates = Array.from({ length: 30 }, (_, index) =>
      fateOf(record('JobCreated', `job ${index}`, index)),
    );
    expect(fates.slice(0, 11)).toEqual(Array.from({ length: 11 }, (_, index) => `pod.${index + 1}`));
    expect(new Set(fates.slice(11))).toEqual(new Set(['counted']));
    expect(recorder.grown(40)).toMatchObject([
      {
        event: { note: expect.stringMatching(/^One of more than 10 such .*: job 10$/) },
        series: { count: 20 },
      },
    ]);
    expect(fateOf(record('JobCreated', 'job 31', 11 * MINUTE))).toBe('pod.12');
  });

  it('gives an object 25 at once and then one in 5 minutes, and each object its own', () => {
    const { record } = aRecorder();
    const reasons: readonly EventReason[] = ['JobCreated', 'JobUpdated', 'JobDeleted'];
    const burst = reasons.flatMap((reason) =>
      Array.from({ length: 10 }, (_, index) => fateOf(record(reason, `${index}`))),
    );
    expect(burst.filter((fate) => fate !== 'limited')).toHaveLength(25);
    expect(fateOf(record('ApiError', 'a', 5 * MINUTE - 1))).toBe('limited');
    expect(fateOf(record('ApiError', 'a', 5 * MINUTE))).toBe('pod.26');
    expect(fateOf(record('ApiError', 'b', 5 * MINUTE))).toBe('limited');
    expect(fateOf(record('ApiError', 'b', 5 * MINUTE, OTHER))).toBe('pod.27');
  });

  it('lets counts wait, so that what is new is told', () => {
    const { recorder, record } = aRecorder();
    for (let index = 0; index < 10; index += 1) {
      record('DriftDetected', `job ${index}`);
      record('DriftDetected', `job ${index}`);
    }
    expect(recorder.grown(1)).toHaveLength(5);
    expect(recorder.grown(2)).toEqual([]);
    expect(fateOf(record('ManifestInvalid', 'an error', 2))).toBe('pod.11');
  });

  it('never shows a secret, half of one, or what moves the cursor', () => {
    const { record } = aRecorder((text) => text.replaceAll('s3cr3t', '[redacted]'));
    const clear = `\u001B[2J s3cr3t `;
    const filling = 'x'.repeat(MOST_NOTE_BYTES - '\\u{1b}[2J [redacted] …s3c'.length);
    const told = record('ApiError', `${clear}${filling}s3cr3t`);
    const note = told === null || told === 'limited' ? '' : told.event.note;
    expect(note).toContain('\\u{1b}[2J');
    expect(note).not.toContain('s3c');
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(MOST_NOTE_BYTES);
  });

  it('makes no more than 25 and one in 5 minutes of an object, whatever is told and when', () => {
    const told = fc.record({
      reason: fc.constantFrom<EventReason>('JobCreated', 'ApiError', 'DriftDetected'),
      note: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'),
      after: fc.nat(2 * MINUTE),
      flush: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 200 }), (all) => {
        const { recorder, record } = aRecorder();
        let now = 0;
        let sent = 0;
        for (const { reason, note, after, flush } of all) {
          now += after;
          const fate = record(reason, note, now);
          if (fate !== null && fate !== 'limited') sent += 1;
          if (flush) sent += recorder.grown(now).length;
          expect(sent).toBeLessThanOrEqual(25 + now / (5 * MINUTE));
        }
      }),
    );
  });
});

describe('a note', () => {
  it.each([
    ['fits', 'x'.repeat(1_024), 1_024],
    ['is one byte too long', 'x'.repeat(1_025), 1_024],
    ['has characters of several bytes', 'ü'.repeat(600), 1_023],
    ['has pairs of surrogates', '😀'.repeat(300), 1_023],
  ])('that %s is clipped by bytes, and never within a character', (_, text, bytes) => {
    const note = clippedNote(text);
    expect(Buffer.byteLength(note)).toBe(bytes);
    expect(note.isWellFormed()).toBe(true);
  });
});
