import { LostStateError, StateError } from '../../reconcile/errors.ts';
import type { ClusterObjects, FoundObject } from '../../reconcile/cluster-objects.ts';
import { USE_FILES } from './cluster-write.ts';
import { shardObject, type Term } from './shard-object.ts';
import { isSame, ShardObjects, textsIn } from './shard-objects.ts';
import {
  COMFORTABLE_BYTES,
  MOST_BYTES,
  MOST_SHARDS,
  shardOf,
  sizeOf,
  type Texts,
  textsOf,
} from './shards.ts';

interface Shard {
  readonly index: number;
  /** As it is in the cluster, as far as is known. */
  readonly found: FoundObject;
  /** What belongs there. In the cluster may also be what has moved to another shard since. */
  readonly texts: Texts;
}

const ATTEMPTS = 4;
const AT_ONCE = 8;

/**
 * The texts of a state in ConfigMaps, each key in one of them. The first ConfigMap notes how many count.
 *
 * Opening writes every one of them anew, under a higher epoch. Each write names the version that it replaces, so after that
 * whoever had the state open before can change nothing any more, however late its writes arrive; and what stood there when it
 * was taken over is all that was ever saved. When the state grows, the new ConfigMaps are written first, and count once the
 * first one says so, in one write.
 */
export class ClusterShards {
  readonly #state: string;
  readonly #objects: ShardObjects;
  readonly #term: Term;
  readonly #lost = Promise.withResolvers<StateError>();
  #shards: readonly Shard[];
  #loss: StateError | null = null;
  /** A write was given up without knowing what became of it. */
  #isDoubtful = false;
  #splitAbove: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(state: string, objects: ShardObjects, term: Term, shards: readonly Shard[]) {
    this.#state = state;
    this.#objects = objects;
    this.#term = term;
    this.#shards = shards;
    this.#splitAbove = shards.length * COMFORTABLE_BYTES;
  }

  /** What is there; nothing is taken over. @throws StateError */
  static async read(state: string, configMaps: ClusterObjects): Promise<ReadonlyMap<string, string>> {
    const objects = new ShardObjects(state, configMaps);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const first = await objects.find(0);
      if (first === null) return new Map();
      const { count } = objects.termsOf(0, first);
      const others = await inBatches(count - 1, (offset) => objects.have(offset + 1));
      // Where it was split meanwhile, a text may have been looked for before it came and after it went.
      const after = count === 1 ? first : await objects.find(0);
      if (after !== null && objects.termsOf(0, after).count === count) return merged(shardsOf(first, others));
    }
    throw objects.restless();
  }

  /** @throws StateError */
  static async open(state: string, configMaps: ClusterObjects, writer: string): Promise<ClusterShards> {
    const objects = new ShardObjects(state, configMaps);
    const { found, terms } = await objects.takeFirst(writer);
    const others = await inBatches(terms.count - 1, (offset) => objects.take(offset + 1, terms));
    return new ClusterShards(state, objects, { epoch: terms.epoch, writer }, shardsOf(found, others));
  }

  /** Resolves once nothing can be written any more, with why. */
  get lost(): Promise<StateError> {
    return this.#lost.promise;
  }

  texts(): ReadonlyMap<string, string> {
    return merged(this.#shards);
  }

  /**
   * Null: the text goes. Asks the cluster also where nothing changes: so a save shows that this process still may.
   *
   * @throws StateError, and then the text is the old one or the new one
   */
  change(key: string, text: string | null): Promise<void> {
    const turn = (): Promise<void> => this.#change(key, text);
    // One after the other: two of one key end with the later one, and none meets a state that is being split.
    const changing = this.#last.then(turn, turn);
    this.#last = changing;
    return changing;
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async #change(key: string, text: string | null): Promise<void> {
    if (this.#loss !== null) throw this.#loss;
    if (this.#isDoubtful) await this.#look();
    await this.#makeRoom(key, text);
    const shard = this.#shardOf(key);
    await this.#write(shard, changed(shard.texts, key, text));
    await this.#split();
  }

  #shardOf(key: string): Shard {
    return this.#at(shardOf(key, this.#shards.length));
  }

  #at(index: number): Shard {
    const shard = this.#shards[index];
    if (shard === undefined) throw new Error(`the state has no shard ${index}`);
    return shard;
  }

  async #makeRoom(key: string, text: string | null): Promise<void> {
    const own = sizeOf([[key, text ?? '']]);
    const page = `The page ${key} of the state kubernetes:${this.#state}, ${Math.ceil(own / 1024)} KiB,`;
    if (own > MOST_BYTES) throw new StateError(`${page} is larger than a ConfigMap may be. ${USE_FILES}`);
    const fits = (): boolean => sizeOf(changed(this.#shardOf(key).texts, key, text)) <= MOST_BYTES;
    while (!fits() && this.#shards.length < MOST_SHARDS) await this.#double();
    if (!fits()) {
      throw new StateError(`${page} has no room: there are ${MOST_SHARDS} full ConfigMaps. ${USE_FILES}`);
    }
  }

  /** So that a save writes little. Where it fails, the state goes on as it is until it is twice as large. */
  async #split(): Promise<void> {
    const size = this.#shards.reduce((sum, { texts }) => sum + sizeOf(texts), 0);
    if (size <= this.#splitAbove || this.#shards.length >= MOST_SHARDS) return;
    try {
      await this.#double();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      this.#splitAbove = size * 2;
    }
  }

  async #double(): Promise<void> {
    const before = this.#shards.length;
    const count = before * 2;
    const terms = { ...this.#term, count };
    const added = await this.#guarded(() =>
      inBatches(before, async (offset) => {
        const index = before + offset;
        const texts = textsOf(this.#at(offset).texts, index, count);
        return { index, texts, found: await this.#objects.prepare(index, texts, terms) };
      }),
    );
    const first = this.#at(0);
    await this.#write(first, textsOf(first.texts, 0, count), count);
    const kept = this.#shards.map((shard) => ({ ...shard, texts: textsOf(shard.texts, shard.index, count) }));
    this.#shards = [...kept, ...added];
    this.#splitAbove = count * COMFORTABLE_BYTES;
  }

  async #write(shard: Shard, texts: Texts, count = this.#shards.length): Promise<void> {
    const found = await this.#guarded(() => this.#put(shard, texts, count));
    this.#shards = this.#shards.with(shard.index, { ...shard, found, texts });
  }

  async #put({ index, ...shard }: Shard, texts: Texts, count: number): Promise<FoundObject> {
    const wanted = shardObject(this.#state, texts, { ...this.#term, count });
    let { found } = shard;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const outcome = await this.#objects.write(index, found, wanted);
      if (outcome.kind === 'done') return outcome.found;
      // Somebody was faster, or the answer was lost: what is there now tells.
      found = await this.#objects.mine(index, this.#term);
      if (isSame(found, wanted)) return found;
      if (outcome.kind === 'doubtful' && attempt === ATTEMPTS) throw outcome.error;
    }
    throw this.#objects.restless();
  }

  /** After a write of which nobody knows what became: what is there is what is known from now on. */
  async #look(): Promise<void> {
    await this.#guarded(async () => {
      const first = await this.#objects.mine(0, this.#term);
      const { count } = this.#objects.termsOf(0, first);
      const others = await inBatches(count - 1, (offset) => this.#objects.mine(offset + 1, this.#term));
      this.#shards = shardsOf(first, others);
    });
    this.#isDoubtful = false;
  }

  /** Where something fails, it is looked at before the next write; what is another's by now stays lost. */
  async #guarded<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      this.#isDoubtful = true;
      if (error instanceof LostStateError) {
        this.#loss ??= error;
        this.#lost.resolve(this.#loss);
      }
      throw error;
    }
  }
}

function changed(texts: Texts, key: string, text: string | null): Texts {
  const after = new Map(texts);
  if (text === null) after.delete(key);
  else after.set(key, text);
  return after;
}

function shardsOf(first: FoundObject, others: readonly FoundObject[]): readonly Shard[] {
  const count = others.length + 1;
  return [first, ...others].map((found, index) => ({
    index,
    found,
    texts: textsOf(textsIn(found), index, count),
  }));
}

function merged(shards: readonly Shard[]): ReadonlyMap<string, string> {
  return new Map(shards.flatMap(({ texts }) => [...texts]));
}

/** What becomes of each number below `count`, in order, a few at a time. */
async function inBatches<T>(count: number, work: (number: number) => Promise<T>): Promise<readonly T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const batch = Math.min(AT_ONCE, count - done.length);
    done.push(
      ...(await Promise.all(Array.from({ length: batch }, (_, offset) => work(done.length + offset)))),
    );
  }
  return done;
}
