import { isScopeKey } from '../../core/job/job.ts';
import { StateError } from '../../reconcile/errors.ts';
import type { ClusterObjects, FoundObject } from '../../reconcile/cluster-objects.ts';
import { lookup, write } from './cluster-write.ts';
import { type FreshKey, RANDOM_KEY } from './fingerprint.ts';
import { labelsOf } from './shard-object.ts';

const ENTRY = 'fingerprint.key';
const ATTEMPTS = 5;

/**
 * The key of the fingerprints, in a Secret of its own: who may read the ledger cannot try out guesses against it. Made once,
 * by whoever is first; a Secret without it, as a chart makes one, is filled.
 */
export class ClusterKey {
  readonly #state: string;
  readonly #secrets: ClusterObjects;
  readonly #fresh: FreshKey;

  constructor(state: string, secrets: ClusterObjects, fresh: FreshKey = RANDOM_KEY) {
    this.#state = state;
    this.#secrets = secrets;
    this.#fresh = fresh;
  }

  /** Null: there is none yet. @throws StateError */
  async known(): Promise<Buffer | null> {
    const text = (await this.#find())?.data[ENTRY];
    if (text === undefined) return null;
    if (/^[0-9a-f]{64}\n$/u.test(text)) return Buffer.from(text.trim(), 'hex');
    throw new StateError(
      `"${ENTRY}" in the ${this.#called()} is damaged: it must hold 64 hexadecimal digits and a line feed. ${this.#restore()}`,
    );
  }

  /** Keeps this one, unless there is one; resolves to the one that is there then. @throws StateError */
  async keep(key: Buffer): Promise<Buffer> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const known = await this.known();
      if (known !== null) return known;
      const found = await this.#find();
      const data = { ...found?.data, [ENTRY]: `${key.toString('hex')}\n` };
      const labels = found === null ? labelsOf(this.#state) : {};
      const outcome = await write(this.#secrets, this.#state, found, { data, labels, annotations: {} });
      if (outcome.kind === 'doubtful' && attempt > 0) throw outcome.error;
    }
    throw new StateError(
      `The ${this.#called()} could not be written: it changes all the time. Find out who else writes it.`,
    );
  }

  /** Makes one where there is none. @throws StateError */
  async make(texts: ReadonlyMap<string, string>): Promise<Buffer> {
    return (await this.known()) ?? this.keep(await this.toRead(texts));
  }

  /**
   * One that is not kept where there is none. @param texts what the state holds: with a new key every job of it would look as if
   * manifest and Cloudflare had both moved. @throws StateError
   */
  async toRead(texts: ReadonlyMap<string, string>): Promise<Buffer> {
    const known = await this.known();
    if (known !== null) return known;
    const scopes = [...texts.keys()].filter(isScopeKey).length;
    if (scopes === 0) return this.#fresh();
    throw new StateError(
      `"${ENTRY}" in the ${this.#called()} is missing, although the state remembers the jobs of ${scopes} scopes. ${this.#restore()}`,
    );
  }

  #find(): Promise<FoundObject | null> {
    return lookup(this.#secrets.get(this.#state));
  }

  #restore(): string {
    return (
      'Restore the Secret from a backup; or delete both with ' +
      `"kubectl -n ${this.#secrets.namespace} delete configmap,secret -l logpushd/state=${this.#state}", and jobs are ` +
      'taken over by their names again.'
    );
  }

  #called(): string {
    return `Secret ${this.#state} in namespace ${this.#secrets.namespace}`;
  }
}
