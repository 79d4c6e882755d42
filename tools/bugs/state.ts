/** What is kept on disk, and who may read and write it. */
import type { Bug } from './bug.ts';

const STATE = 'test/edges/state/file.test.ts';

const CLUSTER = 'test/edges/state/cluster.test.ts';

export const STATE_BUGS: readonly Bug[] = [
  {
    name: 'only the first ConfigMap is taken over from who had the state before',
    breaks: ['32', '9'],
    file: 'src/edges/state/cluster-shards.ts',
    find: 'objects.take(offset + 1, terms)',
    replace: 'objects.have(offset + 1)',
    caughtBy: [CLUSTER],
  },
  {
    name: 'a deposed replica goes on with the version that the next one has written',
    breaks: ['32', '9'],
    file: 'src/edges/state/shard-objects.ts',
    find: 'if (now.epoch !== term.epoch || now.writer !== term.writer) throw this.#overtakenBy(now);',
    replace: '',
    caughtBy: [CLUSTER],
  },
  {
    name: 'a state that grows does not say how many ConfigMaps it has',
    breaks: ['13'],
    file: 'src/edges/state/cluster-shards.ts',
    find: 'await this.#write(first, textsOf(first.texts, 0, count), count);',
    replace: 'await this.#write(first, textsOf(first.texts, 0, count), before);',
    caughtBy: [CLUSTER],
  },
  {
    name: 'fingerprints are made without a key',
    breaks: ['40'],
    file: 'src/edges/state/fingerprint.ts',
    find: "createHmac('sha256', key)",
    replace: "createHmac('sha256', key.subarray(0, 0))",
    caughtBy: [STATE],
  },
  {
    name: 'a lost key of the fingerprints is made anew',
    breaks: ['40', '16'],
    file: 'src/edges/state/file.ts',
    find: 'if (entries === 0) return;',
    replace: 'if (entries >= 0) return;',
    caughtBy: [STATE],
  },
  {
    name: 'the ledger holds the values that were applied',
    breaks: ['40', '39'],
    file: 'src/core/plan/plan.ts',
    find: '...sent.map(([path, text]) => [path, fingerprint(text)] as const),',
    replace: '...sent,',
    caughtBy: ['test/reconcile/pass/pass.test.ts'],
    test: 'stand in no event and in no page of the ledger',
  },
  {
    name: 'everybody may read the state',
    breaks: ['39', '40'],
    file: 'src/durable-file.ts',
    find: 'const OWNER_ONLY = 0o600;',
    replace: 'const OWNER_ONLY = 0o644;',
    caughtBy: [STATE],
  },
  {
    name: 'the state is written in place',
    breaks: ['13', 'F46'],
    file: 'src/durable-file.ts',
    find: 'await viaTemporary(path, content, mode, (temporary) => putInPlace(temporary, path));',
    replace:
      "const file = await open(path, 'w', mode);\n  const temporary = await writeTemporary(path, '', mode);\n  for (const piece of content.toString().match(/[^]{1,99}/g) ?? []) await file.write(piece);\n  await file.close();\n  await dropTemporary(temporary);",
    caughtBy: [STATE],
    test: 'killed in the middle of saving',
  },
  {
    name: 'a damaged page of the state counts as none',
    breaks: ['13', '3'],
    file: 'src/reconcile/ledger/page.ts',
    find: 'if (!isPage(page) || scopeKey(page.scope) !== key) {',
    replace:
      "if (!isPage(page)) return { scope: { kind: 'zone', id: key, name: key }, ledger: EMPTY_LEDGER };\n  if (scopeKey(page.scope) !== key) {",
    caughtBy: ['test/reconcile/ledger/ledger.test.ts'],
  },
  {
    name: 'two processes use one state',
    breaks: ['32', 'F81'],
    file: 'src/edges/state/lock.ts',
    find: 'if (before) throw inUse(folder, before);',
    replace: '',
    caughtBy: [STATE],
  },
  {
    name: 'the lock of a dead process keeps everybody out',
    breaks: ['32', 'F38'],
    file: 'src/edges/state/lock.ts',
    find: 'return isRunning(holder.pid) && startOf(holder.pid) === holder.start;',
    replace: 'return holder.pid > 0;',
    caughtBy: [STATE],
  },
  {
    name: 'what a state says that another process has taken over is written',
    breaks: ['32'],
    file: 'src/reconcile/pass/carry-out.ts',
    find: ' && ledger.whyLost === null',
    replace: '',
    caughtBy: ['test/reconcile/pass/apply.test.ts'],
  },
  {
    name: 'a job is deleted by a state that another process has taken over',
    breaks: ['32'],
    file: 'src/reconcile/pass/apply.ts',
    find: 'if (unsaved instanceof LostStateError) throw unsaved;',
    replace: '',
    caughtBy: ['test/reconcile/pass/apply.test.ts'],
  },
];
