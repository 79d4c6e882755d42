import { effectiveOptions, outputTypeOf } from '../../job/output-options.ts';
import type { JsonObject } from '../../job/job.ts';
import type { Problem } from '../../problem.ts';
import { finding } from '../finding.ts';
import { isObject, type Path } from '../path.ts';
import type { Written } from '../written.ts';
import { placeWithin } from '../written.ts';
import { everyJob } from './rule.ts';

/** Options that Cloudflare takes and that do not do what whoever wrote them meant (`cloudflare-api.md` §1.3, §3.1, §3.2). */
interface Oddity {
  readonly path: Path;
  readonly message: string;
  /** @param options with the defaults of their output type */
  readonly isThere: (job: JsonObject, written: JsonObject, options: JsonObject) => boolean;
}

const NDJSON_ONLY = 'Transformers work on ndjson only, and this job is csv. Write output_type: ndjson.';

const ODDITIES: readonly Oddity[] = [
  {
    path: ['output_options', 'field_delimiter'],
    isThere: (_, { field_delimiter: delimiter }, { record_template: template }) =>
      isSet(delimiter) && isSet(template),
    message: 'field_delimiter has no effect beside record_template. Write the delimiter into the template.',
  },
  {
    path: ['output_options', 'record_suffix'],
    // The mistake of a tool that many manifests come from; other suffixes may be meant.
    isThere: (_, written, options) =>
      outputTypeOf(options) !== 'csv' &&
      written['record_suffix'] === '}' &&
      !isSet(options['record_template']) &&
      !isSet(options['record_delimiter']),
    message:
      'Without a line break behind the "}" all records of ndjson stand on one line, which most readers refuse. Write "}\\n", leave it out, or write a record_delimiter.',
  },
  {
    path: ['transformer_id'],
    isThere: ({ transformer_id: transformer }, _, options) =>
      typeof transformer === 'number' && transformer > 0 && outputTypeOf(options) === 'csv',
    message: NDJSON_ONLY,
  },
  {
    path: ['transformer'],
    isThere: ({ transformer }, _, options) => isSet(transformer) && outputTypeOf(options) === 'csv',
    message: NDJSON_ONLY,
  },
];

export function* unusualOption(written: Written): Iterable<Problem> {
  for (const job of everyJob(written)) {
    const { output_options: options } = job.merged;
    const own = isObject(options) ? options : {};
    const effective = effectiveOptions(own);
    for (const { path, message, isThere } of ODDITIES)
      if (isThere(job.merged, own, effective))
        yield finding('unusual-option', placeWithin(job, path), message);
  }
}

function isSet(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
