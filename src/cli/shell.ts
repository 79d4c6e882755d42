import { styleText } from 'node:util';

import type { Style } from '../core/render/style.ts';
import { PLAIN } from '../core/render/style.ts';
import type { Environment } from '../settings/variables.ts';
import type { Parts } from './parts.ts';

/** What surrounds a command. Nothing in `cli/` touches the process in any other way. */
export interface Shell {
  /** The result. */
  readonly out: (text: string) => void;
  /** What is said about it: findings, notes, errors. */
  readonly err: (text: string) => void;
  /** Whether the result may be coloured: a terminal, and no NO_COLOR. */
  readonly colors: boolean;
  /** Of the terminal that shows the result; Infinity where there is none. */
  readonly columns: number;
  /** Whether the log goes to a terminal, and whether it may be coloured there. */
  readonly logToTerminal: boolean;
  readonly logColors: boolean;
  readonly environment: Environment;
  readonly cwd: string;
  readonly now: () => Date;
  /** Aborted by the first SIGINT or SIGTERM. From the first call on, a signal no longer ends the process. */
  readonly interrupted: () => AbortSignal;
  readonly parts: Parts;
}

/** Told by a command when it is through. */
export type Finish = (exitCode: ExitCode) => void;

/** `design.md` §5. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 70;

export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, 'done'],
  [1, 'some scope, job or change failed, the rest was done'],
  [2, 'with --detailed-exitcode: changes are pending; migrate --check: files would be rewritten'],
  [3, 'manifest, settings, state or usage wrong, nothing was done'],
  [4, 'with --detailed-exitcode: drift'],
  [5, 'refused by the guard, nothing was written'],
  [6, 'with --detailed-exitcode: changes are pending, and drift'],
  [70, 'a bug in logpushd'],
];

/** Colours and width for a terminal; plain text for a file, a pipe, `--no-color` and NO_COLOR. */
export function styleOf(shell: Shell, flags: { readonly color?: boolean }): Style {
  const { columns } = shell;
  if (!shell.colors || flags.color === false) return { ...PLAIN, columns };
  const paint =
    (format: 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan') =>
    (text: string): string =>
      styleText(format, text, { validateStream: false });
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    green: paint('green'),
    yellow: paint('yellow'),
    red: paint('red'),
    cyan: paint('cyan'),
    columns,
  };
}
