import { Command, Option } from 'commander';

import { plural } from '../core/render/summary.ts';
import { printableJson } from '../core/render/foreign-text.ts';
import type { StateMove } from '../program.ts';
import { statePlace, stateText, whyNoState } from '../settings/state-place.ts';
import { type CommonFlags, examples, outputOption, withSettings } from './options.ts';
import { settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface MoveFlags extends CommonFlags {
  readonly from?: string;
  readonly to?: string;
}

export function stateCommand(shell: Shell, finish: Finish): Command {
  const move = withSettings(
    new Command('move')
      .summary('take the state to another place')
      .description(
        'Copy the state, with the key of its fingerprints, between a folder and ConfigMaps of Kubernetes. Stop the daemon ' +
          'first: one that has the folder open keeps it, and one that has the ConfigMaps open ends, and where it is started again ' +
          'takes them back, which makes the move fail. What it comes from stays as it is. Interrupted, it goes on when it is run again.',
      )
      .addOption(new Option('--from <place>', 'file:PATH or kubernetes:NAME (default: the setting state)'))
      .addOption(new Option('--to <place>', 'file:PATH or kubernetes:NAME, empty').makeOptionMandatory())
      .addOption(outputOption(['text', 'json'])),
    [],
  )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: MoveFlags) => {
      finish(await moveTo(flags, shell));
    });
  return new Command('state')
    .summary('move what is remembered of the owned jobs')
    .description('Move the state: what logpushd remembers of the jobs that it owns.')
    .addCommand(move)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = examples([
  ['logpushd state move --from file:.logpushd/state --to kubernetes:logpushd-state', 'into the cluster'],
  ['logpushd state move --from kubernetes:logpushd-state --to file:.logpushd/state', 'and back'],
]);

async function moveTo(
  { from: typedFrom, to: typedTo = '', ...flags }: MoveFlags,
  shell: Shell,
): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'unused');
  if (loaded === null) return 3;
  const from = typedFrom === undefined ? loaded.settings.state : statePlace(typedFrom);
  const to = statePlace(typedTo);
  const wrong = from === null ? typedFrom : to === null ? typedTo : null;
  if (wrong !== null || from === null || to === null) {
    shell.err(`error: ${whyNoState(wrong ?? '')}\n`);
    return 3;
  }
  if (from.kind === 'memory' || to.kind === 'memory' || stateText(from) === stateText(to)) {
    shell.err(
      'error: A state is moved from file:PATH or kubernetes:NAME to another place of these. In memory it ends with its process.\n',
    );
    return 3;
  }
  const moved = await shell.parts.moveState(loaded.settings, { from, to });
  shell.out(flags.output === 'json' ? `${printableJson(moved)}\n` : moveText(moved, flags, shell));
  return 0;
}

function moveText(moved: StateMove, flags: CommonFlags, shell: Shell): string {
  const { bold } = styleOf(shell, flags);
  const { from, to, pages, scopes, found, deletion } = moved;
  const again = found === 0 ? '' : ` ${plural(found, 'page')} of them an earlier run had moved.`;
  return (
    `${bold(`Moved ${plural(pages, 'page')}, ${scopes} of zones and accounts, from ${from} to ${to}.`)}${again}\n` +
    `\nNext: set "state: ${to}" and start logpushd. ${from} is as it was, and grows old: once the new one works, delete it with\n` +
    `  ${deletion}\n`
  );
}
