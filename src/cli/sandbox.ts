import path from 'node:path';
import { Command } from 'commander';

import { cleanText } from '../core/render/foreign-text.ts';
import { parseListen } from '../settings/rules.ts';
import { listenTrouble } from './listening.ts';
import { examples, repeatable, withColor } from './options.ts';
import { type ExitCode, type Finish, type Shell, styleOf } from './shell.ts';

const DEFAULT_LISTEN = '127.0.0.1:8787';
const DEFAULT_ZONE = 'example.com';

interface SandboxFlags {
  readonly listen: string;
  readonly zone?: readonly string[];
  readonly token?: string;
  readonly challengeDir?: string;
  readonly color?: boolean;
}

export function sandboxCommand(shell: Shell, finish: Finish): Command {
  const command = new Command('sandbox')
    .summary('a Cloudflare API on this machine, to try things out')
    .description(
      'A Cloudflare API on this machine, with zones, jobs and faults, to try things out and to test.',
    )
    .option('--listen <host:port>', 'address to listen on; port 0 takes any free one', DEFAULT_LISTEN)
    .addOption(
      repeatable('--zone <name>', `a zone that exists; repeat for several (default: ${DEFAULT_ZONE})`),
    )
    .option('--token <token>', 'the only token that is accepted (default: any)')
    .option(
      '--challenge-dir <folder>',
      'where ownership challenges are written, as FOLDER/BUCKET/FILENAME (default: nowhere)',
    );
  return withColor(command)
    .addHelpText(
      'after',
      examples([
        ['logpushd sandbox', 'one zone, example.com'],
        [
          'logpushd sandbox --listen 127.0.0.1:0 --zone shop.example --zone blog.example',
          'two zones, any port',
        ],
        [
          'logpushd sandbox --challenge-dir /mnt',
          'with buckets, for a reader "via: folder" with "path: /mnt/{bucket}"',
        ],
      ]) + '\nIts jobs are forgotten at the end. Ctrl-C ends it.\n',
    )
    .action(async (flags: SandboxFlags) => {
      const listen = parseListen(flags.listen);
      if (listen === null) {
        command.error(
          `error: --listen "${flags.listen}" is not HOST:PORT. Write it as in ${DEFAULT_LISTEN}.`,
        );
      } else {
        finish(await sandbox(listen, flags, shell));
      }
    });
}

async function sandbox(
  listen: { readonly host: string; readonly port: number },
  flags: SandboxFlags,
  shell: Shell,
): Promise<ExitCode> {
  const interrupted = shell.interrupted();
  const zones = flags.zone ?? [DEFAULT_ZONE];
  let running: Awaited<ReturnType<Shell['parts']['startSandbox']>>;
  try {
    running = await shell.parts.startSandbox({
      ...listen,
      zones,
      log: (line) => shell.err(`${cleanText(line)}\n`),
      ...(flags.token !== undefined && { token: flags.token }),
      ...(flags.challengeDir !== undefined && {
        challengeDir: path.resolve(shell.cwd, flags.challengeDir),
      }),
    });
  } catch (error) {
    const trouble = listenTrouble(error);
    if (trouble === null) throw error;
    shell.err(
      `error: The sandbox cannot listen on ${flags.listen}: ${trouble}. Choose another with --listen.\n`,
    );
    return 3;
  }
  const style = styleOf(shell, flags);
  shell.out(
    `sandbox   ${style.bold(running.url)}\n` +
      `zones     ${zones.join(', ')}\n\n` +
      'In another terminal:\n' +
      `  export CLOUDFLARE_BASE_URL=${running.url} CLOUDFLARE_API_TOKEN=${flags.token === undefined ? 'any-token' : '...'}\n` +
      '  logpushd plan\n\n' +
      'Ctrl-C ends it.\n',
  );
  if (!interrupted.aborted) {
    await new Promise<void>((resolve) => {
      interrupted.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  await running.close();
  return 0;
}
