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

/** As in `delivers 3 of 5 records`. */
export function countOf({ records }: Pick<Preview, 'records'>): string {
  const kept = records.filter(({ delivered }) => delivered.length > 0).length;
  return `delivers ${kept} of ${records.length} ${records.length === 1 ? 'record' : 'records'}`;
}
