import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/core/plan/ledger-entry.ts';
import { StateError } from '../../../src/reconcile/errors.ts';
import { Ledger } from '../../../src/reconcile/ledger/ledger.ts';
import type { StateStore } from '../../../src/reconcile/ports.ts';
import { ManualClock } from '../../manual-clock.ts';

const scope = { kind: 'zone', id: 'a'.repeat(32), name: 'example.com' } as const;
const KEY = `zone.${scope.id}`;

function entry(over: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    name: 'http',
    id: 7,
    dataset: 'http_requests',
    protect: false,
    applied: { enabled: 'f1' },
    unverifiable: [],
    ...over,
  };
}

class TextStore implements StateStore {
  readonly texts: Map<string, string>;
  broken = false;
  /** Each save waits for this. */
  gate: Promise<void> | null = null;
  /** Resolves when a save has begun. */
  readonly begun = Promise.withResolvers<void>();

  constructor(texts: Iterable<[string, string]> = []) {
    this.texts = new Map(texts);
  }

  async load() {
    return new Map(this.texts);
  }

  async save(key: string, text: string) {
    this.begun.resolve();
    await this.gate;
    if (this.broken) throw new StateError('the disk is full');
    this.texts.set(key, text);
  }

  async remove(key: string) {
    this.texts.delete(key);
  }

  async fingerprint() {
    return (text: string) => `f(${text.length})`;
  }
}

const CREATE = { name: 'http', protect: false, dataset: 'http_requests', place: 'f2', beside: [] };

describe('the ledger', () => {
  it('remembers over a restart what was recorded', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.record(scope, entry({ superseded: 3, protect: true, unverifiable: ['filter'] }));
    const reopened = await Ledger.open(store, new ManualClock());
    expect(reopened.of(scope)).toEqual(ledger.of(scope));
    expect(reopened.scopes()).toEqual([scope]);
    expect(reopened.ownedJobs).toBe(1);
  });

  it('keeps the name of a create until the job is recorded', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.beginCreate(scope, CREATE);
    expect((await Ledger.open(store, new ManualClock())).of(scope).creating).toEqual([
      { ...CREATE, since: '2026-11-23T09:00:00.000Z', looks: [] },
    ]);
    await ledger.record(scope, entry());
    expect(ledger.of(scope).creating).toEqual([]);
  });

  it('forgets a create that surely was not carried out', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.beginCreate(scope, CREATE);
    await ledger.abandonCreate(scope, 'http');
    expect(store.texts.size).toBe(0);
  });

  it('has one entry a name and one an id', async () => {
    const ledger = await Ledger.open(new TextStore(), new ManualClock());
    await ledger.record(scope, entry());
    await ledger.record(scope, entry({ id: 8 }));
    await ledger.record(scope, entry({ id: 8, name: 'renamed' }));
    expect(ledger.of(scope).entries).toEqual([entry({ id: 8, name: 'renamed' })]);
  });

  it('drops the former job of a replace once that is gone, and keeps the new one', async () => {
    const ledger = await Ledger.open(new TextStore(), new ManualClock());
    await ledger.record(scope, entry({ id: 8, superseded: 7 }));
    await ledger.forget(scope, 7);
    expect(ledger.of(scope).entries).toEqual([entry({ id: 8 })]);
  });

  it('keeps the former job of a replace when only the new one is gone, and nothing of what that one was', async () => {
    const ledger = await Ledger.open(new TextStore(), new ManualClock());
    const at = '2026-01-12T09:30:00.000Z';
    await ledger.record(scope, entry({ id: 8, superseded: 7, supersededAt: at, unverifiable: ['filter'] }));
    await ledger.forget(scope, 8);
    expect(ledger.of(scope).entries).toEqual([entry({ id: 7, applied: {}, unverifiable: [] })]);
  });

  it('leaves nothing behind of a scope whose last job is gone', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.record(scope, entry());
    await ledger.forget(scope, 7);
    expect(store.texts.size).toBe(0);
    expect(ledger.scopes()).toEqual([]);
  });

  it('remembers for a minute, over a restart too, what was deleted', async () => {
    const store = new TextStore();
    const clock = new ManualClock();
    const ledger = await Ledger.open(store, clock);
    await ledger.record(scope, entry());
    await ledger.recordDelete(scope, 7);
    const reopened = await Ledger.open(store, clock);
    expect(reopened.leaving(scope)).toEqual([7]);
    expect(reopened.scopes()).toEqual([]);
    await clock.advance(60_000);
    expect(reopened.leaving(scope)).toEqual([]);
    expect(reopened.hasOldDeletes(scope)).toBe(true);
    await reopened.recordDoubts(scope, { creating: [] });
    expect(store.texts.size).toBe(0);
  });

  it('remembers, over a restart too, a delete without an answer until it has surely arrived', async () => {
    const store = new TextStore();
    const clock = new ManualClock();
    const ledger = await Ledger.open(store, clock);
    await ledger.record(scope, entry());
    await ledger.beginDelete(scope, 7);
    const reopened = await Ledger.open(store, clock);
    expect(reopened.leaving(scope)).toEqual([]);
    expect(reopened.of(scope)).toMatchObject({
      entries: [{ id: 7 }],
      deleted: [{ id: 7, at: new Date(clock.now()).toISOString(), unanswered: true }],
    });
    await clock.advance(149_999);
    expect(reopened.hasOldDeletes(scope)).toBe(false);
    await clock.advance(1);
    expect(reopened.hasOldDeletes(scope)).toBe(true);
  });

  it('knows a delete by its answer once that is there', async () => {
    const clock = new ManualClock();
    const ledger = await Ledger.open(new TextStore(), clock);
    await ledger.record(scope, entry());
    await ledger.beginDelete(scope, 7);
    await clock.advance(1_000);
    await ledger.recordDelete(scope, 7);
    expect(ledger.of(scope).deleted).toEqual([{ id: 7, at: new Date(clock.now()).toISOString() }]);
    expect(ledger.leaving(scope)).toEqual([7]);
  });

  it('remembers over a restart what is in doubt', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.beginCreate(scope, CREATE);
    const looks = ['2026-11-23T09:00:00.000Z'];
    const creating = ledger.of(scope).creating.map((create) => ({ ...create, looks }));
    const doubts = { creating, collapse: { gone: [7, 8], looks } };
    await ledger.recordDoubts(scope, doubts);
    expect((await Ledger.open(store, new ManualClock())).of(scope)).toEqual({ entries: [], ...doubts });
    await ledger.recordDoubts(scope, { creating });
    expect(ledger.of(scope)).toEqual({ entries: [], creating });
  });

  it('remembers of what was created when, and what was there before', async () => {
    const ledger = await Ledger.open(new TextStore(), new ManualClock());
    await ledger.beginCreate(scope, { ...CREATE, beside: [3] });
    await ledger.record(scope, entry());
    const created = { at: '2026-11-23T09:00:00.000Z', beside: [3] };
    expect(ledger.of(scope).entries).toEqual([entry({ created })]);
    await ledger.record(scope, entry({ protect: true }));
    expect(ledger.of(scope).entries).toEqual([entry({ protect: true, created })]);
  });

  it('keeps a create open when another job of its name is renewed', async () => {
    const ledger = await Ledger.open(new TextStore(), new ManualClock());
    await ledger.record(scope, entry());
    await ledger.beginCreate(scope, CREATE);
    await ledger.record(scope, entry({ protect: true }));
    expect(ledger.of(scope).creating).toHaveLength(1);
  });

  it('knows what happened, also where it could not be saved, until another save takes it along', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    store.broken = true;
    await expect(ledger.record(scope, entry())).rejects.toThrow('the disk is full');
    expect(ledger.of(scope).entries).toEqual([entry()]);
    expect(ledger.isSaved(scope)).toBe(false);

    store.broken = false;
    await ledger.beginCreate(scope, { ...CREATE, name: 'other' });
    expect(ledger.isSaved(scope)).toBe(true);
    const reopened = await Ledger.open(store, new ManualClock());
    expect(reopened.of(scope)).toEqual(ledger.of(scope));
  });

  it('knows of no create that could not be saved before it', async () => {
    const store = new TextStore();
    const ledger = await Ledger.open(store, new ManualClock());
    await ledger.record(scope, entry({ name: 'other' }));
    store.broken = true;
    await expect(ledger.beginCreate(scope, CREATE)).rejects.toThrow('the disk is full');
    expect(ledger.of(scope)).toEqual({ entries: [entry({ name: 'other' })], creating: [] });
    expect(ledger.isSaved(scope)).toBe(true);
  });

  describe.each(['create', 'job', 'pause'] as const)(
    'of two that change a scope at once, first a %s',
    (first) => {
      it.each(['create', 'job', 'pause'] as const)('then a %s, keeps both', async (second) => {
        const { ledger, store, change, seen } = await changing();
        const open = Promise.withResolvers<void>();
        store.gate = open.promise;
        const one = change[first]();
        await store.begun.promise;
        const other = change[second]();
        open.resolve();
        await Promise.all([one, other]);
        expect(seen(ledger)).toEqual([...new Set([first, second])].toSorted());
        expect(seen(await Ledger.open(store, new ManualClock()))).toEqual(seen(ledger));
      });
    },
  );

  it('keeps what happens while a pause is saved that comes to nothing', async () => {
    const { ledger, store, change, seen } = await changing();
    const open = Promise.withResolvers<void>();
    store.gate = open.promise;
    const pausing = change.pause();
    await store.begun.promise;
    const recording = change.job();
    store.broken = true;
    open.resolve();
    await expect(pausing).rejects.toThrow(StateError);
    await expect(recording).rejects.toThrow(StateError);
    expect(seen(ledger)).toEqual(['job']);
    expect(ledger.isSaved(scope)).toBe(false);
  });

  it('is not saved before what happened during a save is saved, too', async () => {
    const { ledger, store, change } = await changing();
    const open = Promise.withResolvers<void>();
    store.gate = open.promise;
    const pausing = change.pause();
    await store.begun.promise;
    store.gate = new Promise<void>(() => undefined);
    void change.job();
    open.resolve();
    await pausing;
    expect(ledger.isSaved(scope)).toBe(false);
  });

  it('refuses a page of another version, and says that it is of another version', async () => {
    const text = JSON.stringify({ version: 2, scope, pages: 'in a way of which nobody knows yet' });
    const opening = Ledger.open(new TextStore([[KEY, text]]), new ManualClock());
    await expect(opening).rejects.toThrow(StateError);
    await expect(opening).rejects.toThrow(/has format 2, and this logpushd reads format 1.*or delete it/);
  });

  it.each([
    ['not JSON', '{'],
    ['no format', JSON.stringify({ scope, entries: [], creating: [] })],
    [
      'another scope',
      JSON.stringify({ version: 1, scope: { ...scope, id: 'b'.repeat(32) }, entries: [], creating: [] }),
    ],
    [
      'an entry without an id',
      JSON.stringify({ version: 1, scope, entries: [{ ...entry(), id: undefined }], creating: [] }),
    ],
    [
      'a fingerprint that is no text',
      JSON.stringify({
        version: 1,
        scope,
        entries: [entry({ applied: { enabled: 1 as never } })],
        creating: [],
      }),
    ],
    [
      'an open create without looks',
      JSON.stringify({ version: 1, scope, entries: [], creating: [{ ...CREATE, since: 'x' }] }),
    ],
    [
      'a collapse without ids',
      JSON.stringify({ version: 1, scope, entries: [entry()], creating: [], collapse: { looks: [] } }),
    ],
    [
      'a delete without a time',
      JSON.stringify({ version: 1, scope, entries: [entry()], creating: [], deleted: [{ id: 7 }] }),
    ],
    ['null', 'null'],
  ])('refuses a damaged page (%s) with what to do about it', async (_, text) => {
    const opening = Ledger.open(new TextStore([[KEY, text]]), new ManualClock());
    await expect(opening).rejects.toThrow(StateError);
    await expect(opening).rejects.toThrow(
      /damaged.*delete it: jobs in the manifest are then adopted again by name/,
    );
  });
});

it('keeps a pause when the doubts about its scope are recorded, and over a restart', async () => {
  const store = new TextStore();
  const ledger = await Ledger.open(store, new ManualClock());
  const pause = { job: 'http', since: '2026-11-23T09:00:00.000Z', until: '2026-11-23T10:00:00.000Z' };
  await ledger.pause(scope, pause);
  await ledger.recordDoubts(scope, { creating: [] });
  const reopened = await Ledger.open(store, new ManualClock());
  expect(reopened.pauses()).toEqual([{ scope, pause }]);
  await reopened.resume(scope, pause);
  expect(store.texts.size).toBe(0);
});

async function changing() {
  const store = new TextStore();
  const ledger = await Ledger.open(store, new ManualClock());
  const change = {
    create: () => ledger.beginCreate(scope, { ...CREATE, name: 'new' }),
    job: () => ledger.record(scope, entry()),
    pause: () => ledger.pause(scope, { since: '2026-11-23T09:00:00Z' }),
  };
  const seen = (one: Ledger): readonly string[] => {
    const { creating, entries, pauses = [] } = one.of(scope);
    return [...creating.map(() => 'create'), ...entries.map(() => 'job'), ...pauses.map(() => 'pause')];
  };
  return { store, ledger, change, seen };
}
