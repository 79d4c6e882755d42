import { describe, expect, it } from 'vitest';
import type { ScopeLedger } from '../../../src/core/plan/ledger-entry.ts';
import { Secret } from '../../../src/core/secret.ts';
import { InvariantViolatedError, StoppedError, UnknownOutcomeError } from '../../../src/reconcile/errors.ts';
import { WriteCheck } from '../../../src/reconcile/pass/invariants.ts';
import { POLICY } from '../../core/plan/planning.ts';
import { World } from '../world.ts';

const A = 'a.example';
const B = 'b.example';

/** A world in which planning is wrong: it believes that it owns the job of somebody else, and would delete it. */
async function withABug(): Promise<World> {
  const world = await World.open();
  await world.settle({ [A]: [{ name: 'ours' }], [B]: [{ name: 'other' }] });
  const id = world.cloudflare.plant({ name: 'theirs', destination_conf: 's3://x/y?region=z' }, A);
  const { ledger } = world;
  const truth = ledger.of.bind(ledger);
  const isMistaken = (): boolean => world.told('scope.planned').length === 0;
  ledger.of = (scope): ScopeLedger => {
    const page = truth(scope);
    const [known] = page.entries;
    if (known?.name !== 'ours' || !isMistaken()) return page;
    return { ...page, entries: [...page.entries, { ...known, name: 'theirs', id }] };
  };
  return world;
}

describe('a write that would break an invariant', () => {
  it('is not sent', async () => {
    const world = await withABug();
    await world.sweep();
    expect(world.cloudflare.names(A)).toEqual(['ours', 'theirs']);
    expect(world.cloudflare.writes()).toEqual([]);
  });

  it('is told with its rule, its scope, its job and that it is a bug', async () => {
    const world = await withABug();
    await world.sweep();
    expect(world.told('invariant.violated')).toMatchObject([
      { invariant: 'foreign-job', scope: { name: A }, method: 'DELETE', job: 'theirs' },
    ]);
    expect(world.told('invariant.violated')[0]?.error.message).toMatch(
      /"delete job \d+ in a\.example" was not sent, .* foreign-job .* a bug of logpushd, please report it/,
    );
  });

  it('turns writing off, while reading and reporting go on', async () => {
    const world = await withABug();
    await world.sweep();
    world.forget();
    world.write({ [A]: [{ name: 'ours' }], [B]: [{ name: 'other' }, { name: 'new' }] });
    world.cloudflare.tamper('ours', { enabled: false }, A);
    await world.change();
    await world.sweep();
    expect(world.cloudflare.writes()).toEqual([]);
    expect(world.told('drift.found')).toMatchObject([{ job: 'ours' }]);
    expect(world.told('change.skipped').map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining('nothing is written until logpushd is restarted'),
    );
    expect(world.board.toJson()).toMatchObject({ writes_off: expect.stringContaining('foreign-job') });
  });

  it('is not retried', async () => {
    const world = await withABug();
    await world.sweep();
    world.cloudflare.tamper('ours', { enabled: false }, A);
    await world.sweep();
    world.forget();
    await world.wait(3_600_000);
    expect(world.cloudflare.calls).toEqual([]);
  });

  it('does not keep a restarted logpushd from writing', async () => {
    const world = await withABug();
    await world.sweep();
    const restarted = await World.open({ cloudflare: world.cloudflare }, world.state);
    restarted.write({ [A]: [{ name: 'ours' }], [B]: [{ name: 'other' }, { name: 'new' }] });
    await restarted.sweep();
    expect(world.cloudflare.names(B)).toEqual(['other', 'new']);
    expect(restarted.board.toJson()).toMatchObject({ writes_off: null });
  });

  it('fails a single pass in a way that the command can tell from others', async () => {
    const world = await withABug();
    const { outcomes } = await world.pass();
    expect(outcomes.map(({ error }) => error)).toEqual([expect.any(InvariantViolatedError)]);
  });
});

describe('the guard of the writes themselves', () => {
  it('stops the removal that goes beyond the limit, whatever was planned', async () => {
    const world = await World.open({ limits: { maxRemovals: 1, maxRemovalShare: 0 } });
    await world.settle({ [A]: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] });
    world.write({ [A]: [{ name: 'three' }] });
    // The limit is wide while the guard looks, and what it should be when writing begins.
    let looks = 0;
    const limits = {
      maxRemovalShare: 0,
      get maxRemovals(): number {
        looks += 1;
        return looks === 1 ? 99 : 1;
      },
    };
    const { outcomes } = await world.pass({ limits });
    expect(outcomes.map(({ result }) => result)).toEqual(['applied', 'failed']);
    expect(world.told('invariant.violated')).toMatchObject([{ invariant: 'too-many-removals' }]);
    expect(world.cloudflare.names(A)).toHaveLength(2);
  });

  it('lets through what a person has approved', async () => {
    const world = await World.open({ limits: { maxRemovals: 1, maxRemovalShare: 0 } });
    await world.settle({ [A]: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] });
    world.write({ [A]: [{ name: 'three' }] });
    await world.pass({ approves: () => true });
    expect(world.cloudflare.names(A)).toEqual(['three']);
  });
});

describe('a request for a challenge', () => {
  const DESTINATION = new Secret('s3://acme-logs/http?region=r');

  async function checked(allowedDestinations: readonly string[]) {
    const world = await World.open();
    await world.settle({ [A]: [{ name: 'ours' }] });
    await world.sweep();
    const plan = world.told('scope.planned').at(-1)?.plan;
    if (plan === undefined) throw new Error('Nothing was planned.');
    const { ledger, writes, emit, cloudflare } = world;
    const policy = { ...POLICY, allowedDestinations };
    const terms = { passId: 'one', policy, ledger, writes, emit, allowedRemovals: null };
    const api = new WriteCheck(terms).over(cloudflare.api, plan);
    const { signal } = new AbortController();
    const ask = () => api.requestOwnership(plan.scope, DESTINATION, { signal, priority: 'change' });
    return { world, ask };
  }

  it('goes to a destination that the settings allow', async () => {
    const { world, ask } = await checked(['s3://acme-*']);
    await ask();
    expect(world.cloudflare.files.size).toBe(1);
  });

  it('is not sent to another one, and turns writing off', async () => {
    const { world, ask } = await checked(['s3://other-*']);
    await expect(ask()).rejects.toBeInstanceOf(InvariantViolatedError);
    expect(world.cloudflare.files.size).toBe(0);
    expect(world.writes.whyOff).toContain('forbidden-destination');
    expect(world.told('invariant.violated')).toMatchObject([
      {
        invariant: 'forbidden-destination',
        error: { message: expect.stringContaining('challenge in a.example') },
      },
    ]);
  });

  it('is not sent once writing is off', async () => {
    const { world, ask } = await checked([]);
    world.writes.turnOff('foreign-job');
    await expect(ask()).rejects.toBeInstanceOf(StoppedError);
    expect(world.cloudflare.files.size).toBe(0);
  });
});

describe('a create whose name turns up before it is sent', () => {
  it.each(['', '.gitops'])('waits for the next look, and is no bug (suffix "%s")', async (nameSuffix) => {
    const world = await World.open({ policy: { nameSuffix, adopt: 'never' } });
    world.write({ [A]: [{ name: 'one' }, { name: 'two', dataset: 'dns_logs' }] });
    world.cloudflare.plant({ name: 'two', destination_conf: 's3://theirs/{DATE}?region=us-east-1' }, A);
    world.cloudflare.fail(`list ${A}`, () => []);
    // Its listing shows what the first one has left out.
    world.cloudflare.fail(`create one${nameSuffix}`, (carryOut) => {
      carryOut();
      throw new UnknownOutcomeError({ action: 'create', cause: 'no answer' });
    });
    const { outcomes } = await world.pass();
    expect(outcomes).toMatchObject([
      { result: 'applied' },
      { result: 'skipped', reason: expect.stringContaining('has turned up') },
    ]);
    expect(world.told('invariant.violated')).toEqual([]);
    expect(world.cloudflare.jobs(A)).toHaveLength(2);
  });
});
