import { type Command, Option } from 'commander';

import type { DaemonAnswer, DaemonQuestion } from './daemon-client.ts';
import { Part } from '../core/render/document-part.ts';
import { cleanText } from '../core/render/foreign-text.ts';
import type { Secret } from '../core/secret.ts';
import type { Settings } from '../settings.ts';
import { type CommonFlags, withSettings } from './options.ts';
import { type Loaded, settingsFor } from './settings-step.ts';
import type { ExitCode, Shell } from './shell.ts';

export interface DaemonFlags extends CommonFlags {
  readonly url?: string;
}

/** Adds how to find a running daemon: the setting `http`, or `--url`. */
export function withDaemon(command: Command): Command {
  command.addOption(new Option('--url <url>', 'address of the daemon (default: that of the setting http)'));
  return withSettings(command, ['http']);
}

export const TOKEN_NOTE =
  '\nThe daemon obeys whoever has its token: LOGPUSHD_HTTP_TOKEN, or the file LOGPUSHD_HTTP_TOKEN_FILE.\n';

export interface Daemon {
  readonly url: string;
  /** Who says that it is there. */
  readonly urlFrom: string;
  readonly token: Secret | null;
}

/** Null after it was said why there is none: the command ends with 3. */
export function daemonFor(flags: DaemonFlags, shell: Shell): Daemon | null {
  const loaded = settingsFor(flags, shell, 'unused', { servesHttp: true, typed: {} });
  if (loaded === null) return null;
  const { http, httpToken } = loaded.settings;
  const url = flags.url === undefined ? urlOf(http) : wellFormed(flags.url);
  if (url !== null) return { url, urlFrom: originOf(flags, loaded), token: httpToken };
  const why =
    flags.url === undefined
      ? 'The setting "http" does not say where the daemon listens. Name it with --url, as in --url http://127.0.0.1:8080.'
      : '--url is an http or https address without a query, as in http://127.0.0.1:8080.';
  shell.err(`error: ${why}\n`);
  return null;
}

function originOf({ url }: DaemonFlags, { given, settings }: Loaded): string {
  if (url !== undefined) return '--url';
  if (!given.has('http')) return 'the default of the setting http';
  return `the setting http${settings.file === null ? '' : `, with the file ${settings.file}`}`;
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
  daemon: Daemon,
  question: Omit<DaemonQuestion, 'url' | 'token' | 'signal'>,
  shell: Shell,
): Promise<{ readonly body: unknown } | ExitCode> {
  const { url, urlFrom, token } = daemon;
  const answer: DaemonAnswer = await shell.parts.askDaemon({
    url,
    token,
    signal: shell.interrupted(),
    ...question,
  });
  if ('unreachable' in answer) {
    shell.err(
      `error: No daemon answers at ${url} (${urlFrom}): ${answer.unreachable}. Start one with "logpushd run", or say where ` +
        'it listens with --url, as in --url http://127.0.0.1:8080.\n',
    );
    return 1;
  }
  if (answer.status < 300) return { body: answer.body };
  shell.err(`error: ${refusalOf(answer, daemon)}\n`);
  return answer.status === 503 ? 1 : 3;
}

const VARIABLES = 'LOGPUSHD_HTTP_TOKEN, or the file that LOGPUSHD_HTTP_TOKEN_FILE names';

/** What the daemon says is for people too, but of a token it speaks as to a program. */
function refusalOf(
  { status, body }: { readonly status: number; readonly body: unknown },
  { url, urlFrom, token }: Daemon,
): string {
  const told = cleanText(Part.of(body).at('error').text);
  if (told === '')
    return `${url} (${urlFrom}) answers ${status}, as no daemon does: something else listens there. Say where the daemon listens with --url.`;
  if (status === 401) {
    return token === null
      ? `The daemon at ${url} obeys only who has its token. Put it into ${VARIABLES}, where this command runs.`
      : `The daemon at ${url} was started with another token than this command. Both read it from ${VARIABLES}.`;
  }
  if (status === 403)
    return `The daemon at ${url} has no token, so it obeys nobody. Start it with one, in ${VARIABLES}, and give this command the same.`;
  return told;
}
