import type { Replica } from './replica.ts';
import type { Write } from './wire.ts';

/** How long before it was received a write may have been sent, on a machine that is busy. */
const ON_THE_WAY_MS = 250;

/**
 * What must not happen, whatever happens to the replicas. Told by the wire, which sees every write, and by when replicas said
 * that they lead.
 */
export function violations(writes: readonly Write[], replicas: readonly Replica[]): readonly string[] {
  return [...doubled(writes), ...writes.flatMap((write) => outsideOfLeading(write, replicas))];
}

/** A create is sent once, and any other write by one replica alone, which may repeat it. */
function doubled(writes: readonly Write[]): readonly string[] {
  const groups = Map.groupBy(writes, ({ method, path, body }) => `${method} ${path} ${body}`);
  return [...groups].flatMap(([what, same]) => {
    const writers = new Set(same.map(({ replica }) => replica));
    const isOnce = same[0]?.method === 'POST' ? same.length === 1 : writers.size === 1;
    return isOnce
      ? []
      : [`written ${same.length} times, by ${[...writers].join(' and ')}: ${what.slice(0, 120)}`];
  });
}

/** A write comes from the replica that was elected last, before it said that it stopped to lead. */
function outsideOfLeading(write: Write, replicas: readonly Replica[]): readonly string[] {
  const turns = replicas
    .flatMap(({ name, said }) => said.map(({ event, at }) => ({ name, event, at })))
    .filter(({ event, at }) => event.startsWith('leader.') && at <= write.at)
    .toSorted((one, other) => one.at - other.at);
  const elected = turns.findLast(({ event }) => event === 'leader.elected');
  const told = `${write.replica}: ${write.method} ${write.path} at ${new Date(write.at).toISOString()}`;
  if (elected === undefined) return [`a write before anybody led, of ${told}`];
  if (elected.name !== write.replica) return [`a write while ${elected.name} led, of ${told}`];
  const lost = turns.find(
    ({ name, event, at }) => name === write.replica && event === 'leader.lost' && at >= elected.at,
  );
  const isLate = lost !== undefined && write.at > lost.at + ON_THE_WAY_MS;
  return isLate ? [`a write after it had stopped to lead, of ${told}`] : [];
}
