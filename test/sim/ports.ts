import type { ScopeKey } from '../../src/core/job/job.ts';
import { Secret } from '../../src/core/secret.ts';
import { SourceError, StateError } from '../../src/reconcile/errors.ts';
import type { Clock, ManifestSource, ReferenceResolver, StateStore } from '../../src/reconcile/ports.ts';
import { type Naming, textOf } from './manifests.ts';
import type { Process } from './process.ts';
import { hash32 } from './random.ts';
import { SECRET_NAMES, type WorldSpec } from './scenario.ts';
import type { Simulation } from './simulation.ts';

/** The ports of one process, on virtual time. A call of a process that has ended never returns. */

export function simulatedClock({ scheduler, cloud, wall }: Simulation, process: Process): Clock {
  return {
    now: () => cloud.now + wall.offsetMs,
    monotonic: () => scheduler.now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const wake = (): void => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const task = scheduler.after(ms, process, `${process.id} wakes`, wake);
        const leave = (): void => {
          task.cancelled = true;
          reject(signal.reason);
        };
        signal.addEventListener('abort', leave, { once: true });
      }),
  };
}

/** A call of a port: some time passes, the effect happens, and its outcome is told. */
function call<T>(simulation: Simulation, process: Process, label: string, effect: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!process.touches(label)) return;
    simulation.scheduler.after(simulation.delay(), process, `${process.id} ${label}`, () => {
      try {
        const value = effect();
        if (process.touches(label, 'after')) resolve(value);
      } catch (error) {
        if (process.touches(label, 'after')) reject(error);
      }
    });
  });
}

export function simulatedState(simulation: Simulation, process: Process): StateStore {
  const { disk } = simulation;
  const change = (label: string, effect: (acknowledged: boolean) => void): Promise<void> =>
    call(simulation, process, label, () => {
      const fault = simulation.take('save-fails');
      const isFull = simulation.conditions.isDiskFull;
      if (isFull) simulation.count('save on a full disk');
      if (!isFull && (fault === null || fault.saved)) {
        simulation.keepBackup();
        effect(fault === null);
      }
      if (isFull || fault !== null) throw new StateError('The state cannot be written: no space left.');
    });
  return {
    load: () =>
      call(simulation, process, 'loads', () => {
        if (simulation.take('load-fails') !== null) throw new StateError('The state cannot be read.');
        return new Map(disk);
      }),
    save: (key: ScopeKey, text) =>
      change('saves', (acknowledged) => {
        disk.set(key, text);
        simulation.oracles.onState(text, acknowledged);
      }),
    remove: (key) => change('removes', () => disk.delete(key)),
    fingerprint: async () => fingerprint,
  };
}

function namingOf({ bySelector = false, byName, scopes }: WorldSpec): Naming {
  if (scopes === 'account') return byName ? 'account-name' : 'account';
  if (bySelector) return 'selector';
  return byName ? 'name' : 'id';
}

/** Stands for the keyed digest; collisions would be differences not seen, so it has 64 bits. */
function fingerprint(text: string): string {
  return hash32(text, 0x1234_5678).toString(16) + hash32(text, 0x09ab_cdef).toString(16);
}

export function simulatedSource(simulation: Simulation, process: Process): ManifestSource {
  return {
    read: () =>
      call(simulation, process, 'reads the manifest', () => {
        const { version, world } = simulation;
        const text = simulation.take('read-fails') === null ? textOf(version, namingOf(world)) : null;
        if (text === null) throw new SourceError('The manifest changes while it is read.');
        return text;
      }),
  };
}

export function simulatedReferences(simulation: Simulation, process: Process): ReferenceResolver {
  return {
    read: () =>
      call(simulation, process, 'reads secrets', () => {
        const secrets = new Map<string, Secret>();
        const unreadable = new Map<string, string>();
        for (const name of SECRET_NAMES) {
          const value = simulation.secrets.valueOf(name);
          if (value === null) unreadable.set(name, 'there is no such file');
          else secrets.set(name, new Secret(value));
        }
        return { env: new Map(), secrets, unreadable };
      }),
  };
}
