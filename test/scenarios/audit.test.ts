import { describe, expect, it } from 'vitest';
import { DaemonWorld } from './daemon-world.ts';

const ZONE = 'example.com';
const OTHER = 'shop.example';
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** In sync, with the audit log read up to now. */
async function settled(switches: Record<string, unknown> = {}): Promise<DaemonWorld> {
  const world = await DaemonWorld.open({ zones: [ZONE, OTHER, 'example.org'] });
  world.write([ZONE, OTHER], 'acme');
  await world.sweep();
  await world.wait(MINUTE_MS);
  await world.poll();
  world.sandbox.model.changeSwitches(switches);
  world.events.length = 0;
  return world;
}

interface Person {
  readonly email?: string;
  readonly agent?: string;
  /** With a token in place of the dashboard. */
  readonly token?: string;
  readonly zone?: string;
}

/** What somebody else does to the job of a zone. */
async function person(
  world: DaemonWorld,
  method: 'PUT' | 'DELETE' | 'POST',
  body?: object,
  { email = 'eve@example.com', agent = 'Mozilla/5.0', token, zone = ZONE }: Person = {},
): Promise<void> {
  await world.clock.advance(1_000);
  const { id: zoneId = '' } = world.sandbox.model.scope(zone) ?? {};
  const id = world.sandbox.model.jobs(zone)[0]?.id;
  const path = `/zones/${zoneId}/logpush/jobs${method === 'POST' ? '' : `/${id}`}`;
  const response = await fetch(world.sandbox.url + path, {
    method,
    headers: {
      authorization: `Bearer ${token ?? 'session'}`,
      'user-agent': agent,
      ...(token === undefined && { 'x-sandbox-actor': email }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  await world.clock.advance(1_000);
}

/** `GET zones/…/jobs`, one a call, without ids. */
async function callsOf(world: DaemonWorld, work: () => Promise<void>): Promise<readonly string[]> {
  const before = world.sandbox.requests().length;
  await work();
  return world.sandbox
    .requests()
    .slice(before)
    .map(
      ({ method, path }) => `${method} ${path.replace(/\?.*/, '').replaceAll(/[0-9a-f]{32}|\d{4}/g, 'ID')}`,
    );
}

const AUDIT = 'GET /client/v4/accounts/ID/logs/audit';
const JOBS = '/client/v4/zones/ID/logpush/jobs';

describe('a change by somebody else', () => {
  it('brings its zone to the front with the next poll, and is told with who, how, when and from where', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false });
    expect(await callsOf(world, () => world.poll())).toEqual([AUDIT, `GET ${JOBS}`, `PUT ${JOBS}/ID`]);
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    expect(world.told('pass.started')).toMatchObject([{ triggers: ['audit'], scopes: 1 }]);
    expect(world.told('drift.found')).toMatchObject([
      {
        job: 'http',
        fields: [{ path: 'enabled' }],
        attribution: {
          email: 'eve@example.com',
          way: 'dashboard',
          address: '127.0.0.1',
          at: new Date(world.clock.now() - 1_000).toISOString(),
          ray: expect.stringMatching(/^[0-9a-f]+$/),
          others: 0,
        },
      },
    ]);
    expect(world.told('drift.attributed')).toEqual([]);
  });

  it.each([
    ['deleted', 'DELETE', undefined, 'create', 'delete'],
    ['edited', 'PUT', { output_options: { field_names: ['RayID'] } }, 'update', 'update'],
    ['renamed', 'PUT', { name: 'x' }, 'update', 'update'],
  ] as const)('has an author where the job was %s', async (_, method, body, action, cause) => {
    const world = await settled();
    world.write([ZONE, OTHER], 'acme', ', output_options: { field_names: [ClientIP] }');
    await world.sweep();
    await person(world, method, body);
    world.events.length = 0;
    await world.poll();
    expect(world.told('drift.found')).toMatchObject([
      { action, attribution: { email: 'eve@example.com', action: cause } },
    ]);
  });

  it('has the author who made a job that goes again', async () => {
    const world = await settled();
    world.text = world.text.replace(`zone: ${ZONE}`, `zone: ${ZONE}, prune: all`);
    await world.sweep();
    await person(world, 'POST', { name: 'more', destination_conf: 'https://logs.example.com/x' });
    await world.poll();
    expect(world.jobs(ZONE)).toHaveLength(1);
    expect(world.told('drift.found')).toMatchObject([
      { action: 'delete', attribution: { email: 'eve@example.com', action: 'create' } },
    ]);
  });

  it('by several is told as that of the last, with how many others there were', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false }, { email: 'ada@example.com' });
    await person(world, 'PUT', { max_upload_records: 2000 }, { email: 'eve@example.com' });
    await world.poll();
    expect(world.told('drift.found')).toMatchObject([
      { attribution: { email: 'eve@example.com', others: 1 } },
    ]);
  });

  it('by a program with our token is told as that of a program, with the name of the token', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false }, { token: 'a-token-of-the-test', agent: 'terraform/1.9' });
    await world.poll();
    expect(world.told('drift.found')).toMatchObject([
      {
        signature: 'another_tool',
        attribution: { way: 'api_token', tokenName: 'sandbox token', agent: 'terraform/1.9' },
      },
    ]);
  });

  it('in a zone that the manifest does not mention is nothing to look at', async () => {
    const world = await settled();
    await person(
      world,
      'POST',
      { name: 'x', destination_conf: 'https://h.example/x' },
      { zone: 'example.org' },
    );
    expect(await callsOf(world, () => world.poll())).toEqual([AUDIT]);
  });

  it('is looked at once, however often its entry is read', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false });
    await world.poll();
    await world.wait(MINUTE_MS);
    expect(await callsOf(world, () => world.poll())).toEqual([AUDIT]);
    expect(world.told('drift.found')).toHaveLength(1);
  });

  it('that nobody puts right keeps its author', async () => {
    const world = await settled();
    world.text = world.text.replace(`zone: ${ZONE}`, `zone: ${ZONE}, mode: warn`);
    await world.sweep();
    await person(world, 'PUT', { enabled: false });
    world.events.length = 0;
    await world.poll();
    await world.wait(HOUR_MS);
    await world.sweep();
    const again = await world.restarted('killed');
    await again.sweep();
    const authors = [...world.told('drift.found'), ...again.told('drift.found')].map(
      ({ attribution }) => attribution?.email,
    );
    expect(authors).toEqual(['eve@example.com', 'eve@example.com', 'eve@example.com']);
  });
});

describe('our own writes', () => {
  it('are never taken for those of others', async () => {
    const world = await settled();
    world.write([ZONE, OTHER], 'elsewhere');
    await world.sweep();
    await world.wait(MINUTE_MS);
    expect(await callsOf(world, () => world.poll())).toEqual([AUDIT]);
    expect(world.told('audit.read')).toMatchObject([{ ours: 2, others: 0 }]);
  });

  it('are known after a restart', async () => {
    const world = await settled();
    world.write([ZONE, OTHER], 'elsewhere');
    await world.sweep();
    for (const how of ['stopped', 'killed'] as const) {
      const again = await world.restarted(how);
      await again.sweep();
      await again.wait(MINUTE_MS);
      await again.poll();
      expect(again.told('audit.read').map(({ others }) => others)).toEqual([0]);
    }
  });

  it('are known where their answers were lost', async () => {
    const world = await settled();
    world.sandbox.faults.add({ method: 'PUT', outcome: { kind: 'drop', when: 'after' } });
    world.write([ZONE, OTHER], 'elsewhere');
    await world.sweep();
    await world.wait(MINUTE_MS);
    world.events.length = 0;
    await world.poll();
    expect(world.told('audit.read')).toMatchObject([{ others: 0 }]);
    expect(world.told('pass.started')).toEqual([]);
  });
});

describe.each(['constant', 'spread', 'batched'])('a log whose delay is %s', (audit_lag) => {
  it('tells late who did what a sweep has found and put right, once', async () => {
    const world = await settled({ audit_lag, audit_lag_ms: 5 * MINUTE_MS });
    await person(world, 'PUT', { enabled: false });
    await world.sweep();
    expect(world.told('drift.found').map(({ attribution }) => attribution)).toEqual([undefined]);
    for (let minute = 0; minute < 12; minute += 1) {
      await world.wait(MINUTE_MS);
      await world.poll();
    }
    expect(world.told('drift.attributed')).toMatchObject([
      { job: 'http', action: 'update', attribution: { email: 'eve@example.com', others: 0 } },
    ]);
    expect(world.told('drift.found')).toHaveLength(1);
    const [status] = (world.board.toJson() as { scopes: { jobs: { last_drift: unknown }[] }[] }).scopes;
    expect(status?.jobs[0]?.last_drift).toMatchObject({
      fields: ['enabled'],
      heals: true,
      by: { email: 'eve@example.com', way: 'dashboard', token_name: null },
    });
  });

  it('never names the author of a former change for the next one', async () => {
    const world = await settled({ audit_lag, audit_lag_ms: 5 * MINUTE_MS });
    await person(world, 'PUT', { enabled: false }, { email: 'ada@example.com' });
    await world.sweep();
    await person(world, 'PUT', { enabled: false }, { email: 'eve@example.com' });
    await world.sweep();
    for (let minute = 0; minute < 12; minute += 1) {
      await world.wait(MINUTE_MS);
      await world.poll();
    }
    const told = world.told('drift.attributed').map(({ attribution: { email, others } }) => [email, others]);
    expect(told.toSorted()).toEqual([
      ['ada@example.com', 0],
      ['eve@example.com', 0],
    ]);
    expect(world.told('drift.found').flatMap(({ attribution }) => attribution ?? [])).toEqual([]);
  });
});

describe('a write that has explained a drift', () => {
  it('is not taken for the cause of the next one, however soon that comes', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false }, { email: 'ada@example.com' });
    await world.poll();
    world.sandbox.model.changeSwitches({ audit_lag_ms: HOUR_MS });
    await person(world, 'PUT', { enabled: false }, { email: 'eve@example.com' });
    await world.sweep();
    expect(world.told('drift.found').map(({ attribution }) => attribution?.email)).toEqual([
      'ada@example.com',
      undefined,
    ]);
  });
});

describe('a restart', () => {
  it.each(['stopped', 'killed'] as const)(
    'goes on where it was when it was %s, without a gap',
    async (how) => {
      const world = await settled();
      await person(world, 'PUT', { enabled: false });
      await world.poll();
      await world.wait(MINUTE_MS);
      await person(world, 'PUT', { enabled: false }, { email: 'ada@example.com' });
      const again = await world.restarted(how);
      await again.wait(3 * HOUR_MS);
      await again.sweep();
      await again.poll();
      expect(again.told('drift.found')).toHaveLength(1);
      expect(again.told('drift.attributed')).toMatchObject([
        { attribution: { email: 'ada@example.com', others: 0 } },
      ]);
      expect(again.told('audit.read')).toMatchObject([{ others: 1 }]);
    },
  );
});

describe('without the right to read the log', () => {
  it('that is said once, asked once an hour, and nothing else changes', async () => {
    const world = await settled({ audit_permission: 'missing' });
    await person(world, 'PUT', { enabled: false });
    const calls = await callsOf(world, async () => {
      for (let minute = 0; minute < 50; minute += 1) {
        await world.poll();
        await world.wait(MINUTE_MS);
      }
    });
    expect(new Set(calls)).toEqual(new Set([AUDIT]));
    expect(calls.length).toBeLessThanOrEqual(3);
    expect(world.told('audit.failed')).toMatchObject([
      { account: { name: 'Example Inc' }, retryAt: expect.any(String) },
    ]);
    await world.sweep();
    expect(world.jobs(ZONE)).toMatchObject([{ enabled: true }]);
    expect(world.told('drift.found')).toMatchObject([{ job: 'http' }]);
    expect(world.told('drift.found')[0]).not.toHaveProperty('attribution');
    expect(world.told('token.refused')).toEqual([]);
  });

  it('its end is told, and the drift that was found meanwhile gets its author', async () => {
    const world = await settled({ audit_permission: 'missing' });
    await person(world, 'PUT', { enabled: false });
    await world.sweep();
    await world.poll();
    world.sandbox.model.changeSwitches({ audit_permission: 'granted' });
    await world.wait(HOUR_MS);
    await world.poll();
    expect(world.told('audit.resumed')).toHaveLength(1);
    expect(world.told('drift.attributed')).toMatchObject([{ attribution: { email: 'eve@example.com' } }]);
  });
});

describe('what Cloudflare sends by itself', () => {
  it('does what a poll does, without a call, and counts once together with it', async () => {
    const world = await settled();
    await person(world, 'PUT', { enabled: false });
    const { entries } = await readLog(world);
    const take = async (): Promise<void> => {
      await world.through(world.feed.ingest(entries, world.loop.stopping).then(() => world.loop.idle()));
    };
    expect(await callsOf(world, take)).toEqual([`GET ${JOBS}`, `PUT ${JOBS}/ID`]);
    expect(world.told('drift.found')).toMatchObject([{ attribution: { email: 'eve@example.com' } }]);
    await take();
    expect(await callsOf(world, () => world.poll())).toEqual([AUDIT]);
  });
});

async function readLog(world: DaemonWorld) {
  const [account] = world.sandbox.model.accounts();
  return world.api.readAuditLog(
    account?.id ?? '',
    { since: world.clock.now() - MINUTE_MS, before: world.clock.now() },
    { signal: world.loop.stopping, priority: 'change' },
  );
}
