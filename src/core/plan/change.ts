import type { DesiredJob, DesiredScope, JobFields, LiveJob, Scope } from '../job/job.ts';
import type { Origin } from '../problem.ts';
import type { Stray } from './stray.ts';
import type { Collapse, Copies, OldHalf, OpenCreate } from './ledger-entry.ts';

/**
 * Why live and desired differ: the manifest moved (`pending`), live moved (`drift`), both (`conflict`), or the
 * live value cannot be seen (`unverifiable`).
 */
export type DifferenceClass = 'pending' | 'drift' | 'conflict' | 'unverifiable';

/** What may be shown of a value. A secret shows neither side. */
export type Shown = string | number | boolean | null | readonly Shown[] | { readonly [key: string]: Shown };

/** One field in which live and desired differ in meaning. */
export interface FieldDiff {
  /** As in `enabled`, `output_options.sample_rate`, `destination_conf` or `destination_conf.secret-access-key`. */
  readonly path: string;
  readonly class: DifferenceClass;
  readonly secret: boolean;
  /** The live side; null when there is none. Always null for a secret. */
  readonly before: Shown;
  /** The desired side. Always null for a secret. */
  readonly after: Shown;
}

/** Whether it is a part of the destination, which is one string and is written whole. */
export function isOfDestination({ path }: Pick<FieldDiff, 'path'>): boolean {
  return path === 'destination_conf' || path.startsWith('destination_conf.');
}

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'adopt';

/** That live and desired differ, of a job or of what belongs to one. */
export interface Difference<Field = FieldDiff> {
  readonly name: string;
  readonly class: DifferenceClass;
  /** One sentence: why this change, in the words of the manifest; or what withholds it, and what would allow it. */
  readonly reason: string;
  readonly fields: readonly Field[];
  readonly origin?: Origin;
}

/** One step from live to desired. Plain data: it can be saved, compared and shown. */
export type Change =
  | (Difference & {
      readonly action: 'create';
      readonly desired: DesiredJob;
      readonly body: JobFields;
      /** The zone has as many jobs by then as Cloudflare usually allows. */
      readonly lacksRoom?: true;
    })
  | (Difference & {
      /** `adopt` is an update that also takes an unowned job into the ledger. */
      readonly action: 'update' | 'adopt';
      readonly desired: DesiredJob;
      readonly live: LiveJob;
      /** What PUT sends: only the top-level keys that differ; `output_options` whole, merged with live keys. */
      readonly body: JobFields;
      /** Cloudflare has disabled it, so this is sent only if its destination passes a test. */
      readonly reenables?: true;
    })
  | (Difference & {
      readonly action: 'replace';
      readonly desired: DesiredJob;
      readonly live: LiveJob;
      readonly body: JobFields;
      readonly oldGoes: OldGoes;
    })
  | (Difference & {
      readonly action: 'delete';
      readonly live: LiveJob;
      /** The new job that needs its place, in a zone that has no other. */
      readonly makesRoomFor?: Successor;
      /** The job of the same name that stays, a copy or what it was replaced by: nothing is lost with this one. */
      readonly keeps?: LiveJob;
    });

/** A replace that deletes the old job before the new one is made: logs of the moments between are lost. */
export function isGap(change: Change): change is Change & { readonly action: 'replace' } {
  return change.action === 'replace' && change.oldGoes === 'first';
}

/** A create that Cloudflare refuses, unless the contract of the zone allows more jobs. */
export function isWithoutRoom(change: Change): boolean {
  return change.action === 'create' && change.lacksRoom === true;
}

/** A job that is made once another one has gone. */
export interface Successor {
  readonly name: string;
  readonly desired: DesiredJob;
  readonly body: JobFields;
}

/**
 * When the old job of a replace is deleted: `first`, because the zone has no room for both, with a gap; `next`,
 * right after the new one is made; `later`, by a pass that finds the new one delivering.
 */
export type OldGoes = 'first' | 'next' | 'later';

/** A change, or part of one, that was not planned although live and desired differ. Always says why. */
export interface Withheld extends Difference {
  readonly action: Action;
  readonly id?: number;
  /** What a person approves to let exactly this through. */
  readonly digest?: string;
  /** Set where it would be healed, were it not undone each time. */
  readonly fight?: Fight;
  /** RFC 3339: when it is written all the same, unless it is right by then. */
  readonly until?: string;
  /** Set where nothing but this is missing. */
  readonly waitsFor?: 'challenge';
}

/** Somebody else undoes again and again what is put right. */
export interface Fight {
  /** How often it was put right. */
  readonly times: number;
  /** RFC 3339: since when. */
  readonly since: string;
  /** RFC 3339: when it is tried again. */
  readonly until: string;
}

/** A desired job and the live job it is, and the old half that the ledger entry has to remember. */
export interface Pairing extends OldHalf {
  readonly desired: DesiredJob;
  readonly live: LiveJob;
}

/** Everything decided about one scope. */
export interface Plan {
  readonly scope: Scope;
  readonly desired: DesiredScope;
  /** In the order in which they are to be written. */
  readonly changes: readonly Change[];
  readonly withheld: readonly Withheld[];
  /** Live jobs that are neither in the manifest nor owned; left alone. */
  readonly unmanaged: readonly LiveJob[];
  /** Managed fields whose live value the API does not show; counted as neither pending nor drift. */
  readonly unverifiable: readonly {
    readonly name: string;
    readonly id: number;
    readonly fields: readonly FieldDiff[];
  }[];
  /** Unowned jobs that the pass takes into the ledger with nothing to write: they already are as desired, or ours. */
  readonly adoptable: readonly Pairing[];
  /** Every pairing of this scope, in sync or not: what status and the ledger are made of. */
  readonly paired: readonly Pairing[];
  readonly live: readonly LiveJob[];
  /** The manifest does not mention the scope any more, so it was not looked at: `live` says nothing. */
  readonly isForsaken?: true;
  /** Live jobs that deliver to where the settings allow none to. */
  readonly strays: readonly Stray[];
  readonly doubts: Doubts;
  /** When something that is withheld now may be written, milliseconds since the epoch. */
  readonly lookAgainAt?: number;
}

/** What stays open after this look at a scope. */
export interface Doubts {
  readonly creating: readonly OpenCreate[];
  readonly collapse?: Collapse;
  readonly copies?: Copies;
  /** The collapse is not believed yet: nothing is created, deleted or forgotten. */
  readonly isCollapseDoubted: boolean;
  /** When the next look helps to decide, in milliseconds since the epoch; absent when nothing is waited for. */
  readonly lookAt?: number;
}
