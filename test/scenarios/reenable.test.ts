import { describe, expect, it } from 'vitest';
import type { PlanPolicy } from '../../src/core/plan/policy.ts';
import { DaemonWorld } from './daemon-world.ts';

const ZONE = 'example.com';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RETRY = { reenable: 'retry' } as const;

/** A job that delivered once, then failed for a day, and that Cloudflare has disabled; nobody has looked since. */
async function disabled(
  policy: Partial<PlanPolicy> = RETRY,
  switches: Record<string, unknown> = {},
): Promise<DaemonWorld> {
  const world = await DaemonWorld.open({ zones: [ZONE], policy });
  world.write([ZONE], 'acme');
  await world.sweep();
  await world.clock.advance(10 * MINUTE_MS);
  await world.sweep();
  world.sandbox.model.changeSwitches(switches);
  world.sandbox.model.failDestination('acme', 1101);
  await world.clock.advance(25 * HOUR_MS);
  expect(world.jobs(ZONE)).toMatchObject([{ enabled: false }]);
  world.events.length = 0;
  return world;
}

function state(world: DaemonWorld): string | undefined {
  return world.told('scope.health').at(-1)?.jobs[0]?.health.state;
}

describe('a job that Cloudflare has disabled', () => {
  it('is told and left under "tell", however often it is looked at, and is no fight', async () => {
    const world = await disabled({});
    const { writes } = world;
    for (let looks = 0; looks < 8; looks += 1) await world.sweep();
    expect(world.writes).toBe(writes);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: false }]);
    expect(state(world)).toBe('disabled_by_cloudflare');
    expect(world.told('drift.fought')).toEqual([]);
    expect(world.told('scope.planned').at(-1)?.plan.withheld).toMatchObject([
      { action: 'update', class: 'drift', reason: expect.stringContaining('health.reenable') },
    ]);
  });

  it('is enabled with another destination, also under "tell"', async () => {
    const world = await disabled({});
    world.write([ZONE], 'other');
    await world.sweep();
    expect(world.jobs(ZONE)).toMatchObject([
      { enabled: true, destination_conf: expect.stringContaining('s3://other/') },
    ]);
  });

  it('is enabled at once under "retry" where its destination passes', async () => {
    const world = await disabled();
    world.sandbox.model.healDestination('acme');
    await world.sweep();
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    expect(world.told('reenable.tried')).toMatchObject([{ job: 'http', times: 1, passed: true }]);
  });

  it('is not enabled before its destination passes, and tried later each time, up to a day', async () => {
    const world = await disabled();
    const start = world.clock.now();
    await world.sweep();
    await world.wait(5 * 24 * HOUR_MS);
    const hours = world.told('reenable.tried').map(({ passed, nextAt }) => {
      expect(passed).toBe(false);
      return Math.round((Date.parse(nextAt) - start) / HOUR_MS / 0.5) / 2;
    });
    expect(hours).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 55.5, 79.5, 103.5, 127.5]);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: false }]);
    world.sandbox.model.healDestination('acme');
    await world.wait(24 * HOUR_MS);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
  });

  it('is tried no sooner because of sweeps or a restart', async () => {
    const world = await disabled();
    await world.sweep();
    await world.sweep();
    const after = await world.restarted('killed');
    await after.sweep();
    expect([...world.told('reenable.tried'), ...after.told('reenable.tried')]).toHaveLength(1);
    await after.wait(31 * MINUTE_MS);
    expect(after.told('reenable.tried')).toMatchObject([{ times: 2 }]);
  });

  it('is tried as if for the first time once it has delivered for a while', async () => {
    const world = await disabled();
    await world.sweep();
    world.sandbox.model.healDestination('acme');
    await world.wait(31 * MINUTE_MS);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    await world.clock.advance(2 * HOUR_MS);
    await world.sweep();
    world.sandbox.model.failDestination('acme', 1101);
    await world.clock.advance(25 * HOUR_MS);
    world.events.length = 0;
    await world.sweep();
    expect(world.told('reenable.tried')).toMatchObject([{ times: 1 }]);
  });

  it('gets the other changes of the manifest meanwhile', async () => {
    const world = await disabled();
    world.write([ZONE], 'acme', ', max_upload_records: 2000');
    await world.sweep();
    await world.wait(MINUTE_MS);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: false, max_upload_records: 2000 }]);
    expect(world.told('reenable.tried')).toMatchObject([{ passed: false }]);
  });

  it.each([
    ['tell', {}],
    ['retry, while the next try is far', RETRY],
  ])('is enabled once when a person approves just that, under %s', async (_, policy) => {
    const world = await disabled(policy);
    // Under "retry" the first look tries it.
    await world.sweep();
    await world.sweep();
    world.sandbox.model.healDestination('acme');
    const digest = world.told('scope.planned').at(-1)?.plan.withheld[0]?.digest ?? '';
    expect(world.loop.approve('0123456789abcdef')).toBeNull();
    expect(world.loop.approve(digest)).toHaveLength(1);
    await world.loop.idle();
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    expect(world.loop.approve(digest)).toBeNull();
    world.sandbox.model.failDestination('acme', 1101);
    await world.clock.advance(25 * HOUR_MS);
    await world.sweep();
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: false }]);
  });

  it.each(['warn', 'observe'] as const)('is not tried in mode %s', async (mode) => {
    const world = await disabled({ ...RETRY, mode: 'enforce' });
    const after = await world.restarted('stopped', { ...RETRY, mode });
    after.sandbox.model.healDestination('acme');
    await after.sweep();
    expect(after.jobs(ZONE)).toMatchObject([{ enabled: false }]);
    expect(after.told('reenable.tried')).toEqual([]);
  });
});

describe('a job that fails and that a person has disabled', () => {
  async function disabledByAda(policy: Partial<PlanPolicy>, switches = {}): Promise<DaemonWorld> {
    const world = await DaemonWorld.open({ zones: [ZONE], policy });
    world.write([ZONE], 'acme');
    await world.sweep();
    await world.clock.advance(10 * MINUTE_MS);
    await world.sweep();
    await world.poll();
    world.sandbox.model.changeSwitches({ auto_disable: 'off', ...switches });
    world.sandbox.model.failDestination('acme', 1101);
    await world.clock.advance(30 * HOUR_MS);
    await world.sweep();
    const { id: zoneId = '' } = world.sandbox.model.scope(ZONE) ?? {};
    const id = world.sandbox.model.jobs(ZONE)[0]?.id;
    const response = await fetch(`${world.sandbox.url}/zones/${zoneId}/logpush/jobs/${id}`, {
      method: 'PUT',
      headers: { authorization: 'Bearer session', 'x-sandbox-actor': 'ada@example.com' },
      body: '{"enabled":false}',
    });
    expect(response.status).toBe(200);
    await world.clock.advance(1_000);
    world.events.length = 0;
    return world;
  }

  it('is put right by mode enforce, as the audit log names her', async () => {
    const world = await disabledByAda({});
    await world.poll();
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    expect(world.told('health.changed')[0]).toMatchObject({
      health: { state: 'disabled_by_person', disabledBy: { email: 'ada@example.com' } },
    });
    expect(world.told('health.changed')[0]?.health.cause?.text).toContain('Disabled by ada@example.com');
  });

  it('is told with her name for as long as it stands, also after a restart', async () => {
    const world = await disabledByAda({ mode: 'warn' });
    await world.poll();
    await world.clock.advance(48 * HOUR_MS);
    const after = await world.restarted('stopped');
    await after.sweep();
    expect(after.told('scope.health').at(-1)?.jobs[0]?.health).toMatchObject({
      state: 'disabled_by_person',
      disabledBy: { email: 'ada@example.com' },
    });
  });

  it('counts as disabled by Cloudflare only until the log tells', async () => {
    const world = await disabledByAda({ mode: 'warn' }, { audit_lag_ms: 10 * MINUTE_MS });
    await world.sweep();
    expect(state(world)).toBe('disabled_by_cloudflare');
    await world.clock.advance(11 * MINUTE_MS);
    await world.poll();
    expect(state(world)).toBe('disabled_by_person');
  });
});
