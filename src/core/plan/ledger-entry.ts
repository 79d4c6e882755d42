import type { Pause } from '../job/job.ts';
import type { Looks } from './doubt.ts';

/**
 * What logpushd remembers of a job it owns. It holds no value of a field, only keyed fingerprints, so that the
 * next pass can tell who moved: the manifest, or somebody at Cloudflare.
 */
export interface LedgerEntry extends OldHalf {
  readonly name: string;
  readonly id: number;
  readonly dataset: string;
  /** As last applied: a job that leaves the manifest still is protected. */
  readonly protect: boolean;
  /** Diff path to the fingerprint of the value last applied. */
  readonly applied: { readonly [path: string]: string };
  /** Fingerprint of how the manifest chose the fields that were applied last, where it does not list them. */
  readonly fieldChoice?: string;
  /** Paths whose value Cloudflare did not return after it was applied; not sent again while `applied` stands. */
  readonly unverifiable: readonly string[];
  /** Set for what logpushd created of late: when, and the ids of the jobs of its name that were there before. */
  readonly created?: { readonly at: string; readonly beside: readonly number[] };
  /** What was put right of it lately; see `fight.ts`. */
  readonly healings?: Healings;
}

/** How often in a row one thing was put right that somebody else had changed. */
export interface Healing {
  readonly times: number;
  /** RFC 3339: the first time. */
  readonly since: string;
  /** RFC 3339: the last time. */
  readonly last: string;
  /** That it goes on and on was told. */
  readonly fought: boolean;
}

/** By the path of the field. */
export type Healings = { readonly [key: string]: Healing };

/**
 * A create whose answer has not been seen. Written before the request, removed with the answer: until then a job
 * that turns up as it was sent is ours, and none is created.
 */
export interface OpenCreate {
  readonly name: string;
  /** When it was about to be sent (RFC 3339). */
  readonly since: string;
  readonly protect: boolean;
  readonly dataset: string;
  /** Fingerprint of where it delivers: scheme, host and open path. */
  readonly place: string;
  /** Ids of the jobs of that name that were there before. */
  readonly beside: readonly number[];
  /** Complete listings since then that show no such job. */
  readonly looks: Looks;
}

/** The former job of a replace, until it is deleted. */
export interface OldHalf {
  readonly superseded?: number;
  /** When the job that takes its place was made, RFC 3339. */
  readonly supersededAt?: string;
}

/** Only that, of whatever remembers it; `madeAt` is for a replace of which only the ids are known. */
export function oldHalfOf(
  { superseded, supersededAt }: { readonly [K in keyof OldHalf]?: OldHalf[K] | undefined },
  madeAt: number,
): OldHalf {
  if (superseded === undefined) return {};
  return { superseded, supersededAt: supersededAt ?? new Date(madeAt).toISOString() };
}

/** Most of the owned jobs of a scope are gone at once, which is doubted before it is believed. */
export interface Collapse {
  /** Ids. */
  readonly gone: readonly number[];
  /** Complete listings that agree. */
  readonly looks: Looks;
}

/** Jobs that were made once too often, and their like: all of them have to be there for long. */
export interface Copies {
  /** Of every one that is not known to be gone. */
  readonly ids: readonly number[];
  /** The last complete listings, as long as they showed such jobs. */
  readonly looks: Looks;
}

/** A challenge file that Cloudflare was asked to write. The token in it is never kept. */
export interface AskedChallenge {
  /** Fingerprint of the destination, byte for byte: the token is bound to it. */
  readonly destination: string;
  /** When it was about to be asked for, RFC 3339. */
  readonly at: string;
  /** Below the destination's bucket. Absent while no answer has been seen. */
  readonly filename?: string;
  /** What stands in the file proves nothing. */
  readonly refused?: true;
}

/** What was deleted moments ago: Cloudflare may go on listing it (`cloudflare-api.md` §8). */
export interface Deleted {
  readonly id: number;
  /** When it was deleted or, where no answer has been seen, about to be, RFC 3339. */
  readonly at: string;
  /** Nobody knows whether it is gone, or will be once the request arrives. */
  readonly unanswered?: true;
}

/** For so long a delete without an answer may arrive and, after that, what it deleted may be listed. */
export const OPEN_DELETE_MS = 150_000;

/** Of the deletes without an answer those that are not over. */
export function openDeletesOf(
  { deleted = [] }: Pick<ScopeLedger, 'deleted'>,
  now: number,
): readonly Deleted[] {
  return deleted.filter(
    ({ at, unanswered }) => unanswered && Math.abs(now - Date.parse(at)) < OPEN_DELETE_MS,
  );
}

/** What somebody moved at Cloudflare and nobody has put right yet. */
export interface Drifting {
  /** See `grace.ts`. */
  readonly key: string;
  /** When it was first seen, RFC 3339. */
  readonly since: string;
}

/** What is remembered of one scope. */
export interface ScopeLedger {
  readonly entries: readonly LedgerEntry[];
  readonly creating: readonly OpenCreate[];
  readonly collapse?: Collapse;
  readonly deleted?: readonly Deleted[];
  readonly copies?: Copies;
  readonly challenges?: readonly AskedChallenge[];
  /** Also those that have ended since. */
  readonly pauses?: readonly Pause[];
  readonly drifting?: readonly Drifting[];
}

export const EMPTY_LEDGER: ScopeLedger = { entries: [], creating: [] };

/** A keyed, one-way digest, the same for the same text within one installation. */
export type Fingerprint = (text: string) => string;

/** Whose live job this is: the entry with that id, else the one whose replace has not deleted it yet. */
export function ownerOf({ entries }: ScopeLedger, id: number): LedgerEntry | undefined {
  return entries.find((entry) => entry.id === id) ?? entries.find((entry) => entry.superseded === id);
}
