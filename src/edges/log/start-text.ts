import type { EventOf } from '../../reconcile/event/events.ts';
import type { Shop } from './shop.ts';

export const INDENT = '\n    ';

/** The first thing that a person at a terminal reads of a daemon. */
export function startText(event: EventOf<'daemon.started'>, { bold, dim, yellow, clean }: Shop): string {
  const api = clean(event.apiUrl) + (event.sandbox ? dim('  the built-in sandbox, not the real one') : '');
  const status = event.statusUrl === null ? 'off' : clean(event.statusUrl);
  const settings = event.settingsFile === null ? 'no file' : clean(event.settingsFile);
  const taken = event.taken.map(clean).join(' and ');
  return [
    bold(`logpushd ${clean(event.version)}`),
    `settings        ${settings}`,
    `Cloudflare API  ${api}`,
    `status page     ${status}`,
    ...(taken === '' ? [] : [yellow(`other ports than usual: something else listens on ${taken}`)]),
  ].join(INDENT);
}
