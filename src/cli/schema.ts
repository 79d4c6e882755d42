import { Command } from 'commander';

import { SCHEMA_NAMES, schemaText } from '../schemas.ts';
import { examples, wordArgument } from './options.ts';
import type { Finish, Shell } from './shell.ts';

export function schemaCommand(shell: Shell, finish: Finish): Command {
  return new Command('schema')
    .summary('print a JSON Schema')
    .description('Print a JSON Schema (draft-07): for editors, for CI, and for readers of the plan.')
    .addArgument(wordArgument('[name]', 'which one', SCHEMA_NAMES).default('manifest'))
    .addHelpText(
      'after',
      examples([
        [
          'logpushd schema > manifest.schema.json',
          'for the first line of a manifest: # yaml-language-server: $schema=…',
        ],
        ['logpushd schema plan', 'what "plan --output json" answers'],
      ]),
    )
    .action((name: string) => {
      const known = SCHEMA_NAMES.find((one) => one === name);
      if (known === undefined) throw new Error('The name of the schema was not checked.');
      shell.out(schemaText(known));
      finish(0);
    });
}
