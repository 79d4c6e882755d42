import type { Notice } from '../../core/alert/alert.ts';
import { textOf } from '../../core/alert/notice-text.ts';
import { cleanText, markdownText, shorten } from '../../core/render/foreign-text.ts';

/** GitLab allows 255 characters, GitHub 256. */
const LONGEST_TITLE = 255;

/** What finds the issue of an alert again: it stands in the description. */
export function markOf({ alert }: Notice): string {
  return `logpushd-${alert.fingerprint}-${Math.floor(Date.parse(alert.since) / 1000).toString(36)}`;
}

export function issueTitle({ alert }: Notice): string {
  return shorten(cleanText(alert.summary), LONGEST_TITLE - 1);
}

/** No foreign text begins a line, where GitLab would take `/close` for a command. */
export function issueText(notice: Notice): string {
  const { title, facts, items } = textOf(notice);
  return [
    `**${markdownText(title)}**`,
    '',
    ...facts.map(([name, value]) => `- **${name}:** ${markdownText(value)}`),
    ...(items.length === 0 ? [] : ['', ...items.map((item) => `- ${markdownText(item)}`)]),
    '',
    'Kept up to date, and closed, by logpushd.',
    `<!-- ${markOf(notice)} -->`,
  ].join('\n');
}

export const OVER_TEXT = 'logpushd: a later look found it no more, so this is closed.';
