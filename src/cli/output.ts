import { cleanText } from '../core/render/foreign-text.ts';
import type { OutputFormat } from '../core/render/plan-report.ts';
import type { PlanReport } from '../core/render/plan-report.ts';
import { type ReconcileError, SourceError, StateError } from '../reconcile/errors.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import type { CommonFlags } from './options.ts';
import type { ExitCode, Shell } from './shell.ts';

export const OUTPUT_FORMATS = ['text', 'json', 'markdown', 'github'] as const;

export function formatOf(flags: CommonFlags): OutputFormat {
  const format = OUTPUT_FORMATS.find((one) => one === flags.output);
  if (format === undefined) throw new Error('The output format was not checked.');
  return format;
}

export function reportOf(result: PassResult, shell: Shell): PlanReport {
  return {
    revision: result.revision,
    generatedAt: shell.now().toISOString(),
    plans: result.plans,
    unreadable: result.unreadable.map(({ scope, error }) => ({ scope, reason: error.message })),
    unresolved: result.unresolved,
    ...(result.transformers && {
      transformers: {
        plans: result.transformers.plans,
        unreadable: result.transformers.unreadable.map(({ scope, error }) => ({
          scope,
          reason: error.message,
        })),
      },
    }),
    ...(result.authors && { authors: result.authors }),
    refusal: result.refusal,
    problems: result.problems,
  };
}

/** The exit code when part of what was asked for was not done: what is wrong with the whole weighs more. */
export function withUnfinished(exitCode: ExitCode, isUnfinished: boolean): ExitCode {
  return isUnfinished && exitCode !== 3 && exitCode !== 5 ? 1 : exitCode;
}

/**
 * Shows a failure of the world that we planned for. Without the manifest or the state nothing can be done, and
 * both are the person's to mend: 3.
 */
export function reportFailure(error: ReconcileError, shell: Shell): ExitCode {
  const ray = error.ray === undefined ? '' : ` (cf-ray ${error.ray})`;
  shell.err(`error: ${cleanText(error.message)}${ray}\n`);
  return error instanceof SourceError || error instanceof StateError ? 3 : 1;
}
