/** Modes that hold for longer, or shorter, than somebody said. */
import type { Bug } from './bug.ts';

export const MODES: readonly Bug[] = [
  {
    name: 'a rule of ignore that has ended still holds',
    breaks: ['F79'],
    file: 'src/core/manifest/ignore.ts',
    find: '(rule) => !hasEnded(rule, now) && matches(',
    replace: '(rule) => matches(',
    caughtBy: ['test/core/manifest/ignore.test.ts', 'test/reconcile/ignore.test.ts'],
  },
  {
    name: 'a rule of ignore ends when its last day begins',
    breaks: ['F79'],
    file: 'src/core/manifest/ignore.ts',
    find: 'Date.parse(until) + DAY_MS',
    replace: 'Date.parse(until)',
    caughtBy: ['test/core/manifest/ignore.test.ts'],
  },
  {
    name: 'a pause is lost at a restart where nothing is owned',
    breaks: ['F79'],
    file: 'src/reconcile/ledger.ts',
    find: '[deleted, challenges, pauses].some(',
    replace: '[deleted, challenges].some(',
    caughtBy: ['test/reconcile/pause-keeper.test.ts'],
  },
  {
    name: 'a pause is forgotten with the next doubt about its scope',
    breaks: ['F79'],
    file: 'src/reconcile/ledger.ts',
    find: '      ...(pauses && { pauses }),\n    };\n    await',
    replace: '    };\n    await',
    caughtBy: ['test/reconcile/ledger.test.ts'],
  },
  {
    name: 'a pause does not stop what was planned before it',
    breaks: ['F79'],
    file: 'src/reconcile/pause-keeper.ts',
    find: '    turns.void(scopeKey(scope));\n',
    replace: '',
    caughtBy: ['test/reconcile/pause-keeper.test.ts'],
  },
  {
    name: 'a pause of a job does not keep what was deleted from being made anew',
    breaks: ['F79'],
    file: 'src/core/plan/policy.ts',
    find: 'const pause = pauseOver(scope, job?.name);',
    replace: 'const pause = pauseOver(scope, job?.mode);',
    caughtBy: ['test/reconcile/pause-keeper.test.ts'],
  },
  {
    name: 'a pause never ends by itself',
    breaks: ['F79'],
    file: 'src/core/plan/pause.ts',
    find: 'filter((pause) => now < endOf(pause))',
    replace: 'filter((pause) => now < endOf(pause) || pause.job === undefined)',
    caughtBy: ['test/core/plan/pause.test.ts'],
  },
];
