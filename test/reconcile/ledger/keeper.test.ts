import { describe, expect, it } from 'vitest';
import { StateError } from '../../../src/reconcile/errors.ts';
import { Keeper } from '../../../src/reconcile/ledger/keeper.ts';

describe('a page that cannot be saved', () => {
  it('is told once, and that it can be again', async () => {
    let isFull = true;
    const save = async (): Promise<void> => {
      if (isFull) throw new StateError('the disk is full.');
    };
    const told: string[] = [];
    const keeper = new Keeper({ save, remove: save }, 'history', ({ type }) => told.push(type));
    keeper.keep('a', 'one');
    keeper.keep('b', 'two');
    await keeper.settled();
    isFull = false;
    keeper.keep('a', 'three');
    keeper.keep('b', 'four');
    await keeper.settled();
    expect(told).toEqual(['record.unsaved', 'record.saved']);
  });
});

describe('a page that is kept just as the last save ends', () => {
  it.each([0, 1, 2, 3, 4, 5, 6])('is saved, %i turns after it', async (turns) => {
    const saved: string[] = [];
    const disk = Promise.withResolvers<void>();
    const save = (key: string): Promise<void> => {
      saved.push(key);
      return disk.promise;
    };
    const keeper = new Keeper({ save, remove: save }, 'health', () => undefined);
    keeper.keep('history.log', 'one');
    let turn: Promise<void> = disk.promise;
    for (let count = 0; count < turns; count += 1) turn = turn.then(() => undefined);
    const kept = turn.then(() => keeper.keep('audit.feed', 'two'));
    disk.resolve();
    await kept;
    await keeper.settled();
    expect(saved).toEqual(['history.log', 'audit.feed']);
  });
});
