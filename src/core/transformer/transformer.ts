import type { DesiredScope, DesiredTransformer, Mode, Pause, Prune, Scope } from '../job/job.ts';

/**
 * The SQL that Cloudflare runs on every event of a job before it delivers it (`cloudflare-api.md` §1.3). It belongs to
 * an account; jobs of the account and of its zones refer to it by its id.
 */

/** Bytes, as the documentation says. It gives two figures for the SQL: what is larger than the first may be refused. */
export const TRANSFORMER_LIMITS = { name: 255, description: 4_096, sql: 10_240, mostSql: 32_768 } as const;

/** All that the manifest says about the transformers of one account. */
export interface DesiredTransformers {
  readonly scope: Scope;
  readonly transformers: readonly DesiredTransformer[];
  /** Absent: the settings decide. */
  readonly mode?: Mode;
  readonly prune?: Prune;
  /** A pause of the account holds its transformers too. */
  readonly pauses?: readonly Pause[];
}

/** One transformer as a listing shows it. Names are not documented to be unique. */
export interface ListedTransformer {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Which logs its SQL reads, as Cloudflare sees it; null where it cannot tell. */
  readonly dataset: string | null;
  readonly jobs: readonly UsingJob[];
}

/** A job that refers to a transformer, of whichever scope. */
export interface UsingJob {
  readonly id: number;
  readonly name: string;
  /** As in `zone.0123…`. */
  readonly scopeKey: string;
}

/** With its SQL in force. */
export interface LiveTransformer extends ListedTransformer {
  readonly sql: string;
}

/** Null for a scope of which the manifest does not manage the transformers. */
export function transformersOf(desired: DesiredScope): DesiredTransformers | null {
  const { scope, transformers, mode, prune, pauses } = desired;
  if (transformers === undefined) return null;
  return { scope, transformers, ...(mode && { mode }), ...(prune && { prune }), ...(pauses && { pauses }) };
}

/** The same SQL has the same text here: how lines end, and what a file ends with, says nothing. */
export function sqlText(sql: string): string {
  return sql.replaceAll('\r\n', '\n').trim();
}
