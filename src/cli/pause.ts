import { Command } from 'commander';

import { durationOf } from '../core/duration.ts';
import { Part } from '../core/render/document-part.ts';
import { cleanText, printableJson } from '../core/render/foreign-text.ts';
import { asked, daemonFor, type DaemonFlags, TOKEN_NOTE, withDaemon } from './daemon-address.ts';
import { examples, outputOption } from './options.ts';
import type { ExitCode, Finish, Shell } from './shell.ts';

interface PauseFlags extends DaemonFlags {
  readonly for?: string;
  readonly reason?: string;
}

const TARGET = 'a zone or account, or one of its jobs, as in example.com or example.com/http-archive';

export function pauseCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('pause')
    .summary('have a running daemon write nothing to a scope or job for a while')
    .description(
      'Have a running daemon write nothing to a zone, an account or one of its jobs for a while. It goes on ' +
        'looking, and tells drift. A pause outlives a restart, and ends by itself or with "logpushd resume".',
    )
    .argument('<target>', TARGET)
    .option('--for <time>', 'how long, as in 90m, 4h or 2d (default: until it is resumed, told of each day)')
    .option('--reason <text>', 'why, for whoever wonders')
    .addOption(outputOption(['text', 'json']));
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([
        [
          'logpushd pause example.com --for 4h --reason INC-42',
          'nothing is written to the zone for four hours',
        ],
        ['logpushd pause example.com/http-archive --for 30m', 'nor to this one job'],
      ]) + TOKEN_NOTE,
    )
    .action(async (target: string, flags: PauseFlags) => {
      finish(await pause(target, flags, shell));
    });
}

export function resumeCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('resume')
    .summary('end a pause')
    .description('End what "logpushd pause" began: what is pending or has drifted there is written again.')
    .argument('<target>', TARGET)
    .addOption(outputOption(['text', 'json']));
  return withDaemon(command)
    .addHelpText(
      'after',
      examples([['logpushd resume example.com', 'end the pause of the zone']]) + TOKEN_NOTE,
    )
    .action(async (target: string, flags: DaemonFlags) => {
      finish(await tell('/api/v1/resume', { target }, 'resumed', flags, shell));
    });
}

async function pause(target: string, flags: PauseFlags, shell: Shell): Promise<ExitCode> {
  const { for: time, reason } = flags;
  if (time !== undefined && durationOf(time) === null) {
    shell.err(
      `error: --for ${cleanText(time)} is no time. Write it with the units s, m, h, d and w, as in 90m, 4h or 1h30m.\n`,
    );
    return 3;
  }
  const query = { target, ...(time !== undefined && { for: time }), ...(reason !== undefined && { reason }) };
  return tell('/api/v1/pause', query, 'paused', flags, shell);
}

async function tell(
  path: string,
  query: { readonly [name: string]: string },
  done: string,
  flags: DaemonFlags,
  shell: Shell,
): Promise<ExitCode> {
  const daemon = daemonFor(flags, shell);
  if (daemon === null) return 3;
  const answer = await asked(daemon, { method: 'POST', path, query }, shell);
  if (typeof answer === 'number') return answer;
  shell.out(flags.output === 'json' ? `${printableJson(answer.body)}\n` : `${textOf(answer.body, done)}\n`);
  return 0;
}

function textOf(body: unknown, done: string): string {
  const told = Part.of(body);
  const until = told.at('until').text;
  const end = done === 'resumed' ? '' : until === '' ? ' until it is resumed' : ` until ${until}`;
  return cleanText(`${told.at('target').text} ${done}${end}`);
}
