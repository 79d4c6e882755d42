/** When most jobs of a scope are gone at once. */
import type { Bug } from './bug.ts';

const COLLAPSE = 'test/core/plan/collapse.test.ts';

export const COLLAPSES: readonly Bug[] = [
  {
    name: 'that most jobs are gone is believed at once',
    breaks: ['23', 'F24'],
    file: 'src/core/plan/collapse.ts',
    find: 'return collapse !== undefined && !isSettled(collapse.looks, rule);',
    replace: 'return collapse !== undefined && isSettled(collapse.looks, rule);',
    caughtBy: [COLLAPSE],
  },
  {
    name: 'that most jobs are gone is believed unless all are',
    breaks: ['23', 'F25'],
    file: 'src/core/plan/collapse.ts',
    find: 'gone.length <= entries.length / 2',
    replace: 'gone.length < entries.length',
    caughtBy: [COLLAPSE],
  },
  {
    name: 'a single job that is gone waits for three listings',
    breaks: ['23', '20'],
    file: 'src/core/plan/collapse.ts',
    find: 'if (gone.length < 2 ||',
    replace: 'if (gone.length < 1 ||',
    caughtBy: [COLLAPSE],
  },
  {
    name: 'a listing that misses other jobs speaks for the same collapse',
    breaks: ['23', '24'],
    file: 'src/core/plan/collapse.ts',
    find: 'afterLook(agrees ? (collapse?.looks ?? []) : [], now, rule)',
    replace: 'afterLook(collapse?.looks ?? [], now, rule)',
    caughtBy: [COLLAPSE],
  },
  {
    name: 'jobs are deleted while it is in doubt that most are gone',
    breaks: ['23', '4'],
    file: 'src/core/plan/doubted.ts',
    find: "if (action === 'update' || action === 'adopt') return null;",
    replace: "if (action === 'update' || action === 'adopt' || action === 'delete') return null;",
    caughtBy: [COLLAPSE],
  },
  {
    name: 'jobs are forgotten while it is in doubt that they are gone',
    breaks: ['23', '24'],
    file: 'src/reconcile/pass/remember.ts',
    find: 'if (doubts.isCollapseDoubted) return [];',
    replace: '',
    caughtBy: ['test/reconcile/pass/pass.test.ts'],
  },
  {
    name: 'the daemon does not look again at a collapse that is in doubt',
    breaks: ['23', '16'],
    file: 'src/core/plan/doubted.ts',
    find: '...(isCollapseDoubted ? [nextLook(collapse.looks, rules.collapse)] : []),',
    replace: '',
    caughtBy: [COLLAPSE],
  },
  {
    name: 'a doubted collapse begins anew with each restart',
    breaks: ['23', '13'],
    file: 'src/reconcile/ledger/page.ts',
    find: '  const { version: _, scope, ...ledger } = page;\n  return { scope, ledger };',
    replace: '  const { version: _, scope, collapse: __, ...ledger } = page;\n  return { scope, ledger };',
    caughtBy: ['test/reconcile/pass/pass.test.ts'],
  },
];
