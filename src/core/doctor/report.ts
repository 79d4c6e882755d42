import { cleanText, printableJson } from '../render/foreign-text.ts';
import { hanging, type Style } from '../render/style.ts';
import type { Diagnosis, DiagnosisState } from './diagnosis.ts';

const INDENT = ' '.repeat(9);
const STATES: readonly DiagnosisState[] = ['fail', 'warn', 'unknown', 'ok'];

/** What was found, worst last where the eye rests, then the totals. */
export function doctorText(rows: readonly Diagnosis[], style: Style): string {
  const paints: Readonly<Record<DiagnosisState, (text: string) => string>> = {
    ok: style.green,
    unknown: style.dim,
    warn: style.yellow,
    fail: style.red,
  };
  const headed = withoutRepeats(rows).map((row) => ({ ...row, subject: cleanText(row.subject) }));
  const widths = {
    check: Math.max(...headed.map(({ check }) => check.length)),
    subject: Math.max(...headed.map(({ subject }) => subject.length)),
  };
  const lines = headed.map(({ check, subject, state, says, next }) => {
    const name = [check.padEnd(widths.check), subject.padEnd(widths.subject)].join('  ').trimEnd();
    const start = `${state.padEnd(7)}  ${name.padEnd(widths.check + widths.subject + 2)}  `;
    const row = hanging(cleanText(says), INDENT, style, start).slice(state.length);
    const head = paints[state](state) + row;
    return next === '' ? head : `${head}\n${hanging(cleanText(next), `${INDENT}   `, style, `${INDENT}-> `)}`;
  });
  const counts = Object.entries(countsOf(rows)).map(([state, count]) => `${count} ${state}`);
  return `${lines.join('\n')}\n\n${counts.join(', ')}\n`;
}

/** One cause, as a token that is refused, fails many checks: it is told with the first. */
function withoutRepeats(rows: readonly Diagnosis[]): readonly Diagnosis[] {
  const told = new Set<string>();
  return rows.map((row) => {
    const [, what, cause] = /^(Cloudflare [^:]*): (.*)$/s.exec(row.says) ?? [];
    if (row.state === 'ok' || what === undefined || cause === undefined) return row;
    const key = JSON.stringify([cause, row.next]);
    if (told.has(key)) return { ...row, says: `${what}, for the reason above.`, next: '' };
    told.add(key);
    return row;
  });
}

export function doctorJson(rows: readonly Diagnosis[], generatedAt: string): string {
  return `${printableJson({ format_version: 1, generated_at: generatedAt, checks: rows, summary: countsOf(rows) })}\n`;
}

function countsOf(rows: readonly Diagnosis[]): Readonly<Record<DiagnosisState, number>> {
  const [fail = 0, warn = 0, unknown = 0, ok = 0] = STATES.map(
    (state) => rows.filter((row) => row.state === state).length,
  );
  return { fail, warn, unknown, ok };
}
