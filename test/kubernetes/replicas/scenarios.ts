import { NAMES, type Rig } from './rig.ts';
import type { Write } from './wire.ts';

/** What a run measures: from the disturbance, or from the start, until another one led, and until it wrote. */
export interface Measured {
  readonly electedMs: number;
  readonly wroteMs: number | null;
}

/**
 * What happens to three replicas that are in sync. It begins with the nth write of a new version of the manifest, which the
 * replica has sent and Cloudflare has not carried out yet, and ends in sync again, one of them leading.
 */
export type Scenario = (rig: Rig, nth: number) => Promise<Measured>;

/** All end at once, and begin at once with a new version. */
const coldStart: Scenario = async (rig) => {
  const before = [...rig.replicas.values()];
  for (const replica of before) replica.signal('SIGTERM');
  await Promise.all(before.map(({ ended }) => ended));
  await rig.edit();
  const from = Date.now();
  const writes = rig.wire.writes.length;
  const { at } = await rig.elected(await rig.startMissing());
  await rig.inSync();
  return measured(rig, from, at, writes);
};

/** The leader is killed; Cloudflare carries the write out, and nobody hears of it. */
const killed: Scenario = (rig, nth) =>
  atWrite(rig, nth, async (leader) => {
    leader.signal('SIGKILL');
    await leader.ended;
    return null;
  });

/** The leader is asked to end, as by a rolling update. */
const terminated: Scenario = (rig, nth) =>
  atWrite(rig, nth, async (leader) => {
    leader.signal('SIGTERM');
    await Promise.resolve();
    return null;
  });

/** The leader stands still until another one has brought everything in sync, and then goes on where it was. */
const frozen: Scenario = (rig, nth) =>
  atWrite(rig, nth, async (leader) => {
    leader.signal('SIGSTOP');
    await Promise.resolve();
    return async () => {
      const mark = leader.mark;
      leader.signal('SIGCONT');
      await rig.says(leader, 'leader.lost', mark);
      await rig.edit();
      await rig.inSync();
    };
  });

/** The API server gives no answer to anybody, until the leader has noticed and the manifest has changed once more. */
const apiserverAway: Scenario = (rig, nth) =>
  withoutCluster(
    rig,
    nth,
    async () => rig.cluster.pause(),
    async () => rig.cluster.resume(),
  );

const leaseDeleted: Scenario = (rig, nth) =>
  withoutCluster(
    rig,
    nth,
    () => rig.cluster.remove('Lease'),
    () => rig.cluster.restore('Lease'),
  );

const rightsRemoved: Scenario = (rig, nth) =>
  withoutCluster(
    rig,
    nth,
    () => rig.cluster.remove('RoleBinding'),
    () => rig.cluster.restore('RoleBinding'),
  );

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'all start at once': coldStart,
  'leader killed (SIGKILL)': killed,
  'leader ended (SIGTERM)': terminated,
  'leader frozen (SIGSTOP), then going on': frozen,
  'API server away, then back': apiserverAway,
  'Lease deleted, then made again': leaseDeleted,
  'rights removed, then given back': rightsRemoved,
};

type Disturbed = (leader: ReturnType<Rig['leader']>) => Promise<(() => Promise<void>) | null>;

/** Disturbs the leader at its nth write; another one takes over and ends what it began. What `disturb` returns comes after that. */
async function atWrite(rig: Rig, nth: number, disturb: Disturbed): Promise<Measured> {
  const leader = rig.leader();
  const others = [...rig.replicas.values()].filter((replica) => replica !== leader);
  const election = rig.elected(others);
  const arrived = nthWrite(rig, nth, () => disturb(leader));
  await rig.edit();
  const { at: from, done } = await arrived;
  const after = await done;
  const writes = rig.wire.writes.length;
  const { at } = await election;
  await rig.inSync();
  const figures = measured(rig, from, at, writes);
  await after?.();
  return figures;
}

/** Takes the cluster from all at the nth write, until the leader has stopped to lead. */
async function withoutCluster(
  rig: Rig,
  nth: number,
  take: () => Promise<void>,
  giveBack: () => Promise<void>,
): Promise<Measured> {
  const leader = rig.leader();
  const mark = leader.mark;
  const arrived = nthWrite(rig, nth, take);
  await rig.edit();
  await (
    await arrived
  ).done;
  await rig.says(leader, 'leader.lost', mark);
  await rig.edit();
  const writes = rig.wire.writes.length;
  const election = rig.elected([...rig.replicas.values()]);
  const from = Date.now();
  await giveBack();
  const { at } = await election;
  await rig.inSync();
  return measured(rig, from, at, writes);
}

/** Resolves when the nth write from now on has arrived; it goes on to Cloudflare when `then` has settled. */
function nthWrite<T>(
  rig: Rig,
  nth: number,
  then: () => Promise<T>,
): Promise<{ readonly at: number; readonly done: Promise<T> }> {
  let left = nth;
  return new Promise((arrived) => {
    rig.wire.onWrite = ({ at }: Write) => {
      left -= 1;
      if (left !== 0) return undefined;
      const done = then();
      arrived({ at, done });
      return done.then(
        () => undefined,
        () => undefined,
      );
    };
  });
}

function measured(rig: Rig, from: number, electedAt: number, writesBefore: number): Measured {
  const [first] = rig.wire.writes.slice(writesBefore);
  return { electedMs: electedAt - from, wroteMs: first === undefined ? null : first.at - from };
}

/** Brings all three up, in sync, one of them leading. */
export async function settle(rig: Rig): Promise<void> {
  const started = await rig.startMissing();
  await Promise.all(started.map((replica) => replica.says('manifest.accepted', 0, 60_000)));
  if (started.length === NAMES.length)
    await Promise.any(started.map((replica) => rig.says(replica, 'daemon.watching', 0)));
  await rig.inSync();
}
