import { validateDetailed } from 'node-cron';

import { durationOf } from '../core/duration.ts';
import type { JsonObject, JsonValue } from '../core/job/job.ts';
import type { Action } from '../core/plan/change.ts';
import type { ChangeWindow, Opening } from '../core/plan/window.ts';
import { shown } from './finding.ts';
import type { Broken } from './rules.ts';

/** The setting `windows`: what a schema cannot say of times. */

const LONGEST_MS = 7 * 86_400_000;
const ACTIONS: readonly Action[] = ['create', 'update', 'replace', 'delete', 'adopt'];

/** Why one of the windows cannot be meant, or null. Each has the shape that the schema asks for. */
export function brokenWindows(value: JsonValue): Broken | null {
  const reasons = writtenWindows(value).map((window, index) => {
    const why = whyBroken(window);
    return why === null ? null : `[${index}] ${why}`;
  });
  const message = reasons.find((reason) => reason !== null);
  return message === undefined ? null : { code: 'bad-window', message };
}

function whyBroken(window: JsonObject): string | null {
  const [cron, duration, timezone] = ['cron', 'duration', 'timezone'].map((key) => textIn(window, key));
  if (openingOf(cron ?? '') === null) {
    return `${shown(cron ?? '')} is not a cron expression of 5 fields (minute, hour, day of month, month, day of week), as in "0 2 * * 1-5".`;
  }
  const ms = durationOf(duration ?? '');
  if (ms === null || ms > LONGEST_MS) {
    return `${shown(duration ?? '')} is not a duration of at most 7 days. Write it with the units m, h and d, as in "2h" or "1h30m".`;
  }
  if (timezone !== undefined && !isTimezone(timezone)) {
    return `${shown(timezone)} is not a time zone. Write an IANA name, as in "Europe/Berlin".`;
  }
  return null;
}

/** The windows of a checked value; one without a time zone is in that of the schedule. */
export function windowsFrom(value: JsonValue, timezone: string): readonly ChangeWindow[] {
  return writtenWindows(value).map((window) => {
    const cron = textIn(window, 'cron') ?? '';
    const opening = openingOf(cron);
    const { actions } = window;
    if (opening === null || !Array.isArray(actions)) throw new Error('The setting windows was not checked.');
    return {
      actions: ACTIONS.filter((action) => actions.includes(action)),
      cron,
      opening,
      ms: durationOf(textIn(window, 'duration') ?? '') ?? 0,
      timezone: textIn(window, 'timezone') ?? timezone,
    };
  });
}

function writtenWindows(value: JsonValue): readonly JsonObject[] {
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [];
  return items.filter(
    (item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item),
  );
}

function textIn(window: JsonObject, key: string): string | undefined {
  const value = window[key];
  return typeof value === 'string' ? value : undefined;
}

/** No field has a number of three digits. The library writes out every number of a range before it looks. */
const LONG_NUMBER = /\d{3}/;

function openingOf(cron: string): Opening | null {
  if (LONG_NUMBER.test(cron) || cron.trim().split(/\s+/).length !== 5) return null;
  const { valid, fields } = validateDetailed(cron);
  if (!valid || fields === undefined) return null;
  const { minute, hour, dayOfMonth, month, dayOfWeek } = fields;
  // Words such as L for a last day.
  const isPlain = [...dayOfMonth, ...dayOfWeek].every((one) => typeof one === 'number');
  if (!isPlain) return null;
  return { minute, hour, dayOfMonth: numbersIn(dayOfMonth), month, dayOfWeek: numbersIn(dayOfWeek) };
}

function numbersIn(list: readonly (number | string)[]): readonly number[] {
  return list.filter((one) => typeof one === 'number');
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
