import { randomUUID } from 'node:crypto';
import type { Parts } from '../compose.ts';
import { timeoutsFrom } from '../edges/cloudflare/call.ts';
import { leaseIn } from '../edges/kubernetes/lease.ts';
import { podOf } from '../edges/kubernetes/pod.ts';
import { Elector, type Lead } from '../reconcile/leader/elector.ts';
import type { Emit, MayWrite } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';

/** Who of several replicas writes. */
export interface Leadership {
  /** Asked right before each write. */
  readonly mayWrite: MayWrite;
  /**
   * Leads each time that it is this replica's turn, until it is stopped, and resolves when nothing of it is left. Rejects with
   * what `lead` rejects with, and with a ClusterError where there is no cluster to ask.
   */
  run(parts: Pick<Parts, 'cluster' | 'clock' | 'random'>, stop: AbortSignal, lead: Lead): Promise<void>;
}

/** Nothing is asked of the cluster before it is run. */
export function leadershipOf(settings: Settings, emit: Emit): Leadership {
  return settings.election.isEnabled ? new Elected(settings, emit) : ALONE;
}

/** Nobody else writes. */
const ALONE: Leadership = {
  mayWrite: () => true,
  async run(_parts, stop, lead) {
    const { signal: lost } = new AbortController();
    if (!stop.aborted) await lead({ lost, quietMs: 0, waitingMs: () => Infinity });
  },
};

class Elected implements Leadership {
  readonly #settings: Settings;
  readonly #emit: Emit;
  #elector: Elector | null = null;

  constructor(settings: Settings, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
  }

  readonly mayWrite = (): boolean => this.#elector?.gate.mayWrite() ?? false;

  async run(
    { cluster, clock, random }: Parameters<Leadership['run']>[0],
    stop: AbortSignal,
    lead: Lead,
  ): Promise<void> {
    const { election, cloudflare, environment } = this.#settings;
    const lease = leaseIn(await cluster(), election.leaseName);
    // Of this process: one that is started anew in the same pod must not take the Lease for its own.
    const identity = `${podOf(environment.reveal()).name}_${randomUUID()}`;
    const longestWriteMs = Math.max(...Object.values(timeoutsFrom(cloudflare.timeoutMs)));
    this.#elector = new Elector(
      identity,
      { lease, clock, random, emit: this.#emit },
      { ...election, longestWriteMs },
    );
    await this.#elector.run(stop, lead);
  }
}
