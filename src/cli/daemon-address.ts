import { type Command, Option } from 'commander';

import type { DaemonAnswer, DaemonQuestion } from './daemon-client.ts';
import { Part } from '../core/render/document-part.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import type { Secret } from '../core/secret.ts';
import type { Settings } from '../settings.ts';
import { type CommonFlags, withSettings } from './options.ts';
import { settingsFor } from './settings-step.ts';
import type { ExitCode, Shell } from './shell.ts';

export interface DaemonFlags extends CommonFlags {
  readonly url?: string;
}

/** Adds how to find a running daemon: the setting `http`, or `--url`. */
export function withDaemon(command: Command): Command {
  command.addOption(new Option('--url <url>', 'address of the daemon (default: that of the setting http)'));
  return withSettings(command, ['http']);
}

export interface Daemon {
  readonly url: string;
  readonly token: Secret | null;
}

/** Null after it was said why there is none: the command ends with 3. */
export function daemonFor(flags: DaemonFlags, shell: Shell): Daemon | null {
  const loaded = settingsFor(flags, shell, 'unused', { servesHttp: true, typed: {} });
  if (loaded === null) return null;
  const { http, httpToken } = loaded.settings;
  const url = flags.url === undefined ? urlOf(http) : wellFormed(flags.url);
  if (url !== null) return { url, token: httpToken };
  const why =
    flags.url === undefined
      ? 'The setting "http" does not say where the daemon listens. Name it with --url, as in --url http://127.0.0.1:8080.'
      : '--url is an http or https address without a query, as in http://127.0.0.1:8080.';
  shell.err(`error: ${why}\n`);
  return null;
}

function urlOf(http: Settings['http']): string | null {
  if (http === null || http.port === 0) return null;
  const { host, port } = http;
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

function wellFormed(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return null;
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return null;
  return url.href.replace(/\/+$/, '');
}

/** What the daemon answers; or the exit code, after what is wrong was shown. */
export async function asked(
  { url, token }: Daemon,
  question: Omit<DaemonQuestion, 'url' | 'token' | 'signal'>,
  shell: Shell,
): Promise<{ readonly body: unknown } | ExitCode> {
  const answer: DaemonAnswer = await shell.parts.askDaemon({
    url,
    token,
    signal: shell.interrupted(),
    ...question,
  });
  if ('unreachable' in answer) {
    shell.err(
      `error: No daemon answers at ${url}: ${answer.unreachable}. Start one with "logpushd run", or name it with --url.\n`,
    );
    return 1;
  }
  if (answer.status < 300) return { body: answer.body };
  const told = cleanText(Part.of(answer.body).at('error').text);
  shell.err(`error: ${told || `The daemon at ${url} answers ${answer.status}, which logpushd does not.`}\n`);
  return answer.status === 503 ? 1 : 3;
}
