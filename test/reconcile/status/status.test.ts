import { describe, expect, it } from 'vitest';
import { scopeKey } from '../../../src/core/job/job.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import { StatusBoard } from '../../../src/reconcile/status/status-board.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../../builders.ts';
import {
  aCreate,
  aDelete,
  aField,
  anUpdate,
  applied,
  aSeenJob,
  aWithheld,
  EVENTS,
  finished,
  PASS,
  planned,
  UNREACHABLE,
} from '../../edges/events.ts';

interface Json {
  readonly manifest: unknown;
  readonly failure: unknown;
  readonly refusal: unknown;
  readonly unresolved: unknown;
  readonly last_pass: unknown;
  readonly scopes: readonly {
    readonly scope: { readonly name: string };
    readonly last_attempt: string;
    readonly last_success: string | null;
    readonly last_error: string | null;
    readonly jobs: readonly Record<string, unknown>[];
  }[];
}

function aBoard() {
  let now = Date.parse('2026-11-23T09:00:00Z');
  const board = new StatusBoard({ now: () => now });
  return {
    board,
    tell: (...events: readonly ReconcileEvent[]): void => events.forEach(board.emit),
    wait: (ms: number): void => void (now += ms),
    json: (): Json => board.toJson() as Json,
    /** Name, sync and fields of each job of the one scope. */
    jobs: () =>
      (board.toJson() as Json).scopes.flatMap(({ jobs }) =>
        jobs.map(({ name, id, sync, fields }) => [name, id, sync, fields]),
      ),
  };
}

const live = aLiveJob({ id: 7, name: 'http' });
const pair = { desired: aDesiredJob({ name: 'http' }), live };
const update = anUpdate({ live, fields: [aField({ path: 'enabled' })] });

describe('the status of the manifest', () => {
  it('is that of the last one accepted, with what is wrong now', () => {
    const { tell, json } = aBoard();
    tell(EVENTS['manifest.accepted']);
    expect(json().manifest).toMatchObject({ revision: '4f2c1ab00000', valid: true, error: null });
    tell({ ...EVENTS['manifest.rejected'], revision: 'another' });
    expect(json().manifest).toMatchObject({
      revision: '4f2c1ab00000',
      valid: false,
      problems: [{ code: 'out-of-range' }],
    });
    tell(EVENTS['manifest.unreadable']);
    expect(json().manifest).toMatchObject({
      valid: false,
      error: expect.stringContaining('does not exist'),
    });
    tell({ ...EVENTS['manifest.accepted'], warnings: [] });
    expect(json().manifest).toEqual({
      revision: '4f2c1ab00000',
      valid: true,
      problems: [],
      warnings: [],
      error: null,
    });
  });
});

describe('the status of a pass', () => {
  it('is that of the last one finished', () => {
    const { tell, json, wait } = aBoard();
    wait(1000);
    tell(finished({ applied: 2 }));
    expect(json().last_pass).toMatchObject({
      id: PASS,
      finished_at: '2026-11-23T09:00:01.000Z',
      duration_ms: 2841,
      summary: { applied: 2 },
    });
  });

  it('says why none could begin, until one does', () => {
    const { tell, json } = aBoard();
    tell(EVENTS['pass.failed']);
    expect(json().failure).toBe(UNREACHABLE.message);
    tell(EVENTS['pass.started']);
    expect(json().failure).toBeNull();
  });

  it('names what was not found, each once, until the next one begins', () => {
    const { tell, json } = aBoard();
    tell(EVENTS['scope.unresolved'], EVENTS['scope.unresolved']);
    expect(json().unresolved).toEqual([{ name: 'shop.example', reason: 'No such zone.' }]);
    tell(EVENTS['pass.started']);
    expect(json().unresolved).toEqual([]);
  });
});

describe('readiness', () => {
  it('of one of several replicas comes with the manifest, and stays when it takes the Lease over', () => {
    const board = new StatusBoard({ now: () => 0 });
    board.emit(EVENTS['leader.standby']);
    expect(board.ready).toEqual({ ready: false, reason: 'the manifest was not read yet' });
    board.emit(EVENTS['manifest.accepted']);
    expect(board.ready).toEqual({ ready: true, reason: 'standing by while pod-1_2 leads' });
    board.emit(EVENTS['leader.elected']);
    board.emit(EVENTS['pass.failed']);
    expect(board.ready).toEqual({ ready: true, reason: 'this replica leads' });
    board.emit(EVENTS['leader.lost']);
    expect(board.ready.ready).toBe(true);
    board.emit(EVENTS['lease.failed']);
    expect(board.ready.ready).toBe(true);
  });

  it('comes with the first pass and stays', () => {
    const { board, tell } = aBoard();
    expect(board.ready).toEqual({ ready: false, reason: 'the first pass is not done yet' });
    tell(EVENTS['pass.failed']);
    expect(board.ready).toEqual({ ready: false, reason: UNREACHABLE.message });
    tell(EVENTS['manifest.rejected']);
    expect(board.ready).toMatchObject({ ready: false, reason: expect.stringContaining('errors') });
    tell(EVENTS['manifest.unreadable']);
    expect(board.ready).toMatchObject({ ready: false, reason: expect.stringContaining('does not exist') });
    tell(finished());
    expect(board.ready.ready).toBe(true);
    tell(EVENTS['pass.failed'], EVENTS['manifest.unreadable']);
    expect(board.ready.ready).toBe(true);
  });
});

describe('a refusal in the status', () => {
  const other = aScope({ id: 'b'.repeat(32), name: 'other.example' });
  const refused = { ...EVENTS['pass.refused'], scopes: [aScope()] };
  const reason = refused.refusal.reason;
  const lookAt = (scope: ReturnType<typeof aScope>, passId: string): ReconcileEvent[] => [
    { ...planned({ scope }), passId },
    { ...finished(), passId },
  ];

  it('stands over passes that are about other scopes', () => {
    const { tell, json } = aBoard();
    tell(refused, finished({ refused: true }), ...lookAt(other, 'p2'));
    expect(json().refusal).toBe(reason);
  });

  it('ends with a pass over its scopes that is not refused', () => {
    const { tell, json } = aBoard();
    tell(refused, finished({ refused: true }), ...lookAt(aScope(), 'p2'));
    expect(json().refusal).toBeNull();
  });

  it('ends also for a scope that such a pass could not read', () => {
    const { tell, json } = aBoard();
    tell(refused, finished({ refused: true }));
    tell({ ...EVENTS['scope.unreadable'], passId: 'p2', scope: aScope() }, { ...finished(), passId: 'p2' });
    expect(json().refusal).toBeNull();
  });

  it('is kept for what a second refusal did not look at', () => {
    const { tell, json } = aBoard();
    tell(refused, finished({ refused: true }));
    tell({ ...refused, passId: 'p2', scopes: [other] });
    tell({ ...finished({ refused: true }), passId: 'p2' }, ...lookAt(other, 'p3'));
    expect(json().refusal).toBe(reason);
  });

  it('ends with its scopes', () => {
    const { tell, json } = aBoard();
    tell(refused, { type: 'scopes.known', scopes: [other] });
    expect(json().refusal).toBeNull();
  });
});

describe('the status of a scope', () => {
  it('has had success when nothing is left to do, and not before', () => {
    const { tell, json, wait } = aBoard();
    wait(1000);
    tell(planned({ changes: [update], paired: [pair], live: [live] }));
    expect(json().scopes).toMatchObject([
      { last_attempt: '2026-11-23T09:00:01.000Z', last_success: null, last_error: null },
    ]);
    wait(1000);
    tell(applied(update, live));
    expect(json().scopes).toMatchObject([{ last_success: '2026-11-23T09:00:02.000Z' }]);
  });

  it('keeps its jobs and its last success when it cannot be read', () => {
    const { tell, json, wait } = aBoard();
    tell(planned({ paired: [pair], live: [live] }));
    wait(1000);
    tell(EVENTS['scope.unreadable']);
    expect(json().scopes).toMatchObject([
      {
        last_attempt: '2026-11-23T09:00:01.000Z',
        last_success: '2026-11-23T09:00:00.000Z',
        last_error: expect.stringContaining('not allow'),
        jobs: [{ name: 'http' }],
      },
    ]);
  });

  it.each([EVENTS['change.failed'], EVENTS['ledger.failed']])('says what failed last ($type)', (event) => {
    const { tell, json } = aBoard();
    tell(planned({ changes: [update], paired: [pair], live: [live] }), event);
    expect(json().scopes).toMatchObject([{ last_error: event.error.message }]);
    expect(event.error instanceof StateError || event.error === UNREACHABLE).toBe(true);
  });

  it('says what a change waits for, until the next look', () => {
    const { tell, json } = aBoard();
    const plan = planned({ changes: [aDelete(live)], live: [live] });
    const reason = 'the manifest wants it in another zone';
    tell(plan, { ...EVENTS['change.skipped'], change: aDelete(live), reason });
    expect(json().scopes).toMatchObject([{ last_error: null, jobs: [{ name: 'http', reason }] }]);
    tell(plan);
    expect(JSON.stringify(json())).not.toContain(reason);
  });

  it('goes when the scope is gone', () => {
    const { tell, json, board } = aBoard();
    const other = aScope({ id: 'b'.repeat(32), name: 'other.example' });
    tell(planned(), planned({ scope: other }));
    tell({ type: 'scopes.known', scopes: [other] });
    expect(json().scopes.map(({ scope }) => scope.name)).toEqual(['other.example']);
    expect(board.find(null)).toEqual([scopeKey(other)]);
  });

  it('is found by name, in any case, and by id', () => {
    const { tell, board } = aBoard();
    tell(planned());
    const key = scopeKey(aScope());
    expect([board.find('Example.COM'), board.find(aScope().id), board.find('example')]).toEqual([
      [key],
      [key],
      [],
    ]);
  });
});

describe('the status of a job', () => {
  it('is in sync where nothing is to do', () => {
    const { tell, jobs } = aBoard();
    tell(planned({ paired: [pair], live: [live] }));
    expect(jobs()).toEqual([['http', 7, 'in_sync', []]]);
  });

  it('is that of its change, and in sync after it', () => {
    const { tell, jobs } = aBoard();
    const drift = anUpdate({ live, class: 'drift', fields: [aField({ class: 'drift' })] });
    tell(planned({ changes: [drift], paired: [pair], live: [live] }));
    expect(jobs()).toEqual([['http', 7, 'drift', ['enabled']]]);
    tell(applied(drift, live));
    expect(jobs()).toEqual([['http', 7, 'in_sync', []]]);
  });

  it('is drift still when only the rest of the job was written', () => {
    const { tell, jobs, json } = aBoard();
    const held = aWithheld({
      name: 'http',
      action: 'update',
      id: 7,
      class: 'drift',
      fields: [aField({ path: 'filter', class: 'drift' })],
    });
    tell(planned({ changes: [update], withheld: [held], paired: [pair], live: [live] }));
    expect(jobs()).toEqual([['http', 7, 'pending', ['enabled']]]);
    tell(applied(update, live));
    expect(jobs()).toEqual([['http', 7, 'drift', ['filter']]]);
    expect(json().scopes[0]?.last_success).toBeNull();
  });

  it('has no id before it is made', () => {
    const { tell, jobs } = aBoard();
    const create = aCreate('new-job');
    const made = aLiveJob({ id: 9, name: 'new-job' });
    tell(planned({ changes: [create] }));
    expect(jobs()).toEqual([['new-job', null, 'pending', []]]);
    tell(applied(create, made));
    expect(jobs()).toEqual([['new-job', 9, 'in_sync', []]]);
  });

  it('is gone once it is deleted', () => {
    const { tell, jobs } = aBoard();
    const change = aDelete(aLiveJob({ id: 7, name: 'old-job' }));
    tell(planned({ changes: [change], live: [aLiveJob({ id: 7, name: 'old-job' })] }));
    expect(jobs()).toEqual([['old-job', 7, 'pending', []]]);
    tell({ ...applied(change), id: 7, job: null });
    expect(jobs()).toEqual([]);
  });

  it('has the id and the dataset of what replaced it', () => {
    const { tell, json } = aBoard();
    const desired = aDesiredJob({ name: 'http', fields: { dataset: 'dns_logs' } });
    const replace = { ...update, action: 'replace', desired, body: {}, oldGoes: 'next' } as const;
    tell(planned({ changes: [{ ...replace, live }], paired: [{ desired, live }], live: [live] }));
    tell(applied({ ...replace, live }, aLiveJob({ id: 8, name: 'http', fields: { dataset: 'dns_logs' } })));
    expect(json().scopes[0]?.jobs).toMatchObject([{ id: 8, dataset: 'dns_logs', sync: 'in_sync' }]);
  });

  it('is not that of another job of the same name', () => {
    const { tell, jobs } = aBoard();
    const former = aLiveJob({ id: 3, name: 'http' });
    const foreign = aLiveJob({ id: 5, name: 'http' });
    tell(
      planned({
        changes: [aDelete(former), update],
        paired: [pair],
        unmanaged: [foreign],
        live: [live, former, foreign],
      }),
    );
    expect(jobs()).toEqual([
      ['http', 7, 'pending', ['enabled']],
      ['http', 3, 'pending', []],
      ['http', 5, 'unmanaged', []],
    ]);
    tell(applied(update, live));
    expect(jobs()[2]).toEqual(['http', 5, 'unmanaged', []]);
    expect(jobs()[0]).toEqual(['http', 7, 'in_sync', []]);
  });

  it('is shown also where it is only withheld: blocked, ambiguous, kept, or of a zone that left', () => {
    const { tell, json } = aBoard();
    const kept = aLiveJob({ id: 9, name: 'kept', fields: { dataset: 'dns_logs' } });
    tell(
      planned({
        desired: aDesiredScope({ jobs: [aDesiredJob({ name: 'new' })] }),
        withheld: [
          aWithheld({ name: 'kept', id: 9, reason: 'prune is never' }),
          aWithheld({ name: 'gone', id: 11 }),
          { action: 'create', name: 'new', class: 'pending', reason: 'mode is observe', fields: [] },
        ],
        live: [kept],
      }),
    );
    expect(json().scopes[0]?.jobs).toMatchObject([
      { name: 'kept', id: 9, dataset: 'dns_logs', sync: 'pending', reason: 'prune is never' },
      { name: 'gone', id: 11, dataset: '' },
      { name: 'new', id: null, dataset: 'http_requests', reason: 'mode is observe' },
    ]);
  });

  it('is unverifiable where a value is not shown, also after another one was written', () => {
    const { tell, jobs } = aBoard();
    const unverifiable = [{ name: 'http', id: 7, fields: [aField({ path: 'filter' })] }];
    tell(planned({ paired: [pair], live: [live], unverifiable }));
    expect(jobs()).toEqual([['http', 7, 'unverifiable', ['filter']]]);
    tell(planned({ paired: [pair], live: [live], unverifiable, changes: [update] }), applied(update, live));
    expect(jobs()).toEqual([['http', 7, 'unverifiable', ['filter']]]);
  });

  it('tells its health apart', () => {
    const { tell, json } = aBoard();
    tell(planned({ paired: [pair], live: [live] }));
    expect(json().scopes[0]?.jobs).toMatchObject([{ sync: 'in_sync', health: { state: 'unknown' } }]);
    tell({ ...EVENTS['scope.health'], jobs: [aSeenJob({ id: 7 })] });
    const health = {
      state: 'failing',
      since: '2026-11-23T09:00:00.000Z',
      last_error: '2026-11-23T09:00:00Z',
      cause: { code: 'dns-error' },
      gap: { from: '2026-11-23T08:55:00.000Z', reason: 'failing', lost: false },
      delivered: { last_24_hours: 0.9951234, last_30_days: null },
    };
    expect(json().scopes[0]?.jobs).toMatchObject([{ sync: 'in_sync', health }]);
  });
});

describe('every event', () => {
  it.each(Object.values(EVENTS))('can be told to the status: $type', (event) => {
    const { tell, json } = aBoard();
    tell(planned({ changes: [aCreate(), update], paired: [pair], live: [live] }), event);
    expect(() => JSON.stringify(json())).not.toThrow();
  });
});

it('says of each field why it differs', () => {
  const { json, tell } = aBoard();
  const fields = [aField({ path: 'enabled', class: 'drift' }), aField({ path: 'filter', class: 'conflict' })];
  tell(
    planned({
      paired: [pair],
      withheld: [aWithheld({ name: 'http', action: 'update', class: 'conflict', fields })],
    }),
  );
  expect(json().scopes[0]?.jobs).toMatchObject([
    { sync: 'conflict', fields: ['enabled', 'filter'], classes: ['drift', 'conflict'] },
  ]);
});
