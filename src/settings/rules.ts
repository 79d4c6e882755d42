import { validateDetailed } from 'node-cron';

import type { JsonValue } from '../core/job/job.ts';
import { brokenReceivers } from './alert-receivers.ts';
import { brokenReaders } from './challenge-readers.ts';
import { brokenWindows } from './windows.ts';
import { isLoopback } from './endpoint.ts';
import type { FindingCode } from './finding.ts';
import { shown } from './finding.ts';
import { statePlace, whyNoState } from './state-place.ts';
import { suggestion } from '../core/manifest/nearest.ts';

export interface Broken {
  readonly code: FindingCode;
  readonly message: string;
}

type Rule = (text: string) => Broken | null;

/** What a schema cannot say, by key. Each rule sees a value whose shape is right. */
export const RULES: { readonly [path: string]: ((value: JsonValue) => Broken | null) | undefined } = {
  schedule: onText(schedule),
  timezone: onText(timezone),
  'cloudflare.base_url': onText(baseUrl),
  state: onText(state),
  http: onText(http),
  'challenge.readers': brokenReaders,
  windows: brokenWindows,
  alerts: brokenReceivers,
};

/** A sweep costs one call per scope; more often than this only burns the rate limit. */
const MIN_INTERVAL_SECONDS = 10;

function onText(rule: Rule): (value: JsonValue) => Broken | null {
  return (value) => (typeof value === 'string' ? rule(value) : null);
}

/** No field has a number of three digits. The library writes out every number of a range before it looks. */
const LONG_NUMBER = /\d{3}/;

function schedule(text: string): Broken | null {
  if (LONG_NUMBER.test(text)) {
    return { code: 'bad-schedule', message: `${whyBadCron(text, undefined)} ${CRON_FORM}` };
  }
  const { valid, fields, errors } = validateDetailed(text);
  if (!valid || fields === undefined) {
    return { code: 'bad-schedule', message: `${whyBadCron(text, errors[0]?.field)} ${CRON_FORM}` };
  }
  const interval = shortestInterval(fields);
  if (interval >= MIN_INTERVAL_SECONDS) return null;
  return {
    code: 'bad-schedule',
    message:
      `${shown(text)} fires every ${interval} s. The shortest interval is ${MIN_INTERVAL_SECONDS} s, as in ` +
      '"*/10 * * * * *"; a change of the manifest does not wait for the schedule.',
  };
}

const CRON_FORM =
  'Write 5 fields (minute, hour, day of month, month, day of week), 6 with seconds first, or @hourly.';

const CRON_FIELDS: { readonly [field: string]: string | undefined } = {
  second: 'second',
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of month',
  month: 'month',
  dayOfWeek: 'day of week',
};

function whyBadCron(text: string, field: string | undefined): string {
  if (field === 'dayOfMonth' && isCronInEveryMonth(text))
    return `${shown(text)} never fires: none of its months has such a day.`;
  const name = CRON_FIELDS[field ?? ''];
  return `${shown(text)} is not a cron expression.${name === undefined ? '' : ` The trouble is in the ${name}.`}`;
}

/** With the month taken away, the second field from the end. */
function isCronInEveryMonth(text: string): boolean {
  return validateDetailed(text.trim().replace(/\S+(?=\s+\S+$)/, '*')).valid;
}

/** Seconds between two firings that lie closest. A last second counts to the next minute if that fires too. */
function shortestInterval(fields: {
  readonly second: readonly number[];
  readonly minute: readonly number[];
}): number {
  const seconds = fields.second.toSorted((a, b) => a - b);
  const gaps = seconds.slice(1).map((second, index) => second - (seconds[index] ?? 0));
  const minutes = new Set(fields.minute);
  const minutesTouch = fields.minute.some((minute) => minutes.has((minute + 1) % 60));
  const wrap = 60 - (seconds.at(-1) ?? 0) + (seconds[0] ?? 0);
  return Math.min(60, ...gaps, ...(minutesTouch ? [wrap] : []));
}

function timezone(text: string): Broken | null {
  try {
    Intl.DateTimeFormat('en', { timeZone: text });
    return null;
  } catch {
    const zones = Intl.supportedValuesOf('timeZone');
    return {
      code: 'bad-timezone',
      message: `${shown(text)} is not a time zone. Write an IANA name, as in "Europe/Berlin".${suggestion(text, zones)}`,
    };
  }
}

function baseUrl(text: string): Broken | null {
  const url = URL.parse(text);
  const example = 'as in "https://api.cloudflare.com/client/v4"';
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return { code: 'bad-url', message: `The value is not an http or https address. Write it ${example}.` };
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return {
      code: 'bad-url',
      message: `The address has a user, a password, a query or a fragment. Write only host and path, ${example}.`,
    };
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return null;
  return {
    code: 'bad-url',
    message: `${shown(text)} would send the token unencrypted to ${url.hostname}. Use https; http is for this machine only.`,
  };
}

function state(text: string): Broken | null {
  return statePlace(text) === null ? { code: 'bad-state', message: whyNoState(text) } : null;
}

function http(text: string): Broken | null {
  if (text === 'off' || parseListen(text) !== null) return null;
  return {
    code: 'bad-http',
    message: `${shown(text)} is not an address to listen on. Write HOST:PORT, as in "127.0.0.1:8080", or "off".`,
  };
}

/** `HOST:PORT`, with an IPv6 host in brackets; null when it is anything else. Port 0 means any free one. */
export function parseListen(text: string): { readonly host: string; readonly port: number } | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host === undefined || !(port <= 65_535) ? null : { host, port };
}
