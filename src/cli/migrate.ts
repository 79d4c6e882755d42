import { Command } from 'commander';

import type { Program } from '../program.ts';
import { createManifestParser } from '../core/manifest/parser.ts';
import { type Migration, migrateManifest } from '../core/migrate/migrate.ts';
import { outlineOf } from '../core/migrate/proof.ts';
import { migrationJson, migrationText, type Proof } from '../core/render/migration.ts';
import { renderProblems } from '../core/render/problems.ts';
import type { ReconcileError } from '../reconcile/errors.ts';
import type { ManifestText } from '../reconcile/ports.ts';
import { loadSchema } from '../schemas.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { reportFailure } from './output.ts';
import { PASS_SETTINGS } from './plan.ts';
import { logOf, settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface MigrateFlags extends CommonFlags {
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly offline?: boolean;
}

export function migrateCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('migrate')
    .summary('rewrite what Cloudflare has deprecated')
    .description(
      'Rewrite the manifest in place: logpull_options become the equal output_options, and operators of filters ' +
        'that there are not get the name that is meant. Comments and order stay. It proves that each job means ' +
        'what it meant, and with a credential that the plan stays the same; else nothing is written.',
    )
    .option('--dry-run', 'show what would be rewritten, and write nothing')
    .option('--check', 'the same, and answer 2 when there is something to rewrite')
    .option('--offline', 'do not compare the plans, also when there is a credential')
    .addOption(outputOption(['text', 'json']));
  return withSettings(command, PASS_SETTINGS)
    .addHelpText(
      'after',
      examples([
        ['logpushd migrate --dry-run', 'what would be rewritten'],
        ['logpushd migrate', 'rewrite it'],
        ['logpushd migrate --check --offline', 'a check on a pull request'],
      ]),
    )
    .action(async (flags: MigrateFlags) => {
      finish(await migrate(flags, shell));
    });
}

async function migrate(flags: MigrateFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, flags.offline === true ? 'unused' : 'optional');
  if (loaded === null) return 3;
  const options = { write: false, ...(await logOf(loaded, flags, shell)) };
  const open: Open = (text) =>
    shell.parts.openProgram(loaded.settings, { ...options, ...(text && { text }) });
  const program = await open();
  const isWritten = flags.dryRun !== true && flags.check !== true;
  if (isWritten) program.manifestFiles.refuseUnlessEditable();
  const signal = shell.interrupted();
  const { files, revision } = await program.text(signal);
  const { nameSuffix } = loaded.settings.ownership;
  const migration = migrateManifest(files, createManifestParser(loadSchema('manifest'), { nameSuffix }));
  if ('problems' in migration) {
    shell.err(renderProblems(migration.problems, 'text', files.length, styleOf(shell, flags)));
    return 3;
  }
  const isOnline = loaded.settings.credentials !== null && migration.rewritten.length > 0;
  if (isOnline) {
    const failed = await comparePlans(migration, revision, open, shell);
    if (failed !== null) return failed;
  }
  if (isWritten) await program.manifestFiles.rewrite(migration.rewritten);
  show(migration, isOnline ? 'jobs and plan' : 'jobs', isWritten, flags, shell);
  return flags.check === true && migration.rewritten.length > 0 ? 2 : 0;
}

function show(
  migration: Migration,
  proof: Proof,
  isWritten: boolean,
  flags: MigrateFlags,
  shell: Shell,
): void {
  const report = { migration, proof, isWritten };
  shell.out(flags.output === 'json' ? migrationJson(report) : migrationText(report, styleOf(shell, flags)));
}

/** With these files in place of those that the settings name. */
type Open = (text?: ManifestText) => Promise<Program>;

/** Null when the account would be left as it is either way; else what the command answers. */
async function comparePlans(
  { files, comparable }: Migration,
  revision: string,
  open: Open,
  shell: Shell,
): Promise<ExitCode | null> {
  const outlines: string[] = [];
  for (const text of [comparable, files]) {
    const program = await open({ files: text, revision });
    const result = await program.pass({ zones: [], signal: shell.interrupted() });
    const failure = result.failure ?? result.unreadable[0]?.error;
    if (failure !== undefined) return unreadable(failure, shell);
    const { plans, unresolved, refusal } = result;
    // Its reason holds the digest of the plan, which tells the one key from the other.
    const refused = refusal && [refusal.code, refusal.jobs.toSorted()];
    outlines.push(JSON.stringify([outlineOf(plans), unresolved, refused]));
  }
  if (outlines[0] === outlines[1]) return null;
  shell.err(
    'error: The plan of the rewritten manifest is not the plan of the manifest as it is, so nothing was written. A ' +
      'live job has options that the manifest wants otherwise, or somebody is changing jobs now. Run "logpushd plan", ' +
      'settle what it shows, and migrate again.\n',
  );
  return 1;
}

function unreadable(failure: ReconcileError, shell: Shell): ExitCode {
  const answer = reportFailure(failure, shell);
  shell.err(
    'The plans cannot be compared, so nothing was written. Pass --offline to compare the jobs alone.\n',
  );
  return answer;
}
