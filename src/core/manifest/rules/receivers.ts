import { parseDestination } from '../../destination/destination.ts';
import { destinationTypeNamed } from '../../destination/known-types.ts';
import type { JsonObject } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { isObject } from '../path.ts';
import type { Place } from '../finding.ts';
import type { Written, WrittenJob } from '../written.ts';
import { layerWith, placeIn, placeOf, textOf } from '../written.ts';
import { everyJob } from './rule.ts';

/** What a receiver needs of the job that writes to it (`cloudflare-api.md` §2.1, §2.2, §6.1). */
interface Need {
  readonly scheme: string;
  readonly isMet: (job: JsonObject, options: JsonObject) => boolean;
  readonly key: 'output_options' | 'max_upload_bytes' | 'max_upload_records';
  readonly message: string;
}

const IBM_BATCH = 2_000_000;
const BIGQUERY_BATCH = { bytes: 10_000_000, records: 50_000 };
const DATADOG = 'Datadog gets batches of at most 5 MB and 1000 records, whatever is set. Leave this out.';

const NEEDS: readonly Need[] = [
  {
    scheme: 'ibmcl',
    key: 'output_options',
    isMet: (_, options) => opensAList(options['batch_prefix']) && options['batch_suffix'] === ']',
    message:
      'IBM Cloud Logs takes a JSON list. Write batch_prefix: "[", batch_suffix: "]", record_delimiter: "," into output_options.',
  },
  {
    scheme: 'ibmcl',
    key: 'max_upload_bytes',
    isMet: ({ max_upload_bytes: bytes }) => typeof bytes !== 'number' || (bytes > 0 && bytes <= IBM_BATCH),
    message: `IBM Cloud Logs takes at most ${IBM_BATCH} bytes (2 MB) at once. Write max_upload_bytes: ${IBM_BATCH}.`,
  },
  {
    scheme: 'bq',
    key: 'output_options',
    isMet: (_, options) => options['stringify_object'] === true,
    message:
      'BigQuery has no column for objects within objects. Write stringify_object: true into output_options.',
  },
  {
    scheme: 'bq',
    key: 'max_upload_bytes',
    isMet: ({ max_upload_bytes: bytes }) => !(typeof bytes === 'number' && bytes > BIGQUERY_BATCH.bytes),
    message: `BigQuery takes at most ${BIGQUERY_BATCH.bytes} bytes (10 MB) at once. Write that, or leave it out.`,
  },
  {
    scheme: 'bq',
    key: 'max_upload_records',
    isMet: ({ max_upload_records: records }) =>
      !(typeof records === 'number' && records > BIGQUERY_BATCH.records),
    message: `BigQuery takes at most ${BIGQUERY_BATCH.records} records at once. Write that, or leave it out.`,
  },
  {
    scheme: 'datadog',
    key: 'max_upload_bytes',
    isMet: ({ max_upload_bytes: bytes }) => typeof bytes !== 'number' || bytes === 0,
    message: DATADOG,
  },
  {
    scheme: 'datadog',
    key: 'max_upload_records',
    isMet: ({ max_upload_records: records }) => typeof records !== 'number' || records === 0,
    message: DATADOG,
  },
];

function opensAList(prefix: unknown): boolean {
  return typeof prefix === 'string' && prefix.startsWith('[');
}

export function* optionNotForDestination(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const scheme = schemeOf(job, written);
    const { output_options: options } = job.merged;
    for (const need of NEEDS.filter((one) => one.scheme === scheme)) {
      if (need.isMet(job.merged, isObject(options) ? options : {})) continue;
      yield finding('option-not-for-destination', placeFor(job, need.key), need.message);
    }
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
