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
];
