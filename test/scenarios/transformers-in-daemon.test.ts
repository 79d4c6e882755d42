import { describe, expect, it } from 'vitest';
import type { PlanPolicy } from '../../src/core/plan/policy.ts';
import { windowsFrom } from '../../src/settings/windows.ts';
import { DaemonWorld } from './daemon-world.ts';

/** Transformers over many passes: what is refused, paused, out of its window, and changed a short while ago. */

const SQL = 'SELECT RayID FROM http_requests';
const OTHER = 'SELECT RayID, ClientIP FROM http_requests';
const HOUR_MS = 3_600_000;
const PATH = '/accounts/*/logpush/transformers';

class TransformerDaemon {
  readonly world: DaemonWorld;

  constructor(world: DaemonWorld) {
    this.world = world;
  }

  static async open(policy: Partial<PlanPolicy> = {}): Promise<TransformerDaemon> {
    return new TransformerDaemon(await DaemonWorld.open({ policy }));
  }

  static async settled(policy: Partial<PlanPolicy> = {}): Promise<TransformerDaemon> {
    const one = await TransformerDaemon.open(policy);
    one.manifest(SQL);
    await one.world.sweep();
    return one;
  }

  manifest(...queries: readonly string[]): void {
    const list = queries.map((sql, index) => ({ name: `redact${index === 0 ? '' : index}`, sql }));
    const accounts = [{ account: 'Example Inc', transformers: list, jobs: [] }];
    this.world.text = JSON.stringify({ version: 1, accounts }, null, 1);
  }

  refuse(times: number | null = null): void {
    const body = { success: false, errors: [{ code: 1004, message: 'schema validation failed' }] };
    this.world.sandbox.faults.add({
      path: PATH,
      method: 'POST',
      times,
      outcome: { kind: 'answer', status: 400, body },
    });
  }

  get writes(): readonly string[] {
    return this.world.sandbox
      .requests()
      .filter(({ method, path }) => method !== 'GET' && path.includes('/transformers'))
      .map(({ method }) => method);
  }

  /** What somebody else does to the only one. */
  async edit(code: string): Promise<void> {
    const { sandbox } = this.world;
    const account = sandbox.model.accounts()[0]!.id;
    await fetch(`${sandbox.url}/accounts/${account}/logpush/transformers/1`, {
      method: 'PUT',
      headers: { authorization: 'Bearer somebody-else' },
      body: JSON.stringify({ name: 'redact', code }),
    });
  }

  /** Of its only account. */
  get status(): any {
    const [scope] = (this.world.board.toJson() as { scopes: readonly any[] }).scopes;
    return scope;
  }

  /** The text of the last pass that looked. */
  get summary(): any {
    return this.world.told('pass.finished').at(-1)?.summary;
  }

  account(): { readonly kind: 'account'; readonly id: string; readonly name: string } {
    return { kind: 'account', ...this.world.sandbox.model.accounts()[0]! };
  }
}

describe('a transformer that Cloudflare refuses', () => {
  async function refused(): Promise<TransformerDaemon> {
    const one = await TransformerDaemon.open();
    one.refuse();
    one.manifest(SQL);
    await one.world.sweep();
    return one;
  }

  it('is a failure of each pass, and is not sent again by each of them', async () => {
    const one = await refused();
    await one.world.sweep();
    await one.world.sweep();
    expect(one.writes).toEqual(['POST']);
    expect(one.summary).toMatchObject({ failed: 1, applied: 0 });
    expect(one.world.told('transformer.failed')).toMatchObject([{ retryAt: expect.any(String) }]);
    expect(one.world.told('transformer.parked')).toHaveLength(2);
  });

  it('stands in the status with why, until it is taken', async () => {
    const one = await refused();
    expect(one.status).toMatchObject({
      last_error: expect.stringContaining('schema validation failed'),
      last_success: null,
      transformers: [
        {
          name: 'redact',
          id: null,
          sync: 'pending',
          reason: expect.stringMatching(
            /refused.*It is sent again at .*, or when the manifest or the transformer/,
          ),
        },
      ],
    });
    one.world.sandbox.faults.clear();
    one.manifest(OTHER);
    await one.world.sweep();
    expect(one.status).toMatchObject({
      last_error: null,
      last_success: expect.any(String),
      transformers: [{ name: 'redact', id: 1, sync: 'in_sync', reason: null }],
    });
  });

  it('is told by an alert, which ends when it is taken', async () => {
    const one = await refused();
    expect(one.world.standing).toMatchObject([
      {
        reason: 'ChangeFailed',
        subjects: [
          { what: 'create of Transformer "redact" in Example Inc failed', labels: { transformer: 'redact' } },
        ],
      },
    ]);
    await one.world.sweep();
    expect(one.world.standing).toHaveLength(1);
    one.world.sandbox.faults.clear();
    one.manifest(OTHER);
    await one.world.sweep();
    expect(one.world.standing).toEqual([]);
  });

  it('is sent at once when the manifest says something else, and once an hour in any case', async () => {
    const one = await refused();
    one.manifest(OTHER);
    await one.world.sweep();
    expect(one.writes).toEqual(['POST', 'POST']);
    await one.world.wait(3 * HOUR_MS);
    expect(one.writes).toHaveLength(5);
  });

  it('does not keep others of its account from being made', async () => {
    const one = await TransformerDaemon.open();
    one.refuse(1);
    one.manifest(SQL, OTHER);
    await one.world.sweep();
    expect(one.status.transformers).toMatchObject([{ sync: 'pending' }, { sync: 'in_sync' }]);
  });
});

it('no transformer is begun once its account is paused, also by a pass that is under way', async () => {
  const one = await TransformerDaemon.open();
  one.manifest(SQL, OTHER);
  one.world.beforeTransformer = () => one.world.pauses.pause(one.account(), { reason: 'incident' });
  await one.world.sweep();
  expect(one.writes).toEqual(['POST']);
  expect(one.status.transformers.at(-1)).toMatchObject({
    name: 'redact1',
    id: null,
    reason: expect.stringContaining('Example Inc is paused since'),
  });
  await one.world.pauses.resume('Example Inc');
  await one.world.through(one.world.loop.idle());
  expect(one.writes).toEqual(['POST', 'POST']);
  expect(one.status.transformers).toMatchObject([{ sync: 'in_sync' }, { sync: 'in_sync' }]);
});

it('a transformer is written when the window of its change opens, and nobody looks before', async () => {
  const windows = windowsFrom([{ actions: ['create'], cron: '0 12 * * *', duration: '1h' }], 'UTC');
  const one = await TransformerDaemon.settled({ windows });
  expect(one.writes).toEqual([]);
  expect(one.status.transformers).toMatchObject([
    {
      name: 'redact',
      sync: 'pending',
      reason: expect.stringContaining('create transformers at certain times only: the next window opens at'),
    },
  ]);
  await one.world.wait(3 * HOUR_MS);
  expect(one.writes).toEqual(['POST']);
});

describe('what somebody else changed a short while ago', () => {
  it('is only reported until the grace is over, and put right then', async () => {
    const one = await TransformerDaemon.settled({ graceMs: HOUR_MS });
    await one.edit(OTHER);
    await one.world.sweep();
    expect(one.status.transformers).toMatchObject([
      {
        sync: 'drift',
        fields: ['sql'],
        reason: expect.stringContaining('"drift_grace_seconds" leaves it so until'),
      },
    ]);
    expect(one.summary).toMatchObject({ drift: 1, withheld: 1 });
    expect(one.world.standing).toMatchObject([
      {
        reason: 'DriftDetected',
        subjects: [{ what: 'Transformer "redact" in Example Inc was changed at Cloudflare: sql' }],
      },
    ]);
    await one.world.wait(HOUR_MS / 2);
    const restarted = new (TransformerDaemon as any)(
      await one.world.restarted('stopped'),
    ) as TransformerDaemon;
    await restarted.world.sweep();
    expect(restarted.status.transformers).toMatchObject([{ sync: 'drift' }]);
    await restarted.world.wait(HOUR_MS / 2);
    expect(restarted.writes.at(-1)).toBe('PUT');
    expect(restarted.status.transformers).toMatchObject([{ sync: 'in_sync' }]);
    await restarted.world.sweep();
    expect(restarted.world.standing).toEqual([]);
  });
});
