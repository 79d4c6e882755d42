import { Command } from 'commander';

import { exitCodeOf } from '../core/render/exit-code.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import { renderPlan } from '../core/render/plan-report.ts';
import { renderProblems } from '../core/render/problems.ts';
import { InvariantViolatedError } from '../reconcile/errors.ts';
import { ApplyProgress } from './apply-progress.ts';
import { reportUnlookedZones } from './named-zones.ts';
import { isUndone, renderOutcomes, shownOutcomes } from './outcomes.ts';
import { type CommonFlags, examples, outputOption, withSettings, withZones } from './options.ts';
import { formatOf, OUTPUT_FORMATS, reportFailure, reportOf, withUnfinished } from './output.ts';
import { PASS_SETTINGS } from './plan.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

export function applyCommand(shell: Shell, finish: Finish): Command {
  const command = withZones(
    new Command('apply')
      .summary('make one pass, then exit')
      .description('Make one pass, writing what "plan" shows, then exit.')
      .addOption(outputOption(OUTPUT_FORMATS))
      .option(
        '--approve <digest>',
        'let exactly the plan or the change through that was held back, by the digest that it named',
      ),
  );
  return withSettings(command, PASS_SETTINGS)
    .addHelpText(
      'after',
      examples([
        ['logpushd apply', 'everything that the manifest names'],
        ['logpushd apply --zone shop.example', 'one zone'],
        ['logpushd apply --approve 0123456789abcdef', 'what the guard held back and is meant'],
      ]) + '\nThe first Ctrl-C ends after the write in flight, the second at once.\n',
    )
    .action(async (flags: ApplyFlags) => {
      finish(await apply(flags, shell));
    });
}

interface ApplyFlags extends CommonFlags {
  readonly approve?: string;
}

function unmatched(digest: string): string {
  return (
    `warning: --approve ${cleanText(digest)} let nothing through: no refused plan and no withheld change has this digest now. ` +
    'Look at "logpushd plan" for what is held back and its digest.\n'
  );
}

async function apply(flags: ApplyFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return 3;
  const format = formatOf(flags);
  const style = styleOf(shell, flags);
  const log = await logOf(loaded, flags, shell);
  const progress = new ApplyProgress(shell, style);
  const program = await shell.parts.openProgram(loaded.settings, {
    ...log,
    write: true,
    emit: (event) => {
      log.emit(event);
      if (event.type === 'ledger.failed') reportFailure(event.error, shell);
      if (format === 'text') progress.follow(event);
    },
  });
  const signal = shell.interrupted();
  const checked = await program.check(signal);
  if (checked.manifest === null) {
    shell.out(renderProblems(checked.problems, format, checked.files, style));
    return 3;
  }
  progress.begin(checked.problems);
  let isMatched = false;
  const approves = (digest: string): boolean => {
    isMatched ||= digest === flags.approve;
    return digest === flags.approve;
  };
  const result = await program.pass({ zones: flags.zone ?? [], signal, approves });
  if (result.failure !== undefined) return reportFailure(result.failure, shell);
  if (flags.approve !== undefined && !isMatched) shell.err(unmatched(flags.approve));
  const unknown = reportUnlookedZones(flags.zone ?? [], result, shell);
  if (unknown === 3) return 3;
  const report = { ...reportOf(result, shell), isApplied: true } as const;
  if (!progress.planShown && format !== 'json') shell.out(renderPlan(report, format, style));
  const outcomes = shownOutcomes(result);
  shell.out(renderOutcomes(outcomes, report, format, style, progress.planShown));
  if (outcomes.some(({ error }) => error instanceof InvariantViolatedError)) return 70;
  // What is done and not remembered, could not be looked at whole, or is in doubt, is for another run.
  const isInDoubt = result.plans.some(({ doubts }) => doubts.lookAt !== undefined);
  const isUnfinished = outcomes.some(isUndone) || (result.unsettled ?? []).length > 0 || isInDoubt;
  return withUnfinished(exitCodeOf(report, false), unknown === 1 || isUnfinished);
}
