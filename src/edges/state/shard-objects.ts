import { LostStateError, StateError } from '../../reconcile/errors.ts';
import type { ClusterObject, ClusterObjects, FoundObject } from '../../reconcile/cluster-objects.ts';
import { lookup, write, type WriteOutcome } from './cluster-write.ts';
import { isAsWritten, noteOf, shardObject, type ShardTerms, type Term, termsOf } from './shard-object.ts';
import { shardName, type Texts } from './shards.ts';

const ATTEMPTS = 10;

/** The ConfigMaps of one state. All of it rejects with `StateError`. */
export class ShardObjects {
  readonly #state: string;
  readonly #objects: ClusterObjects;

  constructor(state: string, objects: ClusterObjects) {
    this.#state = state;
    this.#objects = objects;
  }

  /** Null: there is none. */
  find(index: number): Promise<FoundObject | null> {
    return lookup(this.#objects.get(this.#name(index)));
  }

  async have(index: number): Promise<FoundObject> {
    const found = await this.find(index);
    if (found !== null) return found;
    throw new StateError(
      `The ${this.#called(index)} is missing, although ${this.#name(0)} says that it is a part of the state. Restore it from ` +
        `a backup; or delete the rest with "${this.deletion()}", and jobs are taken over by their names again.`,
    );
  }

  termsOf(index: number, found: FoundObject): ShardTerms {
    return termsOf(found, this.#state, this.#called(index));
  }

  /** The first one, taken over from whoever had it, or made. */
  async takeFirst(writer: string): Promise<{ readonly found: FoundObject; readonly terms: ShardTerms }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const found = await this.find(0);
      const before = found && this.termsOf(0, found);
      // By the time, so that it is higher than in what is left of a state that was deleted.
      const terms = { count: before?.count ?? 1, epoch: (before?.epoch ?? Date.now()) + 1, writer };
      if (found !== null && before?.writer === writer) return { found, terms: before };
      const texts = found === null ? new Map() : textsIn(found);
      const outcome = await this.write(0, found, shardObject(this.#state, texts, terms));
      if (outcome.kind === 'done') return { found: outcome.found, terms };
      if (outcome.kind === 'doubtful' && attempt > 0) throw outcome.error;
    }
    throw this.restless();
  }

  /** A further one, with the first one taken over already. */
  async take(index: number, terms: ShardTerms): Promise<FoundObject> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const found = await this.have(index);
      const before = this.termsOf(index, found);
      if (before.epoch > terms.epoch) throw this.#overtakenBy(before);
      if (before.writer === terms.writer) return found;
      const outcome = await this.write(index, found, shardObject(this.#state, textsIn(found), terms));
      if (outcome.kind === 'done') return outcome.found;
      if (outcome.kind === 'doubtful' && attempt > 0) throw outcome.error;
    }
    throw this.restless();
  }

  /** One that does not count yet. What an earlier attempt has left there is replaced. */
  async prepare(index: number, texts: Texts, terms: ShardTerms): Promise<FoundObject> {
    const wanted = shardObject(this.#state, texts, terms);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const found = await this.find(index);
      const before = found && this.termsOf(index, found);
      if (before !== null && before.epoch > terms.epoch) throw this.#overtakenBy(before);
      const outcome = await this.write(index, found, wanted);
      if (outcome.kind === 'done') return outcome.found;
      if (outcome.kind === 'doubtful' && attempt > 0) throw outcome.error;
    }
    throw this.restless();
  }

  /** Null for what was not found. */
  write(index: number, found: FoundObject | null, wanted: ClusterObject): Promise<WriteOutcome> {
    return write(this.#objects, this.#name(index), found, wanted);
  }

  /** What is there now, if nobody but this very opening has written it. @throws LostStateError */
  async mine(index: number, term: Term): Promise<FoundObject> {
    const found = await this.find(index);
    if (found === null) {
      throw new LostStateError(
        `The ${this.#called(index)} was deleted while logpushd used it. Start logpushd again: it goes on with what is there.`,
      );
    }
    const now = this.termsOf(index, found);
    if (now.epoch !== term.epoch || now.writer !== term.writer) throw this.#overtakenBy(now);
    if (isAsWritten(found)) return found;
    throw new LostStateError(
      `The ${this.#called(index)} was changed by hand while logpushd used it. Start logpushd again: it goes on with what is there.`,
    );
  }

  /** What a person types to begin anew. */
  deletion(): string {
    return `kubectl -n ${this.#objects.namespace} delete configmap -l logpushd/state=${this.#state}`;
  }

  restless(): StateError {
    return new StateError(
      `The state kubernetes:${this.#state} in namespace ${this.#objects.namespace} changes all the time. Find out who else writes it.`,
    );
  }

  #overtakenBy({ writer }: Term): LostStateError {
    return new LostStateError(
      `The state kubernetes:${this.#state} in namespace ${this.#objects.namespace} was taken over by another logpushd ` +
        `(${writer}), so this one can save nothing any more, and writes nothing. If the other one is a replica, that is as it ` +
        'should be; if it is another installation, set "state" of one of them to another name.',
    );
  }

  #called(index: number): string {
    return `ConfigMap ${this.#name(index)} in namespace ${this.#objects.namespace}`;
  }

  #name(index: number): string {
    return shardName(this.#state, index);
  }
}

/** As it is there, also what does not belong to it any more. */
export function textsIn({ data }: ClusterObject): Texts {
  return new Map(Object.entries(data));
}

/** Whether what is there is what was to be written. */
export function isSame(found: ClusterObject, wanted: ClusterObject): boolean {
  return (['digest', 'count'] as const).every((note) => noteOf(found, note) === noteOf(wanted, note));
}
