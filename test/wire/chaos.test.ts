import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Running } from '../e2e/process.ts';
import { honest, type Meddler } from './raw-cloudflare.ts';
import { END, endByTheNext, withWorkToDo } from './story.ts';

const STARTS = 4;
const REQUESTS_OF_A_START = 6;

/** Whole numbers below a limit, the same for the same seed (Park and Miller). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

type Signal = (running: Running) => unknown;

const SIGNALS: readonly Signal[] = [
  ({ child }) => child.kill('SIGKILL'),
  ({ child }) => child.kill('SIGTERM'),
  async ({ child }) => {
    child.kill('SIGTERM');
    await setImmediate();
    child.kill('SIGTERM');
  },
  async ({ child }) => {
    child.kill('SIGSTOP');
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    child.kill('SIGCONT');
  },
  ({ child }) => child.kill('SIGHUP'),
];

const ANSWERS: readonly Meddler[] = [
  honest,
  ({ socket }) => socket.resetAndDestroy(),
  ({ carryOut, socket }) => {
    carryOut();
    socket.resetAndDestroy();
  },
];

it.each([11, 22, 33])('F38 F39 F40 signals at random (seed %i) come to the same end', async (seed) => {
  const below = numbers(seed);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const place = await withWorkToDo();
  for (let start = 0; start < STARTS; start += 1) {
    const running = place.daemon({ isFast: true });
    const [at, signal, answer] = [1 + below(REQUESTS_OF_A_START), pick(SIGNALS), pick(ANSWERS)];
    place.cloudflare.meddle((exchange) => {
      if (exchange.count !== at) return honest(exchange);
      void signal(running);
      return answer(exchange);
    });
    // A start that is not ended by its signal, or has too little to do to meet it, is ended when it is done.
    await running.says(/"event":"daemon.watching"/).catch(() => undefined);
    running.child.kill('SIGTERM');
    await running.ended;
  }
  place.cloudflare.meddle(honest);
  expect(await endByTheNext(place)).toEqual(END);
});
