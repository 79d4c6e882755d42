import { maskDestinationsIn } from '../destination/destination.ts';
import { MASK } from '../destination/mask.ts';
import type { Migration, Rewritten } from '../migrate/migrate.ts';
import { type Hunk, hunksOf } from '../migrate/text-edit.ts';
import { cleanText, printableJson } from './foreign-text.ts';
import type { Style } from './style.ts';
import { plural } from './summary.ts';

/** What was compared to see that nothing changes. */
export type Proof = 'jobs' | 'jobs and plan';

export interface MigrationReport {
  readonly migration: Migration;
  readonly proof: Proof;
  readonly isWritten: boolean;
}

export function migrationText({ migration, proof, isWritten }: MigrationReport, style: Style): string {
  const { rewritten, done, left, jobs } = migration;
  const changes = rewritten.map((file) =>
    isWritten ? `${cleanText(file.path)} rewritten\n` : diffOf(file, style),
  );
  const open = left.map(({ place: { origin, path }, reason }) => {
    const place = `${cleanText(origin.file)}:${origin.line}:${origin.column}`;
    return `${`${style.bold(place)}  ${cleanText(path)}`.trimEnd()}\n  ${cleanText(reason)}\n`;
  });
  const plan = proof === 'jobs' ? '' : ', and the plan is the same';
  const closing =
    rewritten.length === 0
      ? `Nothing to rewrite in ${plural(migration.files.length, 'file')}.`
      : `${plural(done.length, 'place')} in ${plural(rewritten.length, 'file')} ${isWritten ? 'rewritten' : 'to rewrite'}. ` +
        `${plural(jobs, 'job')} compared: each means what it meant${plan}.`;
  const byHand = left.length === 0 ? '' : ` ${plural(left.length, 'place')} left to you.`;
  return `${[...changes, ...open, closing + byHand].join('\n')}\n`;
}

export function migrationJson({ migration, proof, isWritten }: MigrationReport): string {
  const { rewritten, done, left, jobs } = migration;
  return `${printableJson({
    written: isWritten,
    proof,
    jobs,
    files: rewritten.map((file) => ({
      file: file.path,
      hunks: hunksOf(file.before, file.edits).map(shownHunk),
    })),
    places: done.map(({ origin, path }) => ({ ...origin, path })),
    left: left.map(({ place: { origin, path }, reason }) => ({ ...origin, path, reason })),
  })}\n`;
}

function shownHunk({ line, before, after }: Hunk): Hunk {
  return { line, before: before.map(shownLine), after: after.map(shownLine) };
}

/** As a patch without context: for files named from the root, `git apply -p0 --unidiff-zero` takes it. */
export function diffOf({ path, before, edits }: Rewritten, style: Style): string {
  const lines = [style.bold(`--- ${cleanText(path)}`), style.bold(`+++ ${cleanText(path)}`)];
  let shift = 0;
  for (const { line, before: old, after } of hunksOf(before, edits).map(shownHunk)) {
    lines.push(style.cyan(`@@ -${rangeText(line, old)} +${rangeText(line + shift, after)} @@`));
    lines.push(...old.map((text) => style.red(`-${text}`)));
    lines.push(...after.map((text) => style.green(`+${text}`)));
    shift += after.length - old.length;
  }
  return `${lines.join('\n')}\n`;
}

/** A range without lines stands behind the line before it. */
function rangeText(line: number, lines: readonly string[]): string {
  return `${lines.length === 0 ? line - 1 : line},${lines.length}`;
}

const CHALLENGE = /(ownership_challenge["']?\s*:\s*["']?)[^\s"',}$][^\s"',}]*/g;

/** A line may hold a whole job: what may be a secret in it, and what acts on a terminal, is not shown as it is. */
function shownLine(text: string): string {
  const masked = maskDestinationsIn(text.replace(CHALLENGE, (_, key: string) => key + MASK));
  return masked.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => cleanText(character));
}
