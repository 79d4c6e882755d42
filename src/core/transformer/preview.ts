import type { JsonObject, Scope } from '../job/job.ts';

/** What Cloudflare says a transformer would make of a sample, before it is written. */
export interface Preview {
  readonly scope: Scope;
  readonly name: string;
  readonly records: readonly PreviewedRecord[];
  /** Why the rest of the sample was not tried. */
  readonly failure?: string;
}

export interface PreviewedRecord {
  /** Of the sample. */
  readonly line: number;
  /** The records that would be delivered; none where it is dropped. */
  readonly delivered: readonly JsonObject[];
}

/** As in `delivers 3 of 5 records`. Nothing is said of records that were not tried. */
export function countOf({ records, failure }: Pick<Preview, 'records' | 'failure'>): string {
  if (failure !== undefined && records.length === 0) return 'failed at the first record';
  const kept = records.filter(({ delivered }) => delivered.length > 0).length;
  const tried = `delivers ${kept} of ${records.length} ${records.length === 1 ? 'record' : 'records'}`;
  return failure === undefined ? tried : `${tried}, and failed at the next`;
}
