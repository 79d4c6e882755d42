/** What an update must not take away. */
import type { Bug } from './bug.ts';

const OUTCOMES = 'test/edges/cloudflare/outcomes.test.ts';
const IDENTITY = 'test/reconcile/pass/identity.test.ts';

export const UPDATES: readonly Bug[] = [
  {
    name: 'an update without an answer is sent again over an option that somebody has set meanwhile',
    breaks: ['15', '25'],
    file: 'src/edges/cloudflare/writer.ts',
    find: 'lostOptions(body, live.fields, seen?.fields)',
    replace: 'lostOptions(body, live.fields)',
    caughtBy: [OUTCOMES],
  },
  {
    name: 'an update goes by what was seen before the rate limit held it up',
    breaks: ['2', '25'],
    file: 'src/edges/cloudflare/writer.ts',
    find: 'body, isDone, ...timed }',
    replace: 'body, isDone }',
    caughtBy: [OUTCOMES],
  },
  {
    name: 'an update whose turn came too late is given up',
    breaks: ['2', '25'],
    file: 'src/reconcile/pass/in-time.ts',
    find: 'sends >= MOST_SENDS',
    replace: 'sends > 0',
    caughtBy: [IDENTITY],
  },
  {
    name: 'a job that a wrong listing showed takes the id of one that was made since',
    breaks: ['1', '22'],
    file: 'src/reconcile/pass/remember.ts',
    find: 'touched.includes(name));',
    replace: 'touched.includes(name) && name === "");',
    caughtBy: [IDENTITY],
  },
];
