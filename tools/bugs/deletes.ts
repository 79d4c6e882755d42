/** What is believed of a delete whose answer was lost. */
import type { Bug } from './bug.ts';

export const DELETES: readonly Bug[] = [
  {
    name: 'a job whose delete got no answer is what another one goes for',
    breaks: ['8', '15'],
    file: 'src/core/plan/overlap.ts',
    find: 'if (wanted !== undefined && deletion !== undefined) return',
    replace: 'if (wanted === undefined && deletion !== undefined) return',
    caughtBy: ['test/core/plan/overlap.test.ts', 'test/reconcile/pass/identity.test.ts'],
  },
  {
    name: 'a delete is not remembered before it is sent',
    breaks: ['8', '15'],
    file: 'src/reconcile/pass/apply.ts',
    find: 'const unsaved = await failureOf(ledger.beginDelete(plan.scope, id));',
    replace: 'const unsaved = undefined;',
    caughtBy: ['test/reconcile/pass/identity.test.ts'],
  },
  {
    name: 'a delete is sent again although the job that stays is not what it was',
    breaks: ['8', '15'],
    file: 'src/reconcile/pass/apply.ts',
    find: '{ ...call, isGone, ...(!isLast',
    replace: '{ ...call, isGone: async () => !(await isThere(live, context)), ...(!isLast',
    caughtBy: ['test/reconcile/pass/apply.test.ts'],
  },
  {
    name: 'a delete goes by what was seen before the rate limit held it up',
    breaks: ['8', '15'],
    file: 'src/edges/cloudflare/call.ts',
    find: 'if (now - seenAt <= freshMs) return;',
    replace: 'if (now - seenAt <= freshMs * 1000) return;',
    caughtBy: ['test/edges/cloudflare/outcomes.test.ts'],
  },
  {
    name: 'a delete is sent again without the look that its caller asks for',
    breaks: ['8', '15'],
    file: 'src/edges/cloudflare/writer.ts',
    find: 'const { isGone: isDone =',
    replace: 'const { isDone =',
    caughtBy: ['test/edges/cloudflare/outcomes.test.ts'],
  },
];
