import { Command } from 'commander';

import { renderProblems } from '../core/render/problems.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { formatOf, OUTPUT_FORMATS } from './output.ts';
import { settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

export function validateCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('validate')
    .summary('check the manifest, offline')
    .description('Check the manifest: shape and rules, without the network and without a token.')
    .argument('[path...]', 'files or folders to check instead of the manifest of the settings')
    .addOption(outputOption(OUTPUT_FORMATS));
  return withSettings(command, ['manifest'])
    .addHelpText(
      'after',
      examples([
        ['logpushd validate', 'the manifest that the settings name'],
        ['logpushd validate zones/shop.yaml', 'one file'],
        ['logpushd validate --output github', 'annotations in a pull request'],
      ]),
    )
    .action(async (paths: readonly string[], flags: CommonFlags) => {
      finish(await validate(paths, flags, shell));
    });
}

async function validate(paths: readonly string[], flags: CommonFlags, shell: Shell): Promise<ExitCode> {
  const chosen = paths.length > 0 ? { ...flags, manifest: paths } : flags;
  const loaded = settingsFor(chosen, shell, 'unused');
  if (loaded === null) return 3;
  const program = await shell.parts.openProgram(loaded.settings, {
    write: false,
    offline: true,
    emit: () => undefined,
  });
  const { manifest, problems, files } = await program.check(shell.interrupted());
  shell.out(renderProblems(problems, formatOf(flags), files, styleOf(shell, flags)));
  return manifest === null ? 3 : 0;
}
