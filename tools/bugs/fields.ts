/** Which fields a job gets. */
import type { Bug } from './bug.ts';

const CHECK = 'test/reconcile/manifest/field-check.test.ts';
const PASS = 'test/reconcile/pass/pass.test.ts';
const LOCK = 'test/core/manifest/field-lock.test.ts';

export const FIELDS: readonly Bug[] = [
  {
    name: 'the name of a field that no list has is sent',
    breaks: ['26'],
    file: 'src/reconcile/manifest/field-check.ts',
    find: 'if (own.length === 0) return job;',
    replace: 'if (own.length > 0) return job;',
    caughtBy: [CHECK],
  },
  {
    name: 'a name that is new at Cloudflare counts as unknown for an hour',
    breaks: ['26'],
    file: 'src/reconcile/manifest/field-check.ts',
    find: "options.priority === 'change' ? IN_DOUBT_MS : undefined",
    replace: 'undefined',
    caughtBy: [CHECK],
  },
  {
    name: 'a job is written with names that could not be checked just now',
    breaks: ['26'],
    file: 'src/reconcile/manifest/field-check.ts',
    find: 'failure instanceof UnreachableError || failure instanceof RateLimitedError',
    replace: 'failure instanceof RateLimitedError',
    caughtBy: [CHECK],
  },
  {
    name: 'a list for each zone is asked for where one would do',
    breaks: ['36'],
    file: 'src/reconcile/manifest/catalogue.ts',
    find: 'this.#asked.set(asking, shared);',
    replace: '',
    caughtBy: [CHECK],
  },
  {
    name: 'a field that Cloudflare lists anew is written by itself',
    breaks: ['2'],
    file: 'src/core/plan/settled-fields.ts',
    find: 'return entry.applied[PATH] === fingerprint(text) ? listedFields(settled) : undefined;',
    replace: 'return undefined;',
    caughtBy: [PASS],
  },
  {
    name: 'fields that somebody took away stay away',
    breaks: ['2'],
    file: 'src/core/plan/settled-fields.ts',
    find: 'entry.applied[PATH] === fingerprint(text) ?',
    replace: 'text !== undefined ?',
    caughtBy: [PASS],
  },
  {
    name: 'a broken lock of fields counts as none',
    breaks: ['26'],
    file: 'src/core/manifest/parser.ts',
    find: '      lockProblems,\n',
    replace: '',
    caughtBy: [LOCK],
  },
];
