import path from 'node:path';

import { Command, Option } from 'commander';

import {
  exportFolder,
  exportManifest,
  type ExportNotes,
  type LiveScope,
} from '../core/export/manifest-of.ts';
import type { Scope } from '../core/job/job.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import { planned } from '../reconcile/errors.ts';
import type { CallOptions, LogpushReader, TransformerReader } from '../reconcile/ports.ts';
import { type Goal, goalOf, whatIsInTheWay, writeNew } from './export-goal.ts';
import { type CommonFlags, examples, repeatable, withSettings } from './options.ts';
import { reportFailure } from './output.ts';
import { findAccounts, findZones, type Found } from './scope-lookup.ts';
import { logOf, settingsFor } from './settings-step.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

interface ExportFlags extends CommonFlags {
  readonly account?: readonly string[];
  readonly all?: boolean;
  readonly outputFile?: string;
  readonly out?: string;
  readonly force?: boolean;
}

export function exportCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('export')
    .summary('write live jobs as a manifest')
    .description(
      'Write live jobs as a manifest whose plan is empty. Secrets become ${secret:NAME} references.',
    )
    .addOption(repeatable('--zone <name>', 'the jobs of this zone, by name or id; repeat for several'))
    .addOption(repeatable('--account <name>', 'the jobs of this account, by name or id; repeat for several'))
    .option('--all', 'the jobs of every zone and account that the token sees')
    .option('--output-file <file>', 'write the manifest to this file instead of standard output')
    .addOption(
      new Option(
        '--out <folder>',
        'write one file for each zone and account into this folder, and one for what they share',
      ).conflicts('outputFile'),
    )
    .option('--force', 'replace the files if they exist');
  return withSettings(command, ['cloudflare.base_url'])
    .addHelpText(
      'after',
      examples([
        ['logpushd export --zone shop.example', 'one zone, to standard output'],
        ['logpushd export --all --output-file config/manifest/live.yaml', 'everything, into a file'],
        ['logpushd export --all --out config/manifest', 'everything, one file for each zone'],
      ]) + '\nThe list of secrets to provide goes to standard error.\n',
    )
    .action(async (flags: ExportFlags) => {
      const chosen = flags.all === true || flags.zone !== undefined || flags.account !== undefined;
      if (!chosen) command.error('error: name what to export: --zone NAME, --account NAME or --all');
      finish(await exportJobs(flags, shell));
    });
}

async function exportJobs(flags: ExportFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'needed');
  if (loaded === null) return 3;
  const goal = goalOf(flags, shell.cwd);
  const inTheWay = whatIsInTheWay(goal);
  if (inTheWay !== null) {
    shell.err(`error: ${inTheWay}\n`);
    return 3;
  }
  const program = await shell.parts.openProgram(loaded.settings, {
    write: false,
    ...(await logOf(loaded, flags, shell)),
  });
  const call: CallOptions = { signal: shell.interrupted(), priority: 'change' };
  const found = await findScopes(flags, program.reader, call);
  const troubles = found.flatMap((one) => ('trouble' in one ? [one.trouble] : []));
  if (troubles.length > 0) {
    shell.err(troubles.map((trouble) => `error: ${cleanText(trouble)}\n`).join(''));
    return 3;
  }
  const scopes = found.flatMap((one) => ('scope' in one ? [one.scope] : []));
  const { exported, failed } = await readJobs(scopes, program.reader, call, shell);
  const whole = (await withTransformers(exported, program.transformers, call, shell)).filter(
    ({ live, transformers = [] }) => scopes.length === 1 || live.length > 0 || transformers.length > 0,
  );
  if (whole.length === 0) return failed ? 1 : 0;
  return write(whole, goal, shell) === 3 ? 3 : failed ? 1 : 0;
}

async function findScopes(
  flags: ExportFlags,
  reader: LogpushReader,
  call: CallOptions,
): Promise<readonly Found[]> {
  if (flags.all !== true) {
    return [
      ...(await findZones(flags.zone ?? [], reader, call)),
      ...(await findAccounts(flags.account ?? [], reader, call)),
    ];
  }
  const zones = await reader.listZones(call);
  const accounts = await reader.listAccounts(call);
  return [
    ...zones.map(({ id, name }): Found => ({ scope: { kind: 'zone', id, name } })),
    ...accounts.map(({ id, name }): Found => ({ scope: { kind: 'account', id, name } })),
  ];
}

/** A scope that cannot be read is told and left out; the others go on. */
async function readJobs(
  scopes: readonly Scope[],
  reader: LogpushReader,
  call: CallOptions,
  shell: Shell,
): Promise<{ readonly exported: readonly LiveScope[]; readonly failed: boolean }> {
  const exported: LiveScope[] = [];
  let failed = false;
  for (const scope of scopes) {
    try {
      const live = await reader.listJobs(scope, call);
      exported.push({ scope, live });
    } catch (error) {
      reportFailure(planned(error), shell);
      failed = true;
    }
  }
  return { exported, failed };
}

/**
 * Accounts with their transformers, where a job goes through one. Without them the jobs have its id in place of its name, which
 * is as good for a plan.
 */
async function withTransformers(
  exported: readonly LiveScope[],
  reader: TransformerReader,
  call: CallOptions,
  shell: Shell,
): Promise<readonly LiveScope[]> {
  const isUsed = exported.some(({ live }) =>
    live.some(({ fields }) => Number(fields['transformer_id'] ?? 0) > 0),
  );
  if (!isUsed) return exported;
  const each = exported.map(async (one): Promise<LiveScope> => {
    const { scope } = one;
    if (scope.kind !== 'account') return one;
    try {
      const listed = await reader.listTransformers(scope, call);
      const read = listed.map(async (each) => ({
        ...each,
        sql: await reader.transformerSql(scope, each.id, call),
      }));
      return { ...one, transformers: await Promise.all(read) };
    } catch (error) {
      shell.err(
        `note: ${cleanText(planned(error).message)} So jobs have the ids of transformers, not their names.\n`,
      );
      return one;
    }
  });
  return Promise.all(each);
}

function write(exported: readonly LiveScope[], goal: Goal, shell: Shell): ExitCode {
  const { told, files } = contentsFor(exported, goal);
  if (goal.path === null) shell.out(files.map(({ text }) => text).join(''));
  else {
    for (const { path, text } of files) {
      const fault = writeNew(path, text, goal);
      if (fault !== null) {
        shell.err(`error: The manifest cannot be written to ${path} (${fault}).\n`);
        return 3;
      }
      if (goal.isFolder) shell.out(`${path}\n`);
    }
  }
  tell(told, shell);
  return 0;
}

function contentsFor(
  exported: readonly LiveScope[],
  { path: goal, isFolder }: Goal,
): {
  readonly told: ExportNotes;
  readonly files: readonly { readonly path: string; readonly text: string }[];
} {
  if (goal !== null && isFolder) {
    const told = exportFolder(exported);
    return { told, files: told.files.map((file) => ({ ...file, path: path.join(goal, file.path) })) };
  }
  const told = exportManifest(exported);
  return { told, files: [{ path: goal ?? '', text: told.text }] };
}

function tell({ notes, secrets }: ExportNotes, shell: Shell): void {
  for (const note of notes) shell.err(`note: ${note}\n`);
  if (secrets.length === 0) return;
  shell.err(
    'Provide these secrets, each as a file of that name in the secrets folder (secrets_dir), readable by you alone:\n',
  );
  for (const { name, usedBy } of secrets) shell.err(`  ${name}  used by ${usedBy.join(', ')}\n`);
}
