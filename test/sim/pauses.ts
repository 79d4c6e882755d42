import type { Pause } from '../../src/core/job/job.ts';
import { endOf } from '../../src/core/plan/pause.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import type { Write } from './cloud.ts';
import { scopeWith } from './manifests.ts';
import type { Oracles } from './oracles.ts';
import type { Simulation } from './simulation.ts';

interface Standing {
  readonly zone: number;
  readonly pause: Pause;
  readonly at: number;
  /** Names of jobs that were written since. */
  readonly written: Set<string>;
  changesTold: number;
}

/** Where a pause stands only the change that was under way comes to its end. */
export class Pauses {
  readonly #simulation: Simulation;
  readonly #oracles: Oracles;
  #standing: readonly Standing[] = [];

  constructor(simulation: Simulation, oracles: Oracles) {
    this.#simulation = simulation;
    this.#oracles = oracles;
  }

  /** Whoever asked for it has been told that it is in force. */
  onPaused(zone: number, pause: Pause): void {
    this.#simulation.count('pause in force');
    // Each of two daemons knows its own.
    if (this.#oracles.hadTwoLeaders) return;
    const at = this.#simulation.scheduler.now;
    this.#drop(zone, pause);
    this.#standing = [...this.#standing, { zone, pause, at, written: new Set(), changesTold: 0 }];
  }

  /** They are lost with the state, or to be ended. */
  forget(): void {
    this.#standing = [];
  }

  onWrite({ zone, sentAt }: Write, name: string): void {
    for (const one of this.#inForce(zone, name)) {
      if (sentAt <= one.at) continue;
      one.written.add(name);
      if (one.written.size > 1) this.#violate(one, `${[...one.written].join(' and ')} were written`);
    }
  }

  onEvent(event: ReconcileEvent): void {
    if (event.type === 'pause.ended') this.#drop(scopeWith(event.scope.id), event.pause);
    if (event.type === 'scope.planned' && (event.plan.desired.pauses ?? []).length > 0)
      this.#simulation.count('planned in a pause');
    if (event.type !== 'change.applied' && event.type !== 'change.failed') return;
    for (const one of this.#inForce(scopeWith(event.scope.id), event.change.name)) {
      one.changesTold += 1;
      if (one.changesTold > 1)
        this.#violate(one, `${event.change.action} ${event.change.name} is the second change`);
    }
  }

  #inForce(zone: number | null, name: string): readonly Standing[] {
    const now = this.#simulation.cloud.now + this.#simulation.wall.offsetMs;
    return this.#standing.filter(
      (one) => one.zone === zone && (one.pause.job ?? name) === name && now < endOf(one.pause),
    );
  }

  #drop(zone: number | null, { job }: Pause): void {
    this.#standing = this.#standing.filter((one) => one.zone !== zone || one.pause.job !== job);
  }

  #violate({ zone, pause, at }: Standing, what: string): void {
    this.#oracles.violate('write-while-paused', `${zone}/${pause.job ?? '*'} since ${at}: ${what}`);
  }
}
