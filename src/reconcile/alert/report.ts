import type { Labels, Subject } from '../../core/alert/alert.ts';
import type { Reason } from '../../core/alert/reasons.ts';
import { type Fault, faultKey, type Report } from '../../core/alert/standing.ts';
import { type Scope, scopeKey } from '../../core/job/job.ts';
import type { Action, FieldDiff } from '../../core/plan/change.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import { type Scrub, showDifference } from '../../core/render/shown-value.ts';
import type { ReconcileError } from '../errors.ts';
import type { EventOf, EventType } from '../event/events.ts';
import { FAILURE_KINDS, termsOf } from '../failure-kinds.ts';

/** What an event says of what is wrong. */
export interface Sight {
  readonly reports?: readonly Report[];
  /** Faults of which nothing was learnt, by `faultKey`: what is known of them stays as it is. */
  readonly keeps?: readonly string[];
  /** Who has caused these faults, by `faultKey`, where they stand. */
  readonly names?: { readonly faults: readonly string[]; readonly author: string };
  /** What was put right, by `faultKey`, where it stands: what is left to do then. */
  readonly healed?: { readonly fault: string; readonly next: string };
  /** Faults that are over by this event. */
  readonly ends?: (fault: Fault) => boolean;
}

export interface SightTerms {
  /** Takes secrets out of a text that is about to be shown. */
  readonly scrub: Scrub;
  /** The dataset of a job of the manifest, where the pass has planned it. */
  readonly datasetOf: (scope: Scope, job: string) => string | undefined;
  /** As this pass has seen it. */
  readonly isDisabledByCloudflare: (scope: Scope, job: string) => boolean;
}

/** A row for each event that says something of what is wrong. */
export type Rows = { readonly [Type in EventType]?: (event: EventOf<Type>, terms: SightTerms) => Sight };

/** What is wrong, as a row of the table says it. */
export interface About {
  readonly scope?: Scope;
  readonly job?: string;
  readonly id?: number | undefined;
  /** Absent: the job in its scope. */
  readonly key?: string;
  readonly what: string;
  readonly detail?: string;
  readonly next?: string;
  readonly labels?: Labels;
}

/** One thing that is wrong by itself. */
export function about(
  reason: Reason,
  subject: About,
  terms: SightTerms,
): { readonly reports: readonly Report[] } {
  return { reports: [reportOf(reason, subject, terms)] };
}

export function reportOf(
  reason: Reason,
  { scope, job, id, key, what, detail = '', next, labels }: About,
  terms: SightTerms,
  { cause = null, patienceMs = 0 }: Partial<Pick<Report, 'cause' | 'patienceMs'>> = {},
): Report {
  const text = (foreign: string): string => cleanText(terms.scrub(foreign));
  const subject: Subject = {
    key: shownKey(key ?? keyOf(scope, job), terms),
    scope: scope ?? null,
    job: job === undefined ? null : terms.scrub(job),
    jobId: id ?? null,
    what: text(what),
    detail: text(detail),
    next: next ?? null,
    labels: Object.fromEntries(
      Object.entries({ ...labelsOf(scope, job, terms), ...labels }).map(([name, value]) => [
        name,
        text(value),
      ]),
    ),
  };
  return { reason, subject, cause: cause === null ? null : text(cause), patienceMs };
}

/** What a subject is known by is shown as well; all that is compared with it is to be made by this. */
export function shownKey(key: string, { scrub }: Pick<SightTerms, 'scrub'>): string {
  return scrub(key);
}

/** The `faultKey` of a subject that is reported under this key. */
export function keptKey(reason: Reason, key: string, terms: SightTerms): string {
  return faultKey(reason, shownKey(key, terms));
}

function labelsOf(scope: Scope | undefined, job: string | undefined, terms: SightTerms): Labels {
  if (scope === undefined) return {};
  const dataset = job === undefined ? undefined : terms.datasetOf(scope, job);
  return {
    kind: scope.kind,
    [scope.kind]: scope.name,
    ...(job !== undefined && { logpush_job: job }),
    ...(dataset !== undefined && { dataset }),
  };
}

export function keyOf(scope: Scope | undefined, job: string | undefined): string {
  return `${scope === undefined ? '' : scopeKey(scope)}/${job ?? ''}`;
}

export function jobText(scope: Scope, job: string): string {
  return `Logpush job "${job}" in ${scope.name}`;
}

const MOST_FIELDS = 10;

/** As in `: enabled, filter`. */
export function pathsOf(fields: readonly FieldDiff[]): string {
  if (fields.length === 0) return '';
  const paths = fields.slice(0, MOST_FIELDS).map(({ path }) => path);
  return `: ${paths.join(', ')}${fields.length > MOST_FIELDS ? ` and ${fields.length - MOST_FIELDS} more` : ''}`;
}

/** Both sides of each field, where they may be shown. */
export function movesOf(fields: readonly FieldDiff[], { scrub }: SightTerms): string {
  const moves = fields.slice(0, MOST_FIELDS).map((field) => `${field.path}: ${showDifference(field, scrub)}`);
  return moves.length === 0 ? '' : `Cloudflare has -> the manifest wants: ${moves.join('; ')}`;
}

/** As in `was changed at Cloudflare: filter`. */
export function didOf(action: Action, fields: readonly FieldDiff[]): string {
  const [first, ...others] = fields;
  if (first?.path === 'enabled' && others.length === 0)
    return `was ${first.before === true ? 'enabled' : 'disabled'} at Cloudflare`;
  return `was ${DONE[action]} at Cloudflare${pathsOf(fields)}`;
}

const DONE: { readonly [action in Action]: string } = {
  create: 'deleted',
  update: 'changed',
  adopt: 'changed',
  replace: 'changed',
  delete: 'made',
};

/** What to do about a drift. */
const MEANT = 'If it was meant, write it into the manifest, or it will be undone each time.';
export const HEALS = `logpushd puts it right. ${MEANT}`;
export const HEALED = `Nothing, logpushd has put it right. ${MEANT}`;

/** What a person can do about a drift that logpushd leaves, and why it does. */
export function leftAlone(action: Action, target: string, reason: string): string {
  // Where it is left for a while only, that says how to keep it.
  const todo = reason.includes('drift accept') ? '' : `${TODO[action](target)} `;
  return `${todo}logpushd only reports it. ${reason}`;
}

const UNDO_OR_ACCEPT = (target: string): string =>
  `Undo it at Cloudflare; or keep it: run "logpushd drift accept ${target}" and commit the edit.`;
const TODO: { readonly [action in Action]: (target: string) => string } = {
  create: () => 'Make it again at Cloudflare; or, if it is to be gone, take it out of the manifest.',
  update: UNDO_OR_ACCEPT,
  adopt: UNDO_OR_ACCEPT,
  replace: UNDO_OR_ACCEPT,
  delete: () => 'Delete it at Cloudflare; or, if it is to stay, write it into the manifest.',
};

/** What may pass by itself is told only once it has lasted. */
const PATIENT_MS = 5 * 60_000;

/** Failures that are not about one job have one cause, and those that may pass by themselves are waited for. */
export function failing(error: ReconcileError): Pick<Report, 'cause' | 'patienceMs'> {
  const { kind, name } = error;
  if (kind === null) return { cause: null, patienceMs: name === 'UnusableAnswerError' ? PATIENT_MS : 0 };
  const { needsPerson } = termsOf(kind);
  const isShared = kind === 'missing-right' || !needsPerson;
  const cause = isShared ? FAILURE_KINDS[kind].means.replace(/\.$/, '') : null;
  return { cause, patienceMs: needsPerson ? 0 : PATIENT_MS };
}
