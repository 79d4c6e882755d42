import { renderProblems } from '../core/render/problems.ts';
import type { Program } from '../program.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import { reportUnlookedZones } from './named-zones.ts';
import type { CommonFlags } from './options.ts';
import { formatOf, reportFailure } from './output.ts';
import { type ExitCode, type Shell, styleOf } from './shell.ts';

/** Zones that were named beside others, and are not in the manifest, leave a result `isPartial`. */
interface Look {
  readonly result: PassResult;
  readonly isPartial: boolean;
}

/** One pass of a program that cannot write; the exit code where there is nothing to show, which has been said. */
export async function look(program: Program, flags: CommonFlags, shell: Shell): Promise<Look | ExitCode> {
  const signal = shell.interrupted();
  const checked = await program.check(signal);
  if (checked.manifest === null) {
    shell.out(renderProblems(checked.problems, formatOf(flags), checked.files, styleOf(shell, flags)));
    return 3;
  }
  const zones = flags.zone ?? [];
  const result = await program.pass({ zones, signal });
  if (result.failure !== undefined) return reportFailure(result.failure, shell);
  const unknown = reportUnlookedZones(zones, result, shell);
  return unknown === 3 ? 3 : { result, isPartial: unknown === 1 };
}
