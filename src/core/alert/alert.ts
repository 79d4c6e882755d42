import { createHash } from 'node:crypto';
import type { Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { cleanText } from '../render/foreign-text.ts';
import { type Reason, type Severity, termsOf } from './reasons.ts';

export type Labels = { readonly [name: string]: string };

/** One thing that is wrong. Several with one cause make one alert. */
export interface Subject {
  /** The same for the same thing, as in `zone.0123…/http`; unique within a reason. */
  readonly key: string;
  readonly scope: Scope | null;
  /** As the manifest or Cloudflare calls it; null where it is not about a job. */
  readonly job: string | null;
  readonly jobId: number | null;
  /** One sentence without a full stop: the summary where nothing else is wrong for this cause. */
  readonly what: string;
  /** More about it, as the fields that moved or the error; may be empty. */
  readonly detail: string;
  /** What to do; null where the reason says enough. */
  readonly next: string | null;
  readonly labels: Labels;
}

/** What is told of one cause: the one type that every receiver gets. Texts are clean of secrets, but foreign. */
export interface Alert {
  /** 16 hexadecimal digits, the same as long as it stands, and over restarts. */
  readonly fingerprint: string;
  readonly reason: Reason;
  readonly severity: Severity;
  /** One line. */
  readonly summary: string;
  readonly detail: string;
  readonly next: string;
  /** Where more about it is written; absent where the settings do not say. */
  readonly runbook?: string;
  /** On which all subjects agree. */
  readonly labels: Labels;
  /** How many things are wrong; {@link subjects} are the first of them. */
  readonly count: number;
  readonly subjects: readonly Subject[];
  /** RFC 3339: since when. */
  readonly since: string;
}

/** One message about an alert. */
export interface Notice {
  /** The same however often it is sent. */
  readonly id: string;
  readonly status: 'firing' | 'resolved';
  /** RFC 3339: when there was something to tell. */
  readonly at: string;
  readonly alert: Alert;
}

/** Things that are wrong for one cause. */
export interface Group {
  readonly fingerprint: string;
  readonly reason: Reason;
  readonly cause: string | null;
  readonly since: string;
  readonly subjects: readonly Subject[];
}

const MOST_SUBJECTS = 20;

/** What a receiver is told of a group: all of it, or the part that it is for. */
export function alertOf(group: Group, subjects = group.subjects): Alert {
  const { fingerprint, reason, cause, since } = group;
  const terms = termsOf(reason);
  const sorted = subjects.toSorted((a, b) => compareText(a.key, b.key));
  const [first] = sorted;
  const isOne = sorted.length === 1 && first !== undefined;
  const details = new Set(sorted.map(({ detail }) => detail));
  const nexts = new Set(sorted.map(({ next }) => next ?? terms.next));
  const [detail = ''] = details;
  const [next = terms.next] = nexts;
  return {
    fingerprint,
    reason,
    severity: terms.severity,
    summary: cleanText(isOne ? first.what : terms.many(sorted.length, cause)),
    detail: details.size === 1 || cause !== null ? detail : '',
    next: nexts.size === 1 ? next : terms.next,
    labels: commonLabels(sorted),
    count: sorted.length,
    subjects: sorted.slice(0, MOST_SUBJECTS),
    since,
  };
}

function commonLabels(subjects: readonly Subject[]): Labels {
  const [first, ...others] = subjects;
  return Object.fromEntries(
    Object.entries(first?.labels ?? {}).filter(([name, value]) =>
      others.every(({ labels }) => Object.hasOwn(labels, name) && labels[name] === value),
    ),
  );
}

/** Names an alert by what it is about, so that a restart gives the same thing the same name. */
export function fingerprintOf(reason: Reason, about: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([reason, ...about.toSorted(compareText)]))
    .digest('hex')
    .slice(0, 16);
}

/** @param times how often it was told before */
export function noticeOf(alert: Alert, status: Notice['status'], at: number, times = 0): Notice {
  const began = Math.floor(Date.parse(alert.since) / 1000).toString(36);
  const again = times === 0 ? '' : `.${times}`;
  return {
    id: `${alert.fingerprint}.${began}.${status}${again}`,
    status,
    at: new Date(at).toISOString(),
    alert,
  };
}
