/** Transformers: whose they are, and when they are made and deleted. */
import type { Bug } from './bug.ts';

const STORY = 'test/scenarios/transformers.test.ts';

export const TRANSFORMERS: readonly Bug[] = [
  {
    name: 'a transformer is deleted while a job refers to it',
    breaks: ['1'],
    file: 'src/core/transformer/deletes.ts',
    find: 'const users = live.jobs.filter((job) => !leaving.has(keyOf(job)));',
    replace: 'const users: readonly UsingJob[] = live.jobs.filter((job) => leaving.has(`${keyOf(job)}-`));',
    caughtBy: [STORY],
    test: 'stays while a job refers to it',
  },
  {
    name: 'a transformer is not looked at again before it is deleted',
    breaks: ['1'],
    file: 'src/reconcile/transformer/writes.ts',
    find: 'if (inUse !== null) throw new ChangedError(inUse);',
    replace: '',
    caughtBy: [STORY],
    test: 'could not be taken off it',
  },
  {
    name: 'a transformer of the listing that an account has beside the manifest counts as owned',
    breaks: ['2'],
    file: 'src/core/transformer/plan.ts',
    find: "return policy.adopt !== 'never' && modeOf",
    replace: "return policy.adopt !== 'always' || modeOf",
    caughtBy: [STORY],
    test: 'adopt never, and goes',
  },
  {
    name: 'a transformer whose create got no answer is forgotten',
    breaks: ['10', '11'],
    file: 'src/reconcile/transformer/writes.ts',
    find: 'if (!(error instanceof UnknownOutcomeError)) await',
    replace: 'await',
    caughtBy: [STORY],
    test: 'answer is lost',
  },
  {
    name: 'a listing that leaves out an owned transformer is believed',
    breaks: ['22'],
    file: 'src/reconcile/transformer/transformers.ts',
    find: '  if (there.length === 0) return;',
    replace: '  if (there.length >= 0) return;',
    caughtBy: [STORY],
    test: 'leaves out an owned transformer',
  },
  {
    name: 'each update of a transformer makes a new version',
    breaks: ['7'],
    file: 'src/reconcile/transformer/writes.ts',
    find: "...(fields.includes('sql') && { sql })",
    replace: 'sql',
    caughtBy: [STORY],
    test: 'without a new version',
  },
  {
    name: 'a manifest names the SQL file of somebody else',
    breaks: ['H55'],
    file: 'src/core/manifest/sql-file.ts',
    find: "if (parts.includes('..'))",
    replace: "if (parts.includes('...'))",
    caughtBy: [STORY],
    test: '../redact.sql',
  },
  {
    name: 'transformers are written by a pass that the guard refuses',
    breaks: ['45'],
    file: 'src/reconcile/pass/pass.ts',
    find: 'const isWriting = !guarded.refusal && ports.writer !== null;',
    replace: 'const isWriting = ports.writer !== null;',
    caughtBy: [STORY],
    test: 'the guard refuses',
  },
];
