import { Command } from 'commander';

import { type Acceptance, acceptDrift } from '../core/accept/accept.ts';
import { type Scope, scopeKey } from '../core/job/job.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { createManifestParser } from '../core/manifest/parser.ts';
import { outlineOf } from '../core/migrate/proof.ts';
import type { Plan } from '../core/plan/change.ts';
import { exitCodeOf } from '../core/render/exit-code.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { diffOf } from '../core/render/migration.ts';
import { renderPlan } from '../core/render/plan-report.ts';
import { renderProblems } from '../core/render/problems.ts';
import type { Program } from '../program.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import type { ManifestText } from '../reconcile/ports.ts';
import { loadSchema } from '../schemas.ts';
import { type DriftNarrowing, driftReport, nextSteps, reportUnknownJobs } from './drift-report.ts';
import { look } from './look.ts';
import { type CommonFlags, examples, outputOption, repeatable, withSettings, withZones } from './options.ts';
import { formatOf, OUTPUT_FORMATS, reportFailure, withUnfinished } from './output.ts';
import { PASS_SETTINGS } from './plan.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface DriftFlags extends CommonFlags, DriftNarrowing {
  readonly detailedExitcode?: boolean;
}

interface AcceptFlags extends CommonFlags {
  readonly field?: readonly string[];
  readonly dryRun?: boolean;
}

export function driftCommand(shell: Shell, finish: Finish): Command {
  const command = withZones(
    new Command('drift')
      .summary('show what somebody changed at Cloudflare, and accept it')
      .description(
        'Show what somebody changed at Cloudflare behind the manifest: "plan" without what the manifest changes.',
      )
      .addOption(repeatable('--job <name>', 'only jobs of this name; repeat for several'))
      .addOption(
        repeatable('--field <path>', 'only this field, as in output_options.sample_rate; repeat for several'),
      )
      .addOption(outputOption(OUTPUT_FORMATS))
      .option(
        '--detailed-exitcode',
        'answer 4 when there is drift, 6 when the manifest has changed the same too',
      ),
  );
  return withSettings(command, PASS_SETTINGS)
    .addCommand(acceptCommand(shell, finish))
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DriftFlags) => {
      finish(await drift(flags, shell));
    });
}

const ACCEPT_EXAMPLES: Parameters<typeof examples>[0] = [
  ['logpushd drift accept shop.example/http --dry-run', 'what the manifest would say'],
  ['logpushd drift accept shop.example/http', 'make it say so'],
];

const EXAMPLES = examples([
  ['logpushd drift', 'everything that somebody changed'],
  ['logpushd drift --zone shop.example --field enabled --detailed-exitcode', 'a check for scripts'],
  ...ACCEPT_EXAMPLES,
]);

function acceptCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('accept')
    .summary('take over into the manifest what somebody changed of a job')
    .description(
      'Edit the manifest in place, so that it says what somebody changed of a job at Cloudflare. It is written into ' +
        'the job itself, over what its preset or the defaults say for others too; comments stay. It proves by a plan ' +
        'that the drift is gone and that nothing else changes; else nothing is written.',
    )
    .argument('<target>', 'a job with its scope, as in example.com/http-archive')
    .addOption(
      repeatable('--field <path>', 'only this field; repeat for several (default: all that have drifted)'),
    )
    .option('--dry-run', 'show the edit, and write nothing')
    .addOption(outputOption(['text', 'json']));
  return withSettings(command, PASS_SETTINGS)
    .addHelpText('after', examples(ACCEPT_EXAMPLES))
    .action(async (target: string, _: AcceptFlags, one: Command) => {
      // Both commands have most of these flags, and the outer one takes those that stand in front.
      finish(await accept(target, one.optsWithGlobals(), shell));
    });
}

async function drift(flags: DriftFlags, shell: Shell): Promise<ExitCode> {
  const opened = await opening(flags, shell);
  if (opened === null) return 3;
  const program = await opened.open();
  const looked = await look(program, flags, shell);
  if (typeof looked === 'number') return looked;
  const { result, isPartial } = looked;
  if (reportUnknownJobs(flags.job ?? [], result, shell)) return 3;
  const report = driftReport(result, flags, shell);
  const next = formatOf(flags) === 'text' ? nextSteps(report.plans) : '';
  shell.out(renderPlan(report, formatOf(flags), styleOf(shell, flags)) + next);
  return withUnfinished(exitCodeOf(report, flags.detailedExitcode === true), isPartial);
}

/** With these files in place of those that the settings name. */
interface Opened {
  readonly open: (text?: ManifestText) => Promise<Program>;
  readonly nameSuffix: string;
}

async function opening(flags: CommonFlags, shell: Shell): Promise<Opened | null> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return null;
  const options = { write: false, ...(await logOf(loaded, flags, shell)) };
  return {
    open: (text) => shell.parts.openProgram(loaded.settings, { ...options, ...(text && { text }) }),
    nameSuffix: loaded.settings.ownership.nameSuffix,
  };
}

async function accept(target: string, flags: AcceptFlags, shell: Shell): Promise<ExitCode> {
  const opened = await opening(flags, shell);
  if (opened === null) return 3;
  const program = await opened.open();
  const isWritten = flags.dryRun !== true;
  if (isWritten) program.manifestFiles.refuseUnlessEditable();
  const signal = shell.interrupted();
  const { files, revision } = await program.text(signal);
  const parse = createManifestParser(loadSchema('manifest'), { nameSuffix: opened.nameSuffix });
  const { manifest, problems } = parse(files);
  if (manifest === null) {
    shell.err(renderProblems(problems, 'text', files.length, styleOf(shell, flags)));
    return 3;
  }
  const before = planFor(target, await program.pass({ zones: [], signal }), shell);
  if (typeof before === 'number') return before;
  const { plan, job } = before;
  const acceptance = acceptDrift({ files, parse, plan, job, paths: flags.field ?? [] });
  if ('refusal' in acceptance) return refused(acceptance.refusal, shell);
  const again = await opened.open({ files: acceptance.files, revision });
  const result = await again.pass({ zones: [plan.scope.id], signal });
  if (result.failure !== undefined) return reportFailure(result.failure, shell);
  if (!isProven(plan, result, job, acceptance)) return refused(UNPROVEN, shell, 1);
  if (isWritten) await program.manifestFiles.rewrite([acceptance.rewritten]);
  show(acceptance, target, isWritten, flags, shell);
  return 0;
}

const UNPROVEN =
  'With the edited manifest the plan would not be the same without the drift: somebody is changing jobs now, or the ' +
  'edit cannot say it all. Run "logpushd drift" again, or edit the manifest by hand.';

function refused(why: string, shell: Shell, exitCode: ExitCode = 3): ExitCode {
  shell.err(`error: ${cleanText(why)} Nothing was written.\n`);
  return exitCode;
}

/** The plan of the scope that the target names; or the exit code, after what is wrong was shown. */
function planFor(
  target: string,
  result: PassResult,
  shell: Shell,
): { readonly plan: Plan; readonly job: string } | ExitCode {
  if (result.failure !== undefined) return reportFailure(result.failure, shell);
  const jobIn = ({ name, id }: Scope): string | undefined =>
    [name, id].find((one) => target.toLowerCase().startsWith(`${one.toLowerCase()}/`));
  const unread = result.unreadable.find(({ scope }) => jobIn(scope) !== undefined);
  if (unread !== undefined) return reportFailure(unread.error, shell);
  const plan = result.plans.find(({ scope }) => jobIn(scope) !== undefined);
  const prefix = plan && jobIn(plan.scope);
  if (plan !== undefined && prefix !== undefined) return { plan, job: target.slice(prefix.length + 1) };
  const known = result.plans.flatMap(({ scope, desired }) =>
    desired.jobs.map(({ name }) => `${scope.name}/${name}`),
  );
  return refused(
    `"${target}" is no job of a zone or account of the manifest.${suggestion(target, known)} Name both, as in example.com/http-archive.`,
    shell,
  );
}

/** The drift is gone, and everything else is as it was. */
function isProven(before: Plan, { plans }: PassResult, job: string, { fields }: Acceptance): boolean {
  const after = plans.find(({ scope }) => scopeKey(scope) === scopeKey(before.scope));
  if (after === undefined) return false;
  const accepted = new Set(fields.map(({ path }) => path));
  const without = (plan: Plan, isGone: (path: string) => boolean): Plan => {
    const reduced = <One extends Plan['changes'][number] | Plan['withheld'][number]>(
      all: readonly One[],
    ): One[] =>
      all
        .map((one) =>
          one.name === job ? { ...one, fields: one.fields.filter(({ path }) => !isGone(path)) } : one,
        )
        .filter((one) => one.name !== job || one.fields.length > 0);
    return { ...plan, changes: reduced(plan.changes), withheld: reduced(plan.withheld) };
  };
  return (
    outlineOf([without(before, (path) => accepted.has(path))]) === outlineOf([without(after, () => false)])
  );
}

function show(
  { rewritten, fields }: Acceptance,
  target: string,
  isWritten: boolean,
  flags: AcceptFlags,
  shell: Shell,
): void {
  const paths = fields.map(({ path }) => path);
  if (flags.output === 'json') {
    shell.out(`${printableJson({ written: isWritten, target, file: rewritten.path, fields: paths })}\n`);
    return;
  }
  const done = `${cleanText(paths.join(', '))} of ${cleanText(target)} ${isWritten ? 'accepted' : 'to accept'}`;
  const closing = `${done}: the plan is the same without the drift.${isWritten ? ' Commit the change.' : ''}\n`;
  shell.out(`${diffOf(rewritten, styleOf(shell, flags))}\n${closing}`);
}
