import { createHash } from 'node:crypto';
import { StateError } from '../../reconcile/errors.ts';
import type { ClusterObject } from '../../reconcile/cluster-objects.ts';
import type { Texts } from './shards.ts';

const FORMAT = '1';

/** Names of annotations. */
const NOTES = {
  format: 'logpushd/format',
  writer: 'logpushd/writer',
  epoch: 'logpushd/epoch',
  count: 'logpushd/shards',
  digest: 'logpushd/digest',
} as const;

/** Which opening of a state wrote a shard. Each opening has a higher epoch than the one before. */
export interface Term {
  readonly epoch: number;
  /** For people, and unique. */
  readonly writer: string;
}

export interface ShardTerms extends Term {
  /** How many shards the state has. Only what the first one says counts. */
  readonly count: number;
}

/**
 * By which the objects of a state are found. Not `app.kubernetes.io/instance`: Argo CD would take them for a part of its
 * application, and delete them.
 */
export function labelsOf(state: string): ClusterObject['labels'] {
  return { 'app.kubernetes.io/managed-by': 'logpushd', 'logpushd/state': state };
}

export function shardObject(state: string, texts: Texts, terms: ShardTerms): ClusterObject {
  const data = Object.fromEntries(sorted(texts));
  const annotations = {
    [NOTES.format]: FORMAT,
    [NOTES.writer]: terms.writer,
    [NOTES.epoch]: String(terms.epoch),
    [NOTES.count]: String(terms.count),
    [NOTES.digest]: digestOf(data),
  };
  return { data, labels: labelsOf(state), annotations };
}

export function noteOf({ annotations }: ClusterObject, note: keyof typeof NOTES): string | undefined {
  return annotations[NOTES[note]];
}

/** What is noted on a shard. @throws StateError for what this program did not write */
export function termsOf(shard: ClusterObject, state: string, called: string): ShardTerms {
  if (shard.labels['logpushd/state'] !== state) {
    throw new StateError(
      `There is a ${called} that is not of the state kubernetes:${state}. Set "state" to another name.`,
    );
  }
  const [epoch, count] = [Number(noteOf(shard, 'epoch')), Number(noteOf(shard, 'count'))];
  if (noteOf(shard, 'format') === FORMAT && Number.isSafeInteger(epoch) && isPowerOfTwo(count)) {
    return { epoch, count, writer: noteOf(shard, 'writer') ?? 'nobody knows who' };
  }
  throw new StateError(
    `The annotations of the ${called} are not those that this logpushd writes. Use the logpushd that wrote it, or a newer one.`,
  );
}

function isPowerOfTwo(count: number): boolean {
  return count >= 1 && Number.isSafeInteger(Math.log2(count));
}

/** Whether the texts in it are those that were written, and not changed by hand since. */
export function isAsWritten(shard: ClusterObject): boolean {
  return noteOf(shard, 'digest') === digestOf(shard.data);
}

function digestOf(data: ClusterObject['data']): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(Object.entries(data))))
    .digest('hex');
}

function sorted(entries: Iterable<readonly [string, string]>): readonly (readonly [string, string])[] {
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
