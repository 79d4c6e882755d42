import type { JsonObject, JsonValue, LiveJob } from '../../core/job/job.ts';
import { liveJobOf } from '../../core/job/live.ts';
import { UnusableAnswerError } from '../../reconcile/errors.ts';
import type { CallOptions } from '../../reconcile/ports.ts';
import type { Caller, CallSpec, Success } from './call.ts';
import { isArray, isObject } from './wire.ts';

/**
 * Listings, which count only when they are complete (`reliability.md` invariant 22): a job that is missing
 * from a damaged one would be created a second time.
 */

const MAX_JOB_PAGES = 100;
/** 100,000 zones. */
const MAX_DISCOVERY_PAGES = 2_000;
const DISCOVERY_PAGE = 50;
const DISCOVERY_TRIES = 3;

export function readJobs(call: Caller, spec: CallSpec, options: CallOptions): Promise<readonly LiveJob[]> {
  return readWhole(call, spec, { noun: 'job', decode: jobOf }, options);
}

/** What a listing is made of. */
interface Kind<T> {
  readonly noun: string;
  /** Null where it has no id. */
  readonly decode: (value: JsonValue) => T | null;
}

/** Reads a listing whole. Cloudflare does not page these today; pages are followed if they appear. */
export async function readWhole<T extends { readonly id: number }>(
  call: Caller,
  spec: CallSpec,
  { noun, decode }: Kind<T>,
  options: CallOptions,
): Promise<readonly T[]> {
  const found: T[] = [];
  const ids = new Set<number>();
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const path = page === 1 ? spec.path : `${spec.path}?page=${page}`;
    const answer = await call({ ...spec, path }, options);
    const damaged = (cause: string) => incomplete(spec.action, cause, answer);
    const elements = elementsOf(answer, damaged);
    for (const [index, element] of elements.entries()) {
      const one = decode(element);
      if (one === null) throw damaged(`entry ${index + 1} has no id that is a whole number from 1 on`);
      if (ids.has(one.id)) throw damaged(`${noun} ${one.id} is in it twice`);
      ids.add(one.id);
      found.push(one);
    }
    const progress = { noun, page, here: elements.length, read: found.length };
    pages = pagesOf(answer.resultInfo, progress, damaged);
  }
  return found;
}

/** One job of an answer; null when it is not an object with an integer id of at least 1. */
export function jobOf(value: JsonValue | undefined): LiveJob | null {
  if (!isObject(value)) return null;
  const { id } = value;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 1 ? liveJobOf(value) : null;
}

interface Progress {
  readonly noun: string;
  readonly page: number;
  readonly here: number;
  readonly read: number;
}

type Damaged = (cause: string) => UnusableAnswerError;

/** How many pages there are, after checking that the counts agree with what was read. */
function pagesOf(
  info: JsonObject | undefined,
  { noun, page, here, read }: Progress,
  damaged: Damaged,
): number {
  if (info === undefined) {
    if (page > 1) throw damaged(`page ${page} does not say how many pages there are`);
    return 1;
  }
  const figure = (key: string) => {
    const value = info[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw damaged(`its result_info.${key} is not a count`);
  };
  const [count, total, answered] = [figure('count'), figure('total_count'), figure('page')];
  if (count !== undefined && count !== here) throw damaged(`it holds ${here} entries and says ${count}`);
  if (answered !== undefined && answered !== page && !(answered === 0 && here === 0)) {
    throw damaged(`page ${page} was asked for, and page ${answered} came`);
  }
  const { cursor, cursors } = info;
  if (isSet(cursor) || (isObject(cursors) && isSet(cursors['after']))) {
    throw damaged('it continues at a cursor, which logpushd does not know here');
  }
  const pages = Math.max(figure('total_pages') ?? 1, 1);
  if (pages > MAX_JOB_PAGES) throw damaged(`it has ${pages} pages, more than ${MAX_JOB_PAGES}`);
  if (page >= pages && total !== undefined && total !== read) {
    throw damaged(`it says there are ${total} ${noun}s in all, and ${read} came`);
  }
  return pages;
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== '';
}

function elementsOf(answer: Success, damaged: Damaged): readonly JsonValue[] {
  const { result } = answer;
  if (answer.status !== 200) throw damaged('a listing comes with status 200');
  if (!answer.labelled) throw damaged('its content type is not JSON');
  if (result === undefined || !isArray(result)) throw damaged('its "result" is not a list');
  return result;
}

/**
 * Reads all pages of zones or accounts, each entry once. One that vanishes meanwhile moves another across a
 * page border, unseen; so when the counts do not agree it reads again, and gives everything it saw.
 */
export async function readDiscovery<T extends { readonly id: string }>(
  call: Caller,
  spec: CallSpec,
  decode: (value: JsonObject) => T | null,
  options: CallOptions,
): Promise<readonly T[]> {
  const found = new Map<string, T>();
  for (let tries = 1; tries <= DISCOVERY_TRIES; tries += 1) {
    const pass = await readPages(call, spec, decode, options);
    for (const entry of pass.entries) found.set(entry.id, entry);
    if (pass.steady) break;
  }
  return [...found.values()];
}

async function readPages<T extends { readonly id: string }>(
  call: Caller,
  spec: CallSpec,
  decode: (value: JsonObject) => T | null,
  options: CallOptions,
): Promise<{ entries: readonly T[]; steady: boolean }> {
  const entries = new Map<string, T>();
  const totals = new Set<number>();
  let repeated = false;
  for (let page = 1; ; page += 1) {
    const path = `${spec.path}?page=${page}&per_page=${DISCOVERY_PAGE}`;
    const answer = await call({ ...spec, path }, options);
    const damaged = (cause: string) => incomplete(spec.action, cause, answer);
    const elements = elementsOf(answer, damaged);
    const before = entries.size;
    for (const [index, element] of elements.entries()) {
      const entry = isObject(element) ? decode(element) : null;
      if (entry === null) throw damaged(`entry ${index + 1} of page ${page} has no id and name`);
      repeated ||= entries.has(entry.id);
      entries.set(entry.id, entry);
    }
    const total = countIn(answer.resultInfo, 'total_count');
    if (total !== undefined) totals.add(total);
    // A server that knows no pages gives the same one for ever.
    const isNew = entries.size > before;
    if (isLastPage(answer.resultInfo, page, isNew ? elements.length : 0)) break;
    if (page >= MAX_DISCOVERY_PAGES) throw damaged(`it has more than ${MAX_DISCOVERY_PAGES} pages`);
  }
  const agree = totals.size === 0 || (totals.size === 1 && totals.has(entries.size));
  return { entries: [...entries.values()], steady: agree && !repeated };
}

/**
 * By `total_pages` or `total_count` where they are there, else by an empty page: one that is not full proves
 * nothing, as the server may give fewer than it was asked for.
 */
function isLastPage(info: JsonObject | undefined, page: number, here: number): boolean {
  if (here === 0) return true;
  const pages = countIn(info, 'total_pages');
  if (pages !== undefined) return page >= pages;
  const total = countIn(info, 'total_count');
  const size = countIn(info, 'per_page') ?? 0;
  return total !== undefined && size > 0 && page * size >= total;
}

function countIn(info: JsonObject | undefined, key: string): number | undefined {
  const value = info?.[key];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function incomplete(action: string, cause: string, { status, ray }: Success): UnusableAnswerError {
  return new UnusableAnswerError({
    action,
    cause: `the listing is not complete: ${cause}`,
    status,
    ...(ray === undefined ? {} : { ray }),
  });
}
