import { Command } from 'commander';

import type { TestResult } from '../daemon/alerting.ts';
import { suggestion } from '../core/manifest/nearest.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import type { Settings } from '../settings.ts';
import { type CommonFlags, examples, outputOption, repeatable, withSettings } from './options.ts';
import { settingsFor } from './settings-step.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

interface TestFlags extends CommonFlags {
  readonly receiver?: readonly string[];
}

export function alertCommand(shell: Shell, finish: Finish): Command {
  const test = withSettings(
    new Command('test')
      .summary('send each receiver a test')
      .description(
        'Send the receivers of the setting alerts a message that something is wrong, and one that it is over, and ' +
          'show what each answered. Filters do not count. The messages say that they are a test.',
      )
      .addOption(repeatable('--receiver <name>', 'only this receiver; repeat for several (default: all)'))
      .addOption(outputOption(['text', 'json'])),
    ['secrets_dir'],
  )
    .addHelpText('after', EXAMPLES)
    .action(async (flags: TestFlags) => {
      finish(await sendTests(flags, shell));
    });
  return new Command('alert')
    .summary('try out who is told')
    .description('Try out the receivers of alerts.')
    .addCommand(test)
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = examples([
  ['logpushd alert test', 'send each receiver a message and its end'],
  ['logpushd alert test --receiver on-call', 'only to one'],
]);

async function sendTests({ receiver: names = [], ...flags }: TestFlags, shell: Shell): Promise<ExitCode> {
  const loaded = settingsFor(flags, shell, 'unused');
  if (loaded === null) return 3;
  const { settings } = loaded;
  const why = whyNothingToTest(settings, names);
  if (why !== null) {
    shell.err(`error: ${why}\n`);
    return 3;
  }
  const receivers = settings.alerts.filter(({ name }) => names.length === 0 || names.includes(name));
  const results = await shell.parts.testReceivers(settings, receivers, {
    now: () => shell.now().getTime(),
    signal: shell.interrupted(),
  });
  shell.out(
    flags.output === 'json'
      ? `${printableJson(results.map(resultJson))}\n`
      : resultText(results, flags, shell),
  );
  return results.every(({ outcome }) => outcome.isDelivered) ? 0 : 1;
}

function whyNothingToTest({ alerts, file }: Settings, names: readonly string[]): string | null {
  const known = alerts.map(({ name }) => name);
  if (known.length === 0) {
    return `The setting alerts has no receiver${file === null ? '' : ` in ${file}`}. Add one; docs/alerts.md has an example of each.`;
  }
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return null;
  const hint = suggestion(unknown, known) || ` There are ${known.join(', ')}.`;
  return `There is no receiver "${cleanText(unknown)}".${hint}`;
}

function resultJson({ receiver, status, outcome }: TestResult) {
  return {
    receiver: receiver.name,
    type: receiver.type,
    status,
    delivered: outcome.isDelivered,
    answer: outcome.said,
  };
}

function resultText(results: readonly TestResult[], flags: CommonFlags, shell: Shell): string {
  const { green, red, bold, dim } = styleOf(shell, flags);
  const nameWidth = Math.max(...results.map(({ receiver }) => receiver.name.length));
  const typeWidth = Math.max(...results.map(({ receiver }) => receiver.type.length));
  const lines = results.map(({ receiver, status, outcome }) => {
    const verdict = outcome.isDelivered ? green('taken ') : red('failed');
    const name = bold(receiver.name.padEnd(nameWidth));
    return `${name}  ${receiver.type.padEnd(typeWidth)}  ${status.padEnd(8)}  ${verdict}  ${dim(cleanText(outcome.said))}`;
  });
  return `${lines.join('\n')}\n`;
}
