/** A manifest that is rewritten or exported, and must go on meaning what it meant. */
import type { Bug } from './bug.ts';

const MIGRATE = 'test/core/migrate/migrate.test.ts';
const PROOF = 'test/core/migrate/proof.test.ts';
const COMMAND = 'test/cli/migrate.test.ts';
const EXPORT = 'test/core/export/manifest-of.test.ts';

export const MIGRATION: readonly Bug[] = [
  {
    name: 'a rewritten job may mean something else',
    breaks: ['17'],
    file: 'src/core/migrate/proof.ts',
    find: 'return other !== undefined && isSame(job, other) ? [] : [index];',
    replace: 'return other === undefined ? [index] : [];',
    caughtBy: [MIGRATE],
  },
  {
    name: 'rewritten options do not take back what lies below them',
    breaks: ['17'],
    file: 'src/core/migrate/option-moves.ts',
    find: 'for (const name of below) site.covered.add(name);',
    replace: '',
    caughtBy: [MIGRATE],
  },
  {
    name: 'options that a job leaves to others are managed after a migration',
    breaks: ['17'],
    file: 'src/core/migrate/option-moves.ts',
    find: "site.votes.add(keeps ? 'kept' : isIdle ? 'idle' : 'counts');",
    replace: "site.votes.add(isIdle ? 'idle' : 'counts');",
    caughtBy: [MIGRATE],
  },
  {
    name: 'a migration does not compare what the two plans would write',
    breaks: ['17'],
    file: 'src/core/migrate/proof.ts',
    find: 'changes: changes.map(',
    replace: 'changes: changes.slice(0, 0).map(',
    caughtBy: [PROOF],
  },
  {
    name: 'a migration is written though the plans differ',
    breaks: ['17'],
    file: 'src/cli/migrate.ts',
    find: 'if (outlines[0] === outlines[1]) return null;',
    replace: 'if (outlines.length === 2) return null;',
    caughtBy: [COMMAND],
  },
  {
    name: 'a file that has changed meanwhile is rewritten',
    breaks: ['26'],
    file: 'src/edges/source/rewrite.ts',
    find: 'if (!found.equals(before)) {',
    replace: 'if (found.length === 0) {',
    caughtBy: ['test/edges/source/rewrite.test.ts'],
  },
  {
    name: 'half of a rewrite stays where the rest of it fails',
    breaks: ['17'],
    file: 'src/edges/source/rewrite.ts',
    find: 'const left = await notRestored(begun);',
    replace: 'const left = await notRestored(begun.slice(1, 1));',
    caughtBy: ['test/edges/source/rewrite.test.ts'],
  },
  {
    name: 'a preset of an export says for all of its jobs whether one of them runs',
    breaks: ['17'],
    file: 'src/core/export/shared-parts.ts',
    find: 'function wholeOf({ enabled: _enabled, ...keys }: JsonObject): JsonObject {',
    replace: 'function wholeOf(keys: JsonObject): JsonObject {',
    caughtBy: [EXPORT],
  },
];
