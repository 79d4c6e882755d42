import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { isObject, parseJson } from '../core/job/canonical-json.ts';
import type { JsonObject } from '../core/job/job.ts';
import { whyUnreadable } from '../core/unreadable.ts';

/** Why a sample cannot be used, in words for the person who gave it. */
export class SampleError extends Error {}

/** A record of a sample, and the line that it stands on. */
export interface SampleRecord {
  readonly line: number;
  readonly record: JsonObject;
}

/**
 * The records of a sample, NDJSON as Logpush delivers it. Line by line, so that it may be larger than memory.
 *
 * @throws SampleError, also where there is no record at all
 */
export async function* readSample(file: string, flag: string): AsyncIterable<SampleRecord> {
  let line = 0;
  let records = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      records += 1;
      yield { line, record: recordOf(text, line, file) };
    }
  } catch (error) {
    if (error instanceof SampleError) throw error;
    throw new SampleError(
      `${file} ${whyUnreadable(error)}. Give ${flag} a file of records, one JSON object a line.`,
    );
  }
  if (records === 0) throw new SampleError(`${file} has no record. It needs one JSON object a line.`);
}

function recordOf(line: string, number: number, file: string): JsonObject {
  const parsed = parseJson(line);
  if (isObject(parsed)) return parsed;
  throw new SampleError(
    `${file}:${number} is not a JSON object. The sample needs one a line; a csv, or a file that is still packed, is none.`,
  );
}
