import type { Notice } from '../../core/alert/alert.ts';
import { issueText, issueTitle, markOf, OVER_TEXT } from './issue-text.ts';
import {
  type Delivery,
  type HttpAnswer,
  type HttpRequest,
  json,
  NotDelivered,
  type Receiver,
} from './receiver.ts';
import type { IssueSpec } from './receiver-spec.ts';

/** What GitHub and GitLab call differently. Paths begin at the issues of the project. */
export interface Tracker {
  /** Address of the issues of the project. */
  readonly base: (url: string, repository: string) => string;
  readonly headers: (token: string) => Readonly<Record<string, string>>;
  /** Query of the list of all issues, open or not, that changed since then. */
  readonly changedSince: (time: string) => string;
  readonly numberKey: string;
  readonly textKey: string;
  readonly labels: (labels: readonly string[]) => unknown;
  readonly updates: HttpRequest['method'];
  readonly closed: Readonly<Record<string, string>>;
  readonly comments: string;
}

const PAGE = 100;
const MOST_PAGES = 10;
/** The clock of the other side may be behind ours. */
const SKEW_MS = 24 * 3_600_000;

/**
 * An issue an alert: made, kept up to date, closed. It is looked for each time, in the list and not by a search, which
 * would find it later; so an answer that was lost makes no second issue. One that a person has closed stays closed.
 */
export function issueReceiver(tracker: Tracker): Receiver<IssueSpec> {
  return {
    most: 1,
    async deliver([notice], spec, delivery) {
      if (notice === undefined) return '';
      const call = callerOf(tracker, spec, delivery);
      const found = await find(tracker, notice, call);
      const content = { title: issueTitle(notice), [tracker.textKey]: issueText(notice) };
      if (notice.status === 'firing') {
        if (found !== null) await call(tracker.updates, `/${found.number}`, content);
        return found === null
          ? `issue ${await make(tracker, call, { ...content, labels: tracker.labels(spec.issueLabels) })} was made`
          : `issue ${found.number} was updated`;
      }
      if (found === null) return 'there is no issue to close';
      if (!found.isOpen) return `issue ${found.number} is closed already`;
      // Whatever fails is tried again as a whole: the comment comes last, or there would be one for each try.
      await call(tracker.updates, `/${found.number}`, { ...content, ...tracker.closed });
      await call('POST', `/${found.number}${tracker.comments}`, { body: OVER_TEXT });
      return `issue ${found.number} was closed`;
    },
  };
}

type Call = (method: HttpRequest['method'], path: string, body?: object) => Promise<unknown>;

function callerOf(
  tracker: Tracker,
  { url, token, repository }: IssueSpec,
  { reveal, exchange }: Delivery,
): Call {
  const base = tracker.base(reveal(url), repository);
  const own = tracker.headers(reveal(token));
  return async (method, path, body) => {
    const content = body === undefined ? { headers: {} } : json(body);
    return parsed(
      await exchange({ method, url: base + path, ...content, headers: { ...own, ...content.headers } }),
    );
  };
}

async function find(
  { changedSince, numberKey, textKey }: Tracker,
  notice: Notice,
  call: Call,
): Promise<{ readonly number: number; readonly isOpen: boolean } | null> {
  const mark = `<!-- ${markOf(notice)} -->`;
  const since = new Date(Date.parse(notice.alert.since) - SKEW_MS).toISOString();
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = `${changedSince(encodeURIComponent(since))}&per_page=${PAGE}&page=${page}`;
    const issues = await call('GET', `?${query}`);
    if (!Array.isArray(issues)) throw unexpected('a list of issues');
    const issue = issues.find((one: unknown) => String(field(one, textKey)).includes(mark));
    if (issue !== undefined) {
      const isOpen = field(issue, 'state') !== 'closed';
      return { number: Number(field(issue, numberKey)), isOpen };
    }
    if (issues.length < PAGE) return null;
  }
  throw new NotDelivered(
    'settings',
    `more than ${MOST_PAGES * PAGE} issues changed since ${since}, and the one of this alert is not among the first; set repository to one that is less busy`,
  );
}

async function make({ numberKey }: Tracker, call: Call, content: object): Promise<number> {
  const number = field(await call('POST', '', content), numberKey);
  if (typeof number === 'number') return number;
  throw unexpected('the issue that was made');
}

function unexpected(what: string): NotDelivered {
  return new NotDelivered('settings', `the answer is not ${what}; look at url and repository`);
}

function parsed({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
