import { Command } from 'commander';

import { Part } from '../core/render/document-part.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { plural } from '../core/render/summary.ts';
import { asked, daemonFor, type DaemonFlags, TOKEN_NOTE, withDaemon } from './daemon-address.ts';
import { examples, outputOption } from './options.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

export function approveCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('approve')
    .summary('have a running daemon let through what it holds back')
    .description(
      'Have a running daemon let exactly the plan, or the change, through that it holds back, once, within an hour. ' +
        'What it is stands in "logpushd plan", "logpushd status" and the log, with its digest. Without a daemon, ' +
        '"logpushd apply --approve" does the same.',
    )
    .argument('<digest>', 'that of the refusal, or of the withheld change')
    .addOption(outputOption(['text', 'json']));
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([['logpushd approve 0123456789abcdef', 'what the guard held back and is meant']]) + TOKEN_NOTE,
    )
    .action(async (digest: string, flags: DaemonFlags) => {
      finish(await approve(digest, flags, shell));
    });
}

async function approve(digest: string, flags: DaemonFlags, shell: Shell): Promise<ExitCode> {
  const daemon = daemonFor(flags, shell);
  if (daemon === null) return 3;
  const answer = await asked(daemon, { method: 'POST', path: '/api/v1/approve', query: { digest } }, shell);
  if (typeof answer === 'number') return answer;
  const { length } = Part.of(answer.body).at('queued').items;
  const scopes = `${plural(length, 'scope')} ${length === 1 ? 'is' : 'are'}`;
  const text = `${cleanText(digest)} approved; ${scopes} looked at now. "logpushd status" shows what came of it.`;
  shell.out(`${flags.output === 'json' ? printableJson(answer.body) : text}\n`);
  return 0;
}
