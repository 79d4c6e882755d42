import type { Preview, PreviewedRecord } from '../core/transformer/preview.ts';
import type { TransformerChange, TransformerPlan } from '../core/transformer/change.ts';
import type { Program } from '../program.ts';
import { planned } from '../reconcile/errors.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import { readSample, type SampleRecord } from './sample.ts';

/** Each record is a call for each transformer. */
const MOST_RECORDS = 10;

/**
 * What Cloudflare makes of a sample with the SQL of each transformer that the plan would make or change. Nothing is kept there.
 *
 * @throws SampleError
 */
export async function previewsOf(
  { transformers }: Pick<PassResult, 'transformers'>,
  file: string,
  program: Pick<Program, 'transformers'>,
  signal: AbortSignal,
): Promise<readonly Preview[]> {
  const sample: SampleRecord[] = [];
  for await (const record of readSample(file, '--preview-sample')) {
    sample.push(record);
    if (sample.length === MOST_RECORDS) break;
  }
  const previews: Preview[] = [];
  for (const plan of transformers?.plans ?? []) {
    for (const change of plan.changes) {
      const sql = newSqlOf(change);
      if (sql !== null) previews.push(await previewOf(plan, change.name, sql, sample, { program, signal }));
    }
  }
  return previews;
}

/** The SQL that a change would have Cloudflare run anew; null where it has none. */
export function newSqlOf(change: TransformerChange): string | null {
  if (change.action === 'delete') return null;
  return change.action === 'create' || change.fields.includes('sql') ? change.desired.sql : null;
}

async function previewOf(
  { scope }: TransformerPlan,
  name: string,
  sql: string,
  sample: readonly SampleRecord[],
  { program, signal }: { readonly program: Pick<Program, 'transformers'>; readonly signal: AbortSignal },
): Promise<Preview> {
  const records: PreviewedRecord[] = [];
  try {
    for (const { line, record } of sample) {
      const call = { signal, priority: 'change' } as const;
      records.push({
        line,
        delivered: await program.transformers.previewTransformer(scope, sql, record, call),
      });
    }
    return { scope, name, records };
  } catch (error) {
    return { scope, name, records, failure: planned(error).message };
  }
}
