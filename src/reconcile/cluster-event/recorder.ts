import { printableText } from '../../core/render/foreign-text.ts';
import type { Scrub } from '../../core/render/shown-value.ts';
import { clippedNote } from './note.ts';
import { type EventReason, eventTermsOf } from './reasons.ts';
import type { Told } from './table.ts';

/** An object of the cluster that an Event is about. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Without it "kubectl describe" does not show the Event. */
  readonly uid?: string;
}

/** What an Event is about. */
export interface About {
  readonly regarding: ClusterObject;
  readonly related?: ClusterObject;
}

/** An Event, ready to be made. */
export interface ClusterEvent extends About {
  readonly name: string;
  readonly reason: EventReason;
  readonly type: 'Normal' | 'Warning';
  readonly action: string;
  readonly note: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** An Event that stands for several of one kind. */
export interface Series {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
}

/** What is to be sent: an Event to be made, or with a series one to be counted up. */
export interface Delivery {
  readonly event: ClusterEvent;
  readonly series?: Series;
}

export interface RecorderTerms {
  /** A name that no other Event has. */
  readonly newName: () => string;
  readonly scrub: Scrub;
}

const MINUTE_MS = 60_000;
/** As client-go does by itself. */
const BURST = 25;
const REFILL_MS = 5 * MINUTE_MS;
const SIMILAR_MOST = 10;
const SIMILAR_WITHIN_MS = 10 * MINUTE_MS;
/** Counts may wait; so much of the burst is left for what is new. */
const RESERVED = 10;
/** The API server forgets an Event after an hour. */
const FORGOTTEN_MS = 60 * MINUTE_MS;
const MOST_KNOWN = 1_000;

/** An Event of which more may come. */
interface Standing {
  readonly event: ClusterEvent;
  count: number;
  lastAt: number;
  sentAt: number;
  isCounted: boolean;
}

/**
 * Decides what becomes of what is told: an Event of its own, one more of a series, or nothing. The same again, and more than 10
 * alike in 10 minutes, are a series. An object gets 25 at once and then one in 5 minutes. Pure: the time comes with each call.
 */
export class EventRecorder {
  readonly #terms: RecorderTerms;
  readonly #standing = new Map<string, Standing>();
  /** When Events that are alike were made. */
  readonly #made = new Map<string, readonly number[]>();
  readonly #tokens = new Map<string, { count: number; at: number }>();

  constructor(terms: RecorderTerms) {
    this.#terms = terms;
  }

  /** Null: it is counted, or not told: then `limited`. */
  record(
    { reason, note: text }: Told,
    { regarding, related }: About,
    now: number,
  ): Delivery | 'limited' | null {
    const note = printableText(this.#terms.scrub(text));
    const alike = keyOf(reason, regarding);
    const same = `${alike} ${note}`;
    if (this.#counts(same, now, FORGOTTEN_MS)) return null;
    const isMany = this.#madeLately(alike, now).length >= SIMILAR_MOST;
    if (isMany && this.#counts(alike, now, SIMILAR_WITHIN_MS)) return null;
    if (!this.#take(objectKey(regarding), now, 0)) return 'limited';
    const { type, action } = eventTermsOf(reason);
    const shown = clippedNote(isMany ? `${MANY} ${note}` : note);
    const named = { name: this.#terms.newName(), reason, type, action, note: shown, regarding, at: now };
    const event = related === undefined ? named : { ...named, related };
    remember(this.#standing, isMany ? alike : same, {
      event,
      count: 1,
      lastAt: now,
      sentAt: now,
      isCounted: true,
    });
    remember(this.#made, alike, [...this.#madeLately(alike, now), now]);
    return { event };
  }

  /** The series that have grown since they were sent, as far as they may be sent now. */
  grown(now: number): readonly Delivery[] {
    const due = [...this.#standing.values()].filter(({ isCounted }) => !isCounted);
    return due.flatMap((standing) => {
      const { event, count, lastAt } = standing;
      if (!this.#take(objectKey(event.regarding), now, RESERVED)) return [];
      standing.isCounted = true;
      standing.sentAt = now;
      return [{ event, series: { count, lastAt } }];
    });
  }

  /** One more of what stands, unless that was too long ago. */
  #counts(key: string, now: number, withinMs: number): boolean {
    const standing = this.#standing.get(key);
    if (standing === undefined || now - standing.lastAt >= withinMs || now - standing.sentAt >= FORGOTTEN_MS)
      return false;
    standing.count += 1;
    standing.lastAt = now;
    standing.isCounted = false;
    return true;
  }

  #madeLately(alike: string, now: number): readonly number[] {
    return (this.#made.get(alike) ?? []).filter((at) => now - at < SIMILAR_WITHIN_MS);
  }

  #take(object: string, now: number, reserved: number): boolean {
    const { count, at } = this.#tokens.get(object) ?? { count: BURST, at: now };
    const filled = Math.min(BURST, count + (now - at) / REFILL_MS);
    const isAllowed = filled - reserved >= 1;
    remember(this.#tokens, object, { count: isAllowed ? filled - 1 : filled, at: now });
    return isAllowed;
  }
}

const MANY = 'One of more than 10 such in 10 minutes; the others are only counted:';

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_KNOWN && oldest !== undefined) map.delete(oldest);
}

function keyOf(reason: EventReason, regarding: ClusterObject): string {
  return `${reason} ${objectKey(regarding)}`;
}

function objectKey({ kind, namespace, name, uid = '' }: ClusterObject): string {
  return JSON.stringify([kind, namespace, name, uid]);
}
