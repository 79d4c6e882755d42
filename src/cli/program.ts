import { Command, CommanderError } from 'commander';

import { ReconcileError } from '../reconcile/errors.ts';
import { packageVersion } from '../schemas.ts';
import { alertCommand } from './alert.ts';
import { applyCommand } from './apply.ts';
import { approveCommand } from './approve.ts';
import { challengeCommand } from './challenge.ts';
import { completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { driftCommand } from './drift.ts';
import { exportCommand } from './export.ts';
import { fieldsCommand } from './fields.ts';
import { filterCommand } from './filter.ts';
import { historyCommand } from './history.ts';
import { migrateCommand } from './migrate.ts';
import { examples } from './options.ts';
import { reportFailure } from './output.ts';
import { pauseCommand, resumeCommand } from './pause.ts';
import { planCommand } from './plan.ts';
import { reconcileCommand } from './reconcile.ts';
import { renderCommand } from './render.ts';
import { runCommand } from './run.ts';
import { sandboxCommand } from './sandbox.ts';
import { schemaCommand } from './schema.ts';
import { EXIT_CODES, type Shell } from './shell.ts';
import { stateCommand } from './state.ts';
import { statusCommand } from './status.ts';
import { validateCommand } from './validate.ts';
import { versionCommand } from './version.ts';

/** What a wrong usage answers; commander itself says 1, which here means that some change failed. */
const USAGE_WRONG = 3;

/**
 * Runs one command to its exit code. Throws bugs and nothing else: findings, wrong usage and failures of the
 * world have been shown when it resolves.
 */
export async function runCli(argv: readonly string[], shell: Shell): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(shell, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) {
      shell.err(program.helpInformation());
      return USAGE_WRONG;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_WRONG;
    if (error instanceof ReconcileError) return reportFailure(error, shell);
    throw error;
  }
}

/** The tree of commands. Also what completion scripts and docs/cli.md are made from. */
export function buildProgram(shell: Shell, finish: (exitCode: number) => void): Command {
  const root = new Command('logpushd')
    .description('Keeps Cloudflare Logpush jobs exactly as the YAML in your Git repository says.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: shell.out,
      writeErr: shell.err,
      getOutHelpWidth: () => HELP_WIDTH,
      getErrHelpWidth: () => HELP_WIDTH,
    })
    .addHelpText('after', ROOT_NOTES);
  const commands = [
    validateCommand(shell, finish),
    renderCommand(shell, finish),
    planCommand(shell, finish),
    driftCommand(shell, finish),
    applyCommand(shell, finish),
    runCommand(shell, finish),
    statusCommand(shell, finish),
    historyCommand(shell, finish),
    pauseCommand(shell, finish),
    resumeCommand(shell, finish),
    approveCommand(shell, finish),
    reconcileCommand(shell, finish),
    exportCommand(shell, finish),
    migrateCommand(shell, finish),
    doctorCommand(shell, finish),
    fieldsCommand(shell, finish),
    filterCommand(shell, finish),
    challengeCommand(shell, finish),
    alertCommand(shell, finish),
    stateCommand(shell, finish),
    sandboxCommand(shell, finish),
    schemaCommand(shell, finish),
    completionCommand(root, shell, finish),
    versionCommand(shell, finish),
  ];
  for (const command of commands) {
    helpWith(command, command.name(), root);
    for (const one of command.commands) helpWith(one, `${command.name()} ${one.name()}`, root);
    root.addCommand(command);
  }
  return root.showHelpAfterError('Run "logpushd --help" for the commands.');
}

function helpWith(command: Command, name: string, root: Command): void {
  command.copyInheritedSettings(root).showHelpAfterError(`Run "logpushd ${name} --help" for its flags.`);
}

/** Fixed, so that help reads the same in a terminal, a file and the documentation. */
const HELP_WIDTH = 100;

const ROOT_NOTES =
  examples([
    ['logpushd run --sandbox', 'try it out, without an account'],
    ['logpushd validate', 'check the manifest'],
    ['logpushd plan', 'see what would change'],
    ['logpushd run', 'keep it so'],
  ]) +
  `
Settings come from flags, LOGPUSHD_* variables and config/logpushd.yaml; credentials from
CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_TOKEN_FILE, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY.

Exit codes:
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}\n`).join('')}`;
