import { Command } from 'commander';

import { exitCodeOf } from '../core/render/exit-code.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import { type PlanReport, renderPlan } from '../core/render/plan-report.ts';
import type { Program } from '../program.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import { look } from './look.ts';
import { type CommonFlags, examples, outputOption, withSettings, withZones } from './options.ts';
import { formatOf, OUTPUT_FORMATS, reportOf, withUnfinished } from './output.ts';
import { previewsOf } from './preview.ts';
import { SampleError } from './sample.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

/** Settings that decide what a pass plans. `apply` has them too, so that it does what `plan` showed. */
export const PASS_SETTINGS = [
  'manifest',
  'mode',
  'prune',
  'adopt',
  'guard.max_removals',
  'guard.max_removal_share',
  'secrets_dir',
  'state',
  'cloudflare.base_url',
];

const PLAN_EXIT_CODES =
  'The exit code is the first that holds: 3 when the manifest is wrong, 5 when the guard refuses, 1 when a\n' +
  'scope or job cannot be planned or waits for a challenge, and then with --detailed-exitcode 2, 4 or 6. A\n' +
  'difference that is withheld counts like one that would be written; what is unmanaged or unverifiable\n' +
  'does not count.';

interface PlanFlags extends CommonFlags {
  readonly detailedExitcode?: boolean;
  readonly previewSample?: string;
}

export function planCommand(shell: Shell, finish: Finish): Command {
  const command = withZones(
    new Command('plan')
      .summary('show what would change; never writes')
      .description('Show what would change, and why. It cannot write: its client has no way to.')
      .addOption(outputOption(OUTPUT_FORMATS))
      .option('--detailed-exitcode', 'answer 2 when changes are pending, 4 for drift, 6 for both')
      .option(
        '--preview-sample <file>',
        'show what transformers that change make of these records (NDJSON, the first 10); Cloudflare runs them and keeps nothing',
      ),
  );
  return withSettings(command, PASS_SETTINGS)
    .addHelpText(
      'after',
      examples([
        ['logpushd plan', 'everything that the manifest names'],
        ['logpushd plan --zone shop.example', 'one zone'],
        ['logpushd plan --detailed-exitcode --output github', 'a check on a pull request'],
        [
          'logpushd plan --preview-sample records.ndjson',
          'with what changed transformers make of these records',
        ],
        ['logpushd plan --output json | jq .summary', 'for scripts; see "logpushd schema plan"'],
      ]) + `\n${PLAN_EXIT_CODES}\n`,
    )
    .action(async (flags: PlanFlags) => {
      finish(await plan(flags, shell));
    });
}

async function plan(flags: PlanFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return 3;
  const program = await shell.parts.openProgram(loaded.settings, {
    write: false,
    ...(await logOf(loaded, flags, shell)),
  });
  const looked = await look(program, flags, shell);
  if (typeof looked === 'number') return looked;
  const { result } = looked;
  const previews = await previewsFor(flags, result, program, shell);
  if (previews === null) return 3;
  const report = { ...reportOf(result, shell), ...previews };
  shell.out(renderPlan(report, formatOf(flags), styleOf(shell, flags)));
  const isUnfinished =
    looked.isPartial || (previews.previews ?? []).some(({ failure }) => failure !== undefined);
  return withUnfinished(exitCodeOf(report, flags.detailedExitcode === true), isUnfinished);
}

/** Null when the sample cannot be used, which has been said. */
async function previewsFor(
  { previewSample }: PlanFlags,
  result: PassResult,
  program: Program,
  shell: Shell,
): Promise<Pick<PlanReport, 'previews'> | null> {
  if (previewSample === undefined) return {};
  try {
    return { previews: await previewsOf(result, previewSample, program, shell.interrupted()) };
  } catch (error) {
    if (!(error instanceof SampleError)) throw error;
    shell.err(`error: ${cleanText(error.message)}\n`);
    return null;
  }
}
