import { Command } from 'commander';

import { packageVersion } from '../schemas.ts';
import { examples } from './options.ts';
import type { Finish, Shell } from './shell.ts';

export function versionCommand(shell: Shell, finish: Finish): Command {
  return new Command('version')
    .summary('print the version')
    .description('Print the version.')
    .addHelpText('after', examples([['logpushd version', 'as in "logpushd 0.1.0"']]))
    .action(() => {
      shell.out(`logpushd ${packageVersion()}\n`);
      finish(0);
    });
}
