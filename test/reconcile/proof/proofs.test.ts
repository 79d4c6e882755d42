import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import {
  ChallengeError,
  NotFoundError,
  RateLimitedError,
  RejectedError,
  UnknownOutcomeError,
  UnreachableError,
} from '../../../src/reconcile/errors.ts';
import type { ChallengeReader } from '../../../src/reconcile/ports.ts';
import { FakeCloudflare } from '../fake-cloudflare.ts';
import { type MemoryState, World } from '../world.ts';

const A = 'a.example';
const B = 'b.example';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const S3 = 's3://acme-logs/http/{DATE}?region=r';

const job = (name: string, fields: object = {}) => ({ name, destination_conf: S3, ...fields });
const expiring = (at: number): string =>
  `head.${Buffer.from(JSON.stringify({ exp: at / 1000 })).toString('base64url')}.sign`;

/** Reads what the fake Cloudflare wrote, and counts. */
class FileReader implements ChallengeReader {
  reads = 0;
  isCovering = true;
  /** What a read answers in place of the file. */
  answer: ((filename: string) => Secret | null) | null = null;
  readonly #cloudflare: FakeCloudflare;

  constructor(cloudflare: FakeCloudflare) {
    this.#cloudflare = cloudflare;
  }

  covers(): boolean {
    return this.isCovering;
  }

  async read(_: Secret, filename: string): Promise<Secret | null> {
    this.reads += 1;
    if (this.answer) return this.answer(filename);
    const text = this.#cloudflare.files.get(filename);
    return text === undefined ? null : new Secret(text);
  }
}

async function opened(state?: MemoryState, cloudflare = new FakeCloudflare()) {
  const reader = new FileReader(cloudflare);
  const challenges = { readers: ['s3://acme-*', 'gs://*'] };
  const world = await World.open(
    { limits: { maxRemovals: 100 }, policy: { challenges }, cloudflare, reader },
    state,
  );
  if (cloudflare.zones.length === 0) for (const zone of [A, B]) cloudflare.zone(zone);
  const asked = (): number => cloudflare.calls.filter((call) => call.startsWith('challenge ')).length;
  return { world, reader, cloudflare, asked };
}

/** Carries out a pass while time goes on, for what waits in it. */
async function through(world: World, work: Promise<unknown>): Promise<void> {
  const done = work.then(() => true);
  for (;;) {
    const turn = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
    if (await Promise.race([done, turn])) return;
    const { nextWakeMs } = world.clock;
    if (nextWakeMs !== undefined && nextWakeMs <= 8_000) await world.clock.advance(nextWakeMs);
  }
}

describe('a new job to a destination that Cloudflare wants a proof for', () => {
  it('is sent with the token of the file that Cloudflare was asked to write', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    const [made] = cloudflare.jobs(A);
    expect(cloudflare.takes(String(made?.['ownership_challenge']), scopeOf(world, A), S3)).toBe(true);
    expect(asked()).toBe(1);
    expect(world.told('challenge.requested')).toMatchObject([
      { job: 'one', destination: S3, filename: 'challenge-1.txt' },
    ]);
    expect(world.told('challenge.passed')).toHaveLength(1);
  });

  it('is proven once for all jobs of its scope that deliver there, and anew in another scope', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one'), job('two')], [B]: [job('three')] });
    await world.sweep();
    expect([...cloudflare.names(A), ...cloudflare.names(B)]).toEqual(['one', 'two', 'three']);
    expect(asked()).toBe(2);
  });

  it('shows the proof of its own scope, whatever was proven in another one since', async () => {
    const { world, cloudflare } = await opened();
    for (const zones of [{ [A]: ['one'] }, { [B]: ['two'] }, { [A]: ['one', 'three'] }]) {
      const names = Object.entries(zones).map(([zone, jobs]) => [zone, jobs.map((name) => job(name))]);
      world.write(Object.fromEntries(names));
      await world.sweep();
    }
    const shown = cloudflare.jobs(A).map((made) => String(made['ownership_challenge']));
    expect(shown.map((token) => cloudflare.takes(token, scopeOf(world, A), S3))).toEqual([true, true]);
  });

  it('is not proven where no proof is needed', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one', { destination_conf: 'https://logs.example.com/a' })] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(0);
  });

  it('is proven again when its destination changes, and not when anything else does', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    world.write({ [A]: [job('one', { max_upload_records: 2000 })] });
    await world.change();
    expect(asked()).toBe(1);
    world.write({ [A]: [job('one', { destination_conf: 's3://acme-logs/b?region=r' })] });
    await world.change();
    expect(asked()).toBe(2);
    expect(cloudflare.jobs(A)).toMatchObject([{ destination_conf: 's3://acme-logs/b?region=r' }]);
  });

  it('asks for nothing when the manifest has a token that Cloudflare takes', async () => {
    const { world, cloudflare, asked } = await opened();
    const token = `token.${Buffer.from(`zone.${scopeOf(world, A).id} ${S3}`).toString('base64url')}`;
    world.secrets.set('proof', token);
    world.write({ [A]: [job('one', { ownership_challenge: '${secret:proof}' })] });
    await world.sweep();
    expect(cloudflare.jobs(A)).toMatchObject([{ ownership_challenge: token }]);
    expect(asked()).toBe(0);
  });

  it('falls back to the reader when the token of the manifest is of another scope', async () => {
    const { world, cloudflare, asked } = await opened();
    world.secrets.set('proof', 'a-token-of-somewhere-else');
    world.write({ [A]: [job('one', { ownership_challenge: '${secret:proof}' })] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
  });
});

describe('a proof that cannot be had', () => {
  it('keeps only its own job from being written', async () => {
    const { world, reader, cloudflare } = await opened();
    reader.answer = () => {
      throw new ChallengeError('s3://acme-logs', 'the reader is not allowed to read it');
    };
    world.write({ [A]: [job('one'), job('two', { destination_conf: 'https://logs.example.com/a' })] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual(['two']);
    expect(world.told('change.failed')).toMatchObject([
      { change: { name: 'one' }, error: { message: expect.stringContaining('not allowed to read') } },
    ]);
    expect(world.told('pass.finished').at(-1)?.summary).toMatchObject({ failed: 1, applied: 1 });
  });

  it('because the file is not there yet is looked for again, later each time, and not asked for again', async () => {
    const { world, reader, cloudflare, asked } = await opened();
    reader.answer = () => null;
    world.write({ [A]: [job('one')] });
    await through(world, world.sweep());
    const afterAsking = reader.reads;
    expect(afterAsking).toBe(5);
    await through(world, world.wait(2 * HOUR_MS));
    expect(asked()).toBe(1);
    expect(reader.reads - afterAsking).toBeGreaterThanOrEqual(4);
    expect(reader.reads - afterAsking).toBeLessThanOrEqual(8);
    expect(world.told('change.failed').length).toBeLessThanOrEqual(9);
    reader.answer = null;
    await through(world, world.wait(HOUR_MS));
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
  });

  it('is tried at once where a person asks, once in each pass, and without another request', async () => {
    const { world, reader, asked } = await opened();
    const forbidden = (): never => {
      throw new ChallengeError(S3, 'the reader is forbidden to read there');
    };
    const byHand = async (): Promise<void> => {
      await world.loop.lookAtAll('manual', 'change');
      await through(world, world.loop.idle());
    };
    reader.answer = forbidden;
    world.write({ [A]: [job('one'), job('two')] });
    await through(world, world.sweep());
    expect(reader.reads).toBe(1);
    await through(world, world.sweep());
    expect(reader.reads).toBe(1);
    await byHand();
    expect(reader.reads).toBe(2);
    reader.answer = null;
    await byHand();
    expect(world.cloudflare.names(A)).toEqual(['one', 'two']);
    expect(asked()).toBe(1);
  });

  it('for days is asked for once a day at most', async () => {
    const { world, reader, asked } = await opened();
    reader.answer = () => null;
    world.write({ [A]: [job('one')] });
    await through(world, world.sweep());
    await through(world, world.wait(3 * DAY_MS));
    expect(asked()).toBeGreaterThanOrEqual(2);
    expect(asked()).toBeLessThanOrEqual(4);
  });

  it('because another file was found is told, without what stands in it, and not asked for again at once', async () => {
    const { world, reader, cloudflare, asked } = await opened();
    reader.answer = () => new Secret('the diary of somebody');
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await through(world, world.wait(2 * HOUR_MS));
    expect(asked()).toBe(1);
    expect(cloudflare.names(A)).toEqual([]);
    const told = world.told('change.failed').map(({ error }) => error.message);
    expect(told.join()).toContain('challenge-1.txt');
    expect(told.join()).not.toContain('diary');
    expect(world.board.toJson()).toMatchObject({
      scopes: [{ jobs: [{ name: 'one', reason: expect.stringContaining('waiting-for-challenge') }] }],
    });
  });

  it('because its token has expired is not sent', async () => {
    const { world, reader, cloudflare } = await opened();
    reader.answer = () => new Secret(expiring(world.clock.now() - 1000));
    cloudflare.takes = () => true;
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    expect(cloudflare.calls).not.toContain(`validate ${A}`);
  });

  it('because Cloudflare could not write the file is asked for again after an hour', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`challenge ${A}`, async () => ({ valid: false, message: 'AccessDenied', filename: '' }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(world.told('change.failed')).toMatchObject([
      { error: { message: expect.stringContaining('AccessDenied') } },
    ]);
    await world.wait(50 * MINUTE_MS);
    expect(asked()).toBe(1);
    await world.wait(11 * MINUTE_MS);
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('because the answer was lost is not asked for again for an hour', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`challenge ${A}`, new UnknownOutcomeError({ action: 'ask', cause: 'reset' }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await world.wait(50 * MINUTE_MS);
    expect(asked()).toBe(1);
    await world.wait(40 * MINUTE_MS);
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('because the request was surely not carried out is asked for again a minute later', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`challenge ${A}`, new RateLimitedError({ action: 'ask', status: 429 }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    await world.wait(2 * MINUTE_MS);
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('because Cloudflare names no file that can be read says so, and is asked for again after an hour', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`challenge ${A}`, async () => ({ valid: true, message: '', filename: '../up' }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await world.wait(50 * MINUTE_MS);
    expect(asked()).toBe(1);
    const told = world.told('change.failed').map(({ error }) => error.message);
    expect(told).toEqual([expect.stringMatching(/no name that it can be read by; it is asked again at 20/)]);
    await world.wait(11 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('because the file was read half-written is read again, and is not asked for again', async () => {
    const { world, reader, cloudflare, asked } = await opened();
    reader.answer = (filename) => new Secret(cloudflare.files.get(filename)?.slice(0, 9) ?? '');
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    reader.answer = null;
    await world.wait(2 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
  });

  it('from a reader that fails as long as its file is not there is asked for anew after a day', async () => {
    const { world, reader, cloudflare, asked } = await opened();
    reader.answer = (filename) => {
      if (filename !== 'challenge-1.txt') return new Secret(cloudflare.files.get(filename) ?? '');
      throw new ChallengeError('s3://acme-logs', 'the command of the reader ended with exit code 1');
    };
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await through(world, world.wait(DAY_MS - HOUR_MS));
    expect(asked()).toBe(1);
    await through(world, world.wait(2 * HOUR_MS));
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('because the check is refused for another reason is checked again soon, with that reason', async () => {
    const { world, cloudflare, asked } = await opened();
    const meaning = { kind: 'entitlement', says: 'It is not in the plan.', next: 'Buy it.' } as const;
    cloudflare.fail(
      `validate ${A}`,
      async () => ({ valid: false, message: 'no logpush (1004)', meaning }),
      3,
    );
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(world.told('change.failed')).toMatchObject([
      { error: { message: expect.stringContaining('no logpush (1004)') } },
    ]);
    await world.wait(10 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
  });

  it('with a token of the manifest leaves the file of the reader as good as it was', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    const refusal = { code: 1002, message: 'incorrect ownership challenge' };
    const details = { action: 'create', status: 400, errors: [refusal] };
    cloudflare.fail('create two', new RejectedError(details, 'ownership'));
    const { takes } = cloudflare;
    cloudflare.takes = (token, ...where) => token === 'by-hand' || takes(token, ...where);
    world.secrets.set('proof', 'by-hand');
    world.write({ [A]: [job('one'), job('two', { ownership_challenge: '${secret:proof}' })] });
    await world.change();
    expect(cloudflare.names(A)).toEqual(['one']);
    world.write({ [A]: [job('one'), job('two'), job('three')] });
    await world.change();
    expect(cloudflare.names(A).toSorted()).toEqual(['one', 'three', 'two']);
    expect(asked()).toBe(1);
  });

  it('because its check did not go through is tried again with the same file', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`validate ${A}`, new UnreachableError({ action: 'validate', cause: 'refused' }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    await world.wait(2 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
  });

  it('to be checked, as Cloudflare does not serve the check, is sent', async () => {
    const { world, cloudflare } = await opened();
    cloudflare.fail(`validate ${A}`, new NotFoundError({ action: 'validate', status: 404 }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('that Cloudflare takes in the check and refuses in the create is not used again', async () => {
    const { world, cloudflare, asked } = await opened();
    const refusal = { code: 1002, message: 'incorrect ownership challenge' };
    const details = { action: 'create', status: 400, errors: [refusal] };
    cloudflare.fail('create one', new RejectedError(details, 'ownership'), Infinity);
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await through(world, world.wait(20 * HOUR_MS));
    expect(asked()).toBe(1);
    expect(cloudflare.calls.filter((call) => call === 'create one')).toHaveLength(1);
    cloudflare.heal('create one');
    await through(world, world.wait(8 * HOUR_MS));
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one']);
  });

  it('is tried at once with another token in the manifest', async () => {
    const { world, reader, cloudflare } = await opened();
    reader.isCovering = false;
    world.secrets.set('proof', 'a-token-of-somewhere-else');
    world.write({ [A]: [job('one', { ownership_challenge: '${secret:proof}' })] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    const token = `token.${Buffer.from(`zone.${scopeOf(world, A).id} ${S3}`).toString('base64url')}`;
    world.secrets.set('proof', token);
    await world.sweep();
    expect(cloudflare.names(A)).toEqual(['one']);
  });
});

describe('a job that goes to make room for one whose destination has to be proven', () => {
  const plain = { destination_conf: 'https://logs.example.com/a' };
  const kept = ['a', 'b', 'c'].map((name) => job(name, plain));

  async function full() {
    const bench = await opened();
    await bench.world.settle({ [A]: [...kept, job('old', plain)] });
    bench.cloudflare.jobsPerZone = 4;
    bench.world.write({ [A]: [...kept, job('new')] });
    return bench;
  }

  it('stays until the new one is proven', async () => {
    const { world, reader, cloudflare, asked } = await full();
    reader.answer = () => {
      throw new ChallengeError('s3://acme-logs', 'the reader is forbidden to read there');
    };
    await world.change();
    expect(cloudflare.names(A)).toEqual(['a', 'b', 'c', 'old']);
    expect(cloudflare.writes()).toEqual([]);
    expect(world.told('change.failed')).toMatchObject([
      {
        change: { action: 'delete', name: 'old' },
        error: { message: expect.stringMatching(/forbidden to read/) },
      },
    ]);
    reader.answer = null;
    await world.wait(2 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['a', 'b', 'c', 'new']);
    expect(asked()).toBe(1);
  });

  it('goes with one proof, which the new one shows', async () => {
    const { world, cloudflare, asked } = await full();
    await world.change();
    expect(cloudflare.names(A)).toEqual(['a', 'b', 'c', 'new']);
    expect(asked()).toBe(1);
    expect(world.told('challenge.requested')).toMatchObject([{ job: 'new' }]);
    expect(world.told('challenge.passed')).toHaveLength(1);
  });
});

describe('an approved replace whose destination has to be proven', () => {
  const others = ['a', 'b', 'c'].map((name) => job(name, { destination_conf: 'https://logs.example.com/a' }));
  const http = { [A]: [...others, job('one')] };
  const dns = { [A]: [...others, job('one', { dataset: 'dns_logs' })] };
  const digestOf = (world: World): string | undefined =>
    world.told('scope.planned').at(-1)?.plan.withheld[0]?.digest;

  it('uses the approval up', async () => {
    const { world, cloudflare } = await opened();
    await world.settle(http);
    const id = cloudflare.id('one', A);
    world.write(dns);
    await world.change();
    const digest = digestOf(world);
    expect(world.loop.approve(String(digest))).toHaveLength(1);
    await world.loop.idle();
    expect(cloudflare.writes()).toEqual(['delete one', 'create one']);

    await world.wait(2 * MINUTE_MS);
    cloudflare.tamper('one', null, A);
    cloudflare.plant({ id, name: 'one', enabled: true, destination_conf: S3 }, A);
    world.write(http);
    await world.change();
    world.forget();
    world.write(dns);
    await world.change();
    expect(digestOf(world)).toBe(digest);
    expect(cloudflare.writes()).toEqual([]);
  });
});

describe('a challenge and a restart', () => {
  it('between the request and the create read the file that was asked for, and ask for no other', async () => {
    const { world, cloudflare, asked } = await opened();
    const held = cloudflare.hold('create one');
    world.write({ [A]: [job('one')] });
    const dying = world.sweep();
    await held.sent;
    world.loop.abandon();
    await dying;
    const again = await opened(world.state, cloudflare);
    cloudflare.heal('create one');
    again.world.write({ [A]: [job('one')] });
    await again.world.sweep();
    await again.world.wait(5 * MINUTE_MS);
    expect(cloudflare.names(A)).toEqual(['one']);
    expect(asked()).toBe(1);
    held.go();
  });

  it('right after the request ask for no other within the hour', async () => {
    const { world, cloudflare, asked } = await opened();
    cloudflare.fail(`challenge ${A}`, new UnknownOutcomeError({ action: 'ask', cause: 'reset' }));
    world.write({ [A]: [job('one')] });
    await world.sweep();
    for (let restart = 0; restart < 3; restart += 1) {
      const again = await opened(world.state, cloudflare);
      again.world.write({ [A]: [job('one')] });
      await again.world.sweep();
    }
    expect(asked()).toBe(1);
  });

  it('leave no token in the state', async () => {
    const { world, cloudflare } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    const kept = [...world.state.texts.values()].join();
    expect(kept).toContain('challenge-1.txt');
    expect(kept).not.toContain(cloudflare.files.get('challenge-1.txt'));
  });

  it('after its token has ended ask for another', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    await world.clock.advance(7 * DAY_MS);
    world.write({ [A]: [job('one'), job('two')] });
    await world.change();
    expect(asked()).toBe(2);
    expect(cloudflare.names(A)).toEqual(['one', 'two']);
  });

  it('ask for nothing when nothing may be written', async () => {
    const { world, asked } = await opened();
    world.write({ [A]: [job('one')] });
    await world.pass({ mayWrite: () => false });
    await world.pass({ write: false });
    expect(asked()).toBe(0);
  });
});

describe('a job whose destination no reader covers', () => {
  const elsewhere = { destination_conf: 's3://other/http?region=r' };

  it('waits for a challenge, and says how one is had', async () => {
    const { world, cloudflare, asked } = await opened();
    world.write({ [A]: [job('one', elsewhere), job('two')] });
    await world.sweep();
    expect(asked()).toBe(1);
    expect(cloudflare.names(A)).toEqual(['two']);
    const [planned] = world.told('scope.planned');
    expect(planned?.plan.withheld).toMatchObject([
      {
        name: 'one',
        action: 'create',
        waitsFor: 'challenge',
        reason: expect.stringMatching(
          /waiting-for-challenge.*challenge\.readers.*logpushd challenge request/,
        ),
      },
    ]);
  });

  it('keeps its old destination meanwhile, and gets whatever else is new', async () => {
    const { world, cloudflare } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    world.write({ [A]: [job('one', { ...elsewhere, max_upload_records: 2000 })] });
    await world.change();
    expect(cloudflare.jobs(A)).toMatchObject([{ destination_conf: S3, max_upload_records: 2000 }]);
  });

  it('stays with its old half when it is to be replaced', async () => {
    const { world, cloudflare } = await opened();
    world.write({ [A]: [job('one')] });
    await world.sweep();
    world.write({ [A]: [job('one', { ...elsewhere, dataset: 'firewall_events' })] });
    await world.change();
    expect(cloudflare.jobs(A)).toMatchObject([{ destination_conf: S3, dataset: 'http_requests' }]);
  });

  it('waits as well with a token that has expired', async () => {
    const { world, cloudflare } = await opened();
    world.secrets.set('proof', expiring(world.clock.now() - 1000));
    world.write({ [A]: [job('one', { ...elsewhere, ownership_challenge: '${secret:proof}' })] });
    await world.sweep();
    expect(cloudflare.names(A)).toEqual([]);
    const [planned] = world.told('scope.planned');
    expect(planned?.plan.withheld).toMatchObject([
      { waitsFor: 'challenge', reason: expect.stringContaining('has expired') },
    ]);
  });
});

function scopeOf({ cloudflare }: World, name: string) {
  const zone = cloudflare.zones.find((one) => one.name === name);
  return { kind: 'zone' as const, id: zone?.id ?? '', name };
}
