import { describe, expect, it } from 'vitest';
import type { FaultOptions } from '../edges/cloudflare/fault-server.ts';
import { honest, type Meddler, meddlingWith } from './raw-cloudflare.ts';
import { WireWorld } from './wire-world.ts';

const JOB = '{ name: made, max_upload_records: 1000 }';
const isCreate = ({ method }: { readonly method: string }): boolean => method === 'POST';

/** The bytes of one create and of its answer, as they are when nothing goes wrong. */
async function anExchange(): Promise<{ readonly request: number; readonly answer: number }> {
  const world = await WireWorld.open();
  const sizes = { request: 0, answer: 0 };
  world.wants(JOB);
  world.cloudflare.meddle(
    meddlingWith(isCreate, ({ socket, carryOut }) => {
      const answer = carryOut();
      sizes.request = socket.bytesRead;
      sizes.answer = answer.length;
      socket.write(answer);
    }),
  );
  await world.settle();
  expect(world.cloudflare.names()).toEqual(['made']);
  return sizes;
}

/** One world for many offsets: the job is taken out of the manifest between two of them. */
class Offsets {
  readonly #world: WireWorld;

  private constructor(world: WireWorld) {
    this.#world = world;
  }

  static async open(): Promise<Offsets> {
    return new Offsets(await WireWorld.open());
  }

  /** Has one create go wrong, and then three passes in which nothing does. */
  async through(
    meddler: Meddler,
    onPiece?: FaultOptions['onPiece'],
  ): Promise<{ readonly sent: number; readonly jobs: readonly string[]; readonly made: number }> {
    const world = this.#world;
    world.cloudflare.model.reset();
    world.forget();
    world.wants(JOB);
    const [sentBefore, madeBefore] = [world.writes().length, world.cloudflare.made()];
    world.cloudflare.meddle(meddler, onPiece);
    await world.pass();
    const sent = world.writes().length - sentBefore;
    world.cloudflare.meddle(honest);
    await world.settle(1);
    return { sent, jobs: world.cloudflare.names(), made: world.cloudflare.made() - madeBefore };
  }
}

describe('a create whose connection is reset', { timeout: 120_000 }, () => {
  it('after whatever byte of the request leads to exactly one job', async () => {
    const { request } = await anExchange();
    const offsets = await Offsets.open();
    const wrong: unknown[] = [];
    for (let offset = 1; offset < request; offset += 1) {
      let isDone = false;
      const cut = ({ socket }: { socket: { resetAndDestroy(): unknown } }): void => {
        isDone = true;
        socket.resetAndDestroy();
      };
      const outcome = await offsets.through(meddlingWith(isCreate, cut, 1), (socket, soFar) => {
        if (isDone || !soFar.startsWith('POST') || soFar.length < offset) return;
        cut({ socket });
      });
      if (outcome.jobs.join() !== 'made' || outcome.made !== 1) wrong.push({ offset, ...outcome });
    }
    expect(wrong).toEqual([]);
  });

  it('after whatever byte of the answer leads to exactly one job, and no second request', async () => {
    const { answer } = await anExchange();
    const offsets = await Offsets.open();
    const wrong: unknown[] = [];
    for (let offset = 0; offset < answer; offset += 1) {
      const cut: Meddler = ({ socket, carryOut }) =>
        socket.write(carryOut().subarray(0, offset), () => socket.resetAndDestroy());
      const outcome = await offsets.through(meddlingWith(isCreate, cut, 1));
      if (outcome.jobs.join() !== 'made' || outcome.made !== 1 || outcome.sent !== 1) {
        wrong.push({ offset, ...outcome });
      }
    }
    expect(wrong).toEqual([]);
  });
});
