import { StateError } from '../errors.ts';
import type { EventOf } from './events.ts';

/** Of what is told of the past alone. It is begun anew: what it tells is worth less than a daemon that starts. */
export function damagedRecord(
  what: EventOf<'record.damaged'>['what'],
  keys: readonly string[],
  forgotten: string,
): EventOf<'record.damaged'> {
  const error = new StateError(
    `The state ${keys.join(', ')} is damaged, or another version of logpushd has written it. It is begun anew: ` +
      `${forgotten} is forgotten, and nothing else. To keep it, stop logpushd and restore the file from a backup.`,
  );
  return { type: 'record.damaged', what, error };
}
