import { ClusterError, type ClusterFault } from '../../reconcile/cluster-error.ts';
import { planned, type ReconcileError } from '../../reconcile/errors.ts';
import type { Clock, Random } from '../../reconcile/ports.ts';
import type { Cluster, WatchLine } from './cluster.ts';
import { configMapsPath, identityOf } from './config-map.ts';

export interface ConfigMapWatchPorts {
  readonly open: () => Promise<Cluster>;
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>;
  readonly random: Random;
  /** Look again: a ConfigMap may have changed. */
  readonly onChange: () => void;
  /** Changes of a ConfigMap go unseen for longer than a moment; null once they are seen again. */
  readonly onTrouble: (name: string, error: ReconcileError | null) => void;
}

export interface ConfigMapWatch {
  close(): Promise<void>;
}

/** Short, so that a connection that has died without a word is not waited on for long. */
const WATCH_SECONDS = 60;
/** What the server may take longer than it was told. */
const SLACK_SECONDS = 15;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;
/** A watch that ends sooner, and without a word, was none. */
const SHORTEST_WATCH_MS = 1_000;
/** Nothing was said about the version to go on from. */
const NO_ANSWER: ReadonlySet<ClusterFault> = new Set(['unreachable', 'timeout']);
/** So many failures in a row are no hiccup. */
const TELLING_FAILURES = 3;

/**
 * Watches ConfigMaps, each by its name, so that the right to do so can be limited to them. Goes on where it was after each end
 * of a watch, and lists anew where that is too old; what has changed in between is told then. Once it resolves, a change is not
 * missed, unless the cluster cannot be reached.
 */
export async function watchConfigMaps(
  names: readonly string[],
  ports: ConfigMapWatchPorts,
): Promise<ConfigMapWatch> {
  const ending = new AbortController();
  const followers = names.map((name) => new Follower(name, ports, ending.signal));
  const running = followers.map((follower) => follower.run());
  await Promise.all(followers.map(({ began }) => began));
  return {
    close: async () => {
      ending.abort();
      await Promise.all(running);
    },
  };
}

class Follower {
  readonly #name: string;
  readonly #ports: ConfigMapWatchPorts;
  readonly #ending: AbortSignal;
  readonly #begun = Promise.withResolvers<void>();
  /** The version of the cluster to go on from; null: it has to be listed. */
  #since: string | null = null;
  /** The version of the ConfigMap; null: there is none; undefined: nobody has looked yet. */
  #seen: string | null | undefined;
  #failures = 0;

  constructor(name: string, ports: ConfigMapWatchPorts, ending: AbortSignal) {
    this.#name = name;
    this.#ports = ports;
    this.#ending = ending;
  }

  /** Resolves once it has listed, or could not. */
  get began(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves at the end; rejects with a bug. */
  async run(): Promise<void> {
    try {
      while (!this.#ending.aborted) await this.#turn();
    } catch (error) {
      if (!this.#ending.aborted) throw error;
    } finally {
      this.#begun.resolve();
    }
  }

  async #turn(): Promise<void> {
    try {
      const cluster = await this.#ports.open();
      this.#since ??= await this.#list(cluster);
      this.#begun.resolve();
      await this.#follow(cluster, this.#since);
      this.#succeed();
    } catch (error) {
      this.#fail(planned(error));
    }
    if (this.#failures > 0) await this.#ports.clock.sleep(this.#waitMs(), this.#ending);
  }

  async #list(cluster: Cluster): Promise<string> {
    const { metadata, items } = await cluster.ask({
      method: 'GET',
      ...this.#call(cluster, {}, this.#ending),
    });
    const found = (Array.isArray(items) ? items : [])
      .map((item) => identityOf(item))
      .find(({ name }) => name === this.#name);
    this.#see(found?.version ?? null);
    return identityOf({ metadata: metadata ?? null }).version;
  }

  async #follow(cluster: Cluster, since: string): Promise<void> {
    const { clock } = this.#ports;
    const began = clock.monotonic();
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#ending, silence.signal]);
    const waiting = clock
      .sleep((WATCH_SECONDS + SLACK_SECONDS) * 1000, signal)
      .then(() => silence.abort())
      .catch(() => undefined);
    try {
      const query = {
        watch: 'true',
        resourceVersion: since,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(WATCH_SECONDS),
      };
      const call = this.#call(cluster, query, signal);
      const onBegin = (): void =>
        void clock
          .sleep(SHORTEST_WATCH_MS, signal)
          .then(() => this.#succeed())
          .catch(() => undefined);
      for await (const line of cluster.watch({ ...call, onBegin })) this.#take(line);
      if (this.#since === since && clock.monotonic() - began < SHORTEST_WATCH_MS) {
        throw new ClusterError('failing', {
          action: call.action,
          cause: 'the watch ends as soon as it begins',
        });
      }
    } catch (error) {
      // It has died in silence: nobody answers for that.
      if (!silence.signal.aborted) throw error;
    } finally {
      silence.abort();
      await waiting;
    }
  }

  #call({ namespace }: Cluster, query: { readonly [name: string]: string }, signal: AbortSignal) {
    const asked = new URLSearchParams({ fieldSelector: `metadata.name=${this.#name}`, ...query });
    return {
      action: `watch the ConfigMap "${this.#name}" in the namespace ${namespace}`,
      path: `${configMapsPath(namespace)}?${asked.toString()}`,
      signal,
    };
  }

  #take({ type, object }: WatchLine): void {
    const { name, version } = identityOf(object);
    this.#since = version;
    this.#succeed();
    if (type !== 'BOOKMARK' && name === this.#name) this.#see(type === 'DELETED' ? null : version);
  }

  #see(version: string | null): void {
    // Who has begun before the cluster could be reached has seen nothing of it either.
    const isNews = this.#seen === undefined ? this.#failures > 0 : this.#seen !== version;
    this.#seen = version;
    if (isNews) this.#ports.onChange();
  }

  #succeed(): void {
    if (this.#failures >= TELLING_FAILURES) this.#ports.onTrouble(this.#name, null);
    this.#failures = 0;
  }

  #fail(error: ReconcileError): void {
    if (this.#ending.aborted) return;
    this.#begun.resolve();
    // Whatever it did not take, the version to go on from may be why, as after a restore of etcd.
    if (!(error instanceof ClusterError) || !NO_ANSWER.has(error.fault)) this.#since = null;
    this.#failures += 1;
    if (this.#failures === TELLING_FAILURES) this.#ports.onTrouble(this.#name, error);
  }

  #waitMs(): number {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    return longest * (0.5 + this.#ports.random() / 2);
  }
}
