import type { DesiredTransformer } from '../job/job.ts';
import { afterLook, type DoubtRule, isSettled, type Looks } from '../plan/doubt.ts';
import type { Drifting, Fingerprint } from '../plan/ledger-entry.ts';
import { type ListedTransformer, sqlText } from './transformer.ts';

/** What is remembered of a transformer that logpushd made or took over. It holds nothing of its SQL. */
export interface OwnedTransformer {
  readonly id: number;
  readonly name: string;
  /** Fingerprint of what was applied last; see {@link textOf}. */
  readonly applied: string;
}

/** A create whose answer has not been seen. Written before the request, removed with the answer. */
export interface OpenTransformer {
  readonly name: string;
  /** RFC 3339. */
  readonly since: string;
  /** Ids of the transformers of that name that were there before. */
  readonly beside: readonly number[];
  /** Complete listings since then that show no such transformer. */
  readonly looks: Looks;
}

/** What is remembered of the transformers of one account. */
export interface TransformerLedger {
  readonly owned: readonly OwnedTransformer[];
  readonly creating: readonly OpenTransformer[];
  /** What somebody else has changed and is not put right yet, and since when. */
  readonly drifting: readonly Drifting[];
}

export const NOTHING_OWNED: TransformerLedger = { owned: [], creating: [], drifting: [] };

/** Everything about a transformer that is compared and sent. */
export function textOf({
  name,
  sql,
  description,
}: Pick<DesiredTransformer, 'name' | 'sql' | 'description'>): string {
  return JSON.stringify([name, sqlText(sql), description.trim()]);
}

export function ownedOf(
  id: number,
  desired: Pick<DesiredTransformer, 'name' | 'sql' | 'description'>,
  fingerprint: Fingerprint,
): OwnedTransformer {
  return { id, name: desired.name, applied: fingerprint(textOf(desired)) };
}

/** A complete listing, and when it was taken. */
export interface Listing {
  readonly listed: readonly ListedTransformer[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * What is remembered after a listing: creates that it leaves open, and what is owned. One that is gone and still wanted is
 * remembered until it is made anew, so that it stays known as deleted by somebody.
 */
export function afterListing(
  { owned, creating, drifting }: TransformerLedger,
  { listed, now }: Listing,
  wanted: ReadonlySet<string>,
  rule: DoubtRule,
): TransformerLedger {
  return {
    owned: owned.filter(({ id, name }) => wanted.has(name) || listed.some((one) => one.id === id)),
    creating: creating
      .map((open) =>
        madeBy(open, listed) === undefined ? { ...open, looks: afterLook(open.looks, now, rule) } : open,
      )
      .filter(({ looks }) => !isSettled(looks, rule)),
    drifting,
  };
}

/** The transformer that an open create has made, if the listing shows it. */
export function madeBy(
  { name, beside }: OpenTransformer,
  listed: readonly ListedTransformer[],
): ListedTransformer | undefined {
  return listed.find((one) => one.name === name && !beside.includes(one.id));
}
