import { parseDestination } from '../../destination/destination.ts';
import type { BatchLimits } from '../../destination/destination-type.ts';
import { destinationTypeNamed, destinationTypesOf } from '../../destination/known-types.ts';
import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { isObject } from '../path.ts';
import type { Place } from '../finding.ts';
import type { Written, WrittenJob } from '../written.ts';
import { layerWith, placeIn, placeOf, textOf } from '../written.ts';
import { everyJob } from './rule.ts';

/** What a receiver needs of the job that writes to it, and takes from it at once. */
export function* optionNotForDestination(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const [{ output, batch } = NO_TYPE] = destinationTypesOf(schemeOf(job, written) ?? '');
    const { output_options: options } = job.merged;
    if (output !== null && !output.isMet(isObject(options) ? options : {})) {
      yield finding('option-not-for-destination', placeFor(job, 'output_options'), output.message);
    }
    if (batch === null) continue;
    for (const bound of boundsOf(batch)) {
      const message = whyTooMuch(bound, batch, job.merged[bound.key]);
      if (message !== null) yield finding('option-not-for-destination', placeFor(job, bound.key), message);
    }
  }
}

const NO_TYPE = { output: null, batch: null };

interface Bound {
  readonly key: string;
  readonly most: number;
  /** As in `10000000 bytes (10 MB)`. */
  readonly text: string;
}

function boundsOf({ bytes, records }: BatchLimits): readonly Bound[] {
  const size = { key: 'max_upload_bytes', most: bytes, text: `${bytes} bytes (${bytes / 1_000_000} MB)` };
  return records === undefined
    ? [size]
    : [size, { key: 'max_upload_records', most: records, text: `${records} records` }];
}

function whyTooMuch({ key, most, text }: Bound, batch: BatchLimits, value: unknown): string | null {
  const { rule, receiver } = batch;
  const isUnset = value === undefined || value === null || value === 0;
  // What is no number is told by the schema.
  if (!isUnset && typeof value !== 'number') return null;
  switch (rule) {
    case 'fixed': {
      if (isUnset) return null;
      const limits = boundsOf(batch).map((one) => one.text);
      return `${receiver} gets batches of at most ${limits.join(' and ')}, whatever is set. Leave this out.`;
    }
    case 'asked':
      if (!isUnset && value <= most) return null;
      return `${receiver} takes at most ${text} at once. Write ${key}: ${most}.`;
    case 'usual':
      if (isUnset || value <= most) return null;
      return `${receiver} takes at most ${text} at once. Write that, or leave it out.`;
  }
}

function placeFor(job: WrittenJob, key: string): Place {
  const layer = layerWith(job, key)?.piece;
  return layer === undefined ? placeOf(job) : placeIn(layer, key);
}

/** In lower case; undefined where the manifest does not tell. */
export function schemeOf({ merged }: WrittenJob, written: Written): string | undefined {
  const { destination, destination_conf: conf } = merged;
  if (typeof conf === 'string') return parseDestination(conf).scheme;
  const spec =
    typeof destination === 'string'
      ? written.destinations.find(({ name }) => name === destination)?.body
      : destination;
  return isObject(spec) ? destinationTypeNamed(textOf(spec, 'type') ?? '')?.scheme : undefined;
}
