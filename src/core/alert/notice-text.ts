import { minuteText } from '../minute.ts';
import { cleanText, shorten } from '../render/foreign-text.ts';
import type { Notice } from './alert.ts';
import { SEVERITIES } from './reasons.ts';

/** A notice in words, for receivers that people read. Foreign texts in it are clean and short, but not yet escaped. */
export interface NoticeText {
  /** As in `CRITICAL: s3://acme-logs refuses what Cloudflare writes, for 12 jobs`. */
  readonly title: string;
  /** Named facts, in the order of reading. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What is wrong, one by one, where it is more than one thing. */
  readonly items: readonly string[];
}

const MOST_ITEMS = 10;

export function textOf({ status, at, alert }: Notice): NoticeText {
  const { severity, summary, detail, next, reason, since, labels, subjects, count, runbook = '' } = alert;
  const isOver = status === 'resolved';
  const facts = [
    ['What', cleanText(detail)],
    ['Do', isOver ? '' : cleanText(next)],
    ['Runbook', isOver ? '' : runbook],
    ['Dataset', cleanText(labels['dataset'] ?? '')],
    ['Destination', cleanText(labels['destination'] ?? '')],
    ['Since', minuteText(since)],
    ['Over', isOver ? minuteText(at) : ''],
    ['Reason', reason],
  ] as const;
  const items = count === 1 ? [] : subjects.slice(0, MOST_ITEMS).map(({ what }) => cleanText(what));
  return {
    title: cleanText(`${isOver ? 'RESOLVED' : severity.toUpperCase()}: ${summary}`),
    facts: facts.filter(([, value]) => value !== ''),
    items: count > items.length && items.length > 0 ? [...items, `and ${count - items.length} more`] : items,
  };
}

/** One line about several notices together: how many there are, and the weightiest of them. */
export function headlineOf(notices: readonly Notice[]): string {
  const [first] = notices.toSorted((a, b) => weightOf(b) - weightOf(a));
  if (first === undefined) return '';
  const more = notices.length === 1 ? '' : ` (and ${notices.length - 1} more)`;
  return `${shorten(textOf(first).title, 200)}${more}`;
}

function weightOf({ status, alert }: Notice): number {
  return status === 'resolved' ? -1 : SEVERITIES.indexOf(alert.severity);
}

/** Without any markup, a line for each fact. */
export function plainText(notice: Notice): string {
  const { title, facts, items } = textOf(notice);
  return [
    title,
    ...facts.map(([name, value]) => `${name}: ${value}`),
    ...items.map((item) => `- ${item}`),
  ].join('\n');
}
