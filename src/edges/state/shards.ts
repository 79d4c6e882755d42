import { createHash } from 'node:crypto';

/** The texts of one ConfigMap, by key. */
export type Texts = ReadonlyMap<string, string>;

/** Kubernetes takes 1 MiB of values, and etcd 1.5 MiB of everything around them. */
export const MOST_BYTES = 900 * 1024;
/** A save writes a whole shard, and etcd keeps every version for minutes: so shards are split long before they are full. */
export const COMFORTABLE_BYTES = 64 * 1024;
/** A power of two. Permissions name each of them. */
export const MOST_SHARDS = 64;

/** The first one bears the name of the state, and knows how many there are. */
export function shardName(state: string, index: number): string {
  return index === 0 ? state : `${state}-${index}`;
}

/**
 * Where a key is, of a number of shards that is a power of two: in one shard and in no other. When that number
 * doubles, half of what is in shard `i` goes to shard `i + count`, and nothing else moves.
 */
export function shardOf(key: string, count: number): number {
  return createHash('sha256').update(key).digest().readUInt32BE() % count;
}

/** Those that belong there: a shard may still hold what has gone to another one. */
export function textsOf(texts: Iterable<readonly [string, string]>, index: number, count: number): Texts {
  return new Map([...texts].filter(([key]) => shardOf(key, count) === index));
}

/** In bytes, of keys and values. */
export function sizeOf(texts: Iterable<readonly [string, string]>): number {
  let bytes = 0;
  for (const [key, text] of texts) bytes += Buffer.byteLength(key) + Buffer.byteLength(text);
  return bytes;
}
