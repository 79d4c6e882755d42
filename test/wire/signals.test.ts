import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Running } from '../e2e/process.ts';
import { honest, isWrite, meddlingWith, type Meddler } from './raw-cloudflare.ts';
import { END, endBy, endByTheNext, endOf, withWorkToDo } from './story.ts';
import { TOKEN } from './place.ts';

const ENDED_WELL = { code: 0, signal: null };
const WRITES = ['POST', 'PUT', 'DELETE'];
const isJobs = ({ path }: { readonly path: string }): boolean => path.includes('/jobs');

describe('F39 a process that gets SIGTERM', () => {
  it.each(['GET', ...WRITES])(
    'while its %s is under way begins no write after it, and ends with 0',
    async (method) => {
      const place = await withWorkToDo();
      const running = place.daemon();
      const { cloudflare } = place;
      const held: { answer?: () => void; writesBefore?: number } = {};
      cloudflare.meddle(
        meddlingWith(
          (request) => request.method === method && isJobs(request),
          ({ socket, carryOut }) => {
            held.writesBefore = cloudflare.writes();
            held.answer = () => socket.write(carryOut());
          },
          1,
        ),
      );
      await cloudflare.until(() => held.answer !== undefined);
      running.child.kill('SIGTERM');
      await running.says(/"event":"daemon.stopping"/);
      held.answer?.();
      expect(await running.ended).toEqual(ENDED_WELL);
      expect(cloudflare.writes()).toBe(held.writesBefore);
      expect(running.stderr).not.toMatch(/"event":"change.failed"/);
      await place.sync();
      expect(endOf(place)).toEqual(END);
    },
  );

  it.each([1, 2, 3, 4])('at any moment (seed %i) ends with 0 and leaves nothing half done', async (seed) => {
    const place = await withWorkToDo();
    const running = place.daemon();
    await running.says(/"event":"daemon.started"/);
    const turns = (seed * 7919) % 40;
    await place.cloudflare.until(() => place.cloudflare.requests.length >= seed);
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    const applied = running.stderr.match(/"event":"change.applied"/g)?.length ?? 0;
    expect(place.cloudflare.carriedOut.filter(isWrite).length - 3).toBe(applied);
    await place.sync();
    expect(endOf(place)).toEqual(END);
  });

  it('while its create is never answered ends with 0 when the time for it is up', async () => {
    const place = await withWorkToDo();
    const running = place.daemon({ env: { LOGPUSHD_CLOUDFLARE_TIMEOUT_MS: '1000' } });
    const { cloudflare } = place;
    cloudflare.meddle(
      meddlingWith(
        ({ method }) => method === 'POST',
        ({ carryOut }) => void carryOut(),
      ),
    );
    await cloudflare.until(() => cloudflare.made() === END.made);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual(ENDED_WELL);
    cloudflare.meddle(honest);
    expect(await endByTheNext(place)).toEqual(END);
  });
});

/** Resolves when the process does not run any more: a signal takes its time. */
async function isStopped({ child }: Running): Promise<void> {
  for (;;) {
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')) return;
    await setImmediate();
  }
}

describe('F40 a process that sleeps (SIGSTOP) while a request is under way', () => {
  const DURING: readonly (readonly [string, Meddler])[] = [
    ['is answered', honest],
    [
      'is carried out and then cut off',
      ({ carryOut, socket }) => {
        carryOut();
        socket.resetAndDestroy();
      },
    ],
    ['is cut off', ({ socket }) => socket.resetAndDestroy()],
  ];
  it.each(DURING)('that %s comes to the same end when it wakes', async (_, during) => {
    const place = await withWorkToDo();
    const running = place.daemon({ isFast: true });
    place.cloudflare.meddle(
      meddlingWith(
        (request) => WRITES.includes(request.method),
        (exchange) => {
          running.child.kill('SIGSTOP');
          void isStopped(running).then(() => {
            during(exchange);
            running.child.kill('SIGCONT');
          });
        },
        3,
      ),
    );
    await running.says(/"event":"daemon.watching"/);
    expect(await endBy(place, running)).toEqual(END);
  });
});

/** Resolves when the process has taken every signal that was sent, and waits for something else to happen. */
async function isAtRest({ child }: Running): Promise<void> {
  for (let quiet = 0; quiet < 50;) {
    await setImmediate();
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
    quiet = /^State:\tS/m.test(status) && /^ShdPnd:\t0+$/m.test(status) ? quiet + 1 : 0;
  }
}

function atItsCreate(running: Running, act: (exchange: Parameters<Meddler>[0]) => unknown): Meddler {
  return meddlingWith(
    ({ method }) => method === 'POST',
    (exchange) => {
      running.child.kill('SIGUSR2');
      return act(exchange);
    },
    1,
  );
}

const TROUBLE = ['--import', join(import.meta.dirname, 'trouble.ts')];

describe('F43 a process whose event loop is blocked', () => {
  it('while its create is carried out and its connection is lost comes to the same end', async () => {
    const place = await withWorkToDo();
    const until = join(place.folder, 'unblocked');
    const running = place.daemon({
      isFast: true,
      nodeArgs: TROUBLE,
      env: { WIRE_TROUBLE: 'a busy event loop', WIRE_BLOCK_UNTIL: until },
    });
    place.cloudflare.meddle(
      atItsCreate(running, ({ carryOut, socket }) => {
        void running.says(/BLOCKED/).then(() => {
          carryOut();
          socket.resetAndDestroy();
          writeFileSync(until, '');
        });
      }),
    );
    await running.says(/"event":"daemon.watching"/);
    expect(await endBy(place, running)).toEqual(END);
  });
});

describe('a process that meets', () => {
  it.each([
    ['F44', 'a full heap', { code: null, signal: 'SIGABRT' }],
    ['F45', 'an exception', { code: 70, signal: null }],
    ['F45', 'a rejection', { code: 70, signal: null }],
  ])(
    '%s %s ends, tells no secret, leaves no dump, and the next one comes to the same end',
    async (_, kind, end) => {
      const place = await withWorkToDo();
      const running = place.daemon({
        isFast: true,
        shell: 'ulimit -c 0',
        nodeArgs: ['--max-old-space-size=64', ...TROUBLE],
        env: { WIRE_TROUBLE: kind },
      });
      place.cloudflare.meddle(atItsCreate(running, ({ carryOut }) => void carryOut()));
      expect(await running.ended).toEqual(end);
      expect(running.stderr + running.stdout).not.toContain(TOKEN);
      expect((await readdir(place.folder)).toSorted()).toEqual(['manifest', 'secrets', 'state']);
      place.cloudflare.meddle(honest);
      expect(await endByTheNext(place)).toEqual(END);
    },
  );
});

describe('F39 an apply that gets', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s while its first write is under way waits for the answer, begins no other, and says what is left',
    async (signal) => {
      const place = await withWorkToDo();
      const { cloudflare } = place;
      const running = place.start(['apply']);
      cloudflare.meddle(
        meddlingWith(
          (request) => WRITES.includes(request.method),
          ({ socket, carryOut }) => {
            running.child.kill(signal);
            isAtRest(running).then(
              () => socket.write(carryOut()),
              () => socket.destroy(),
            );
          },
          1,
        ),
      );
      const before = cloudflare.writes();
      expect(await running.ended).toEqual({ code: 1, signal: null });
      expect(cloudflare.writes()).toBe(before + 1);
      expect(running.stdout).toContain('Applied 1 of 3.');
      await place.sync();
      expect(endOf(place)).toEqual(END);
    },
  );
});
