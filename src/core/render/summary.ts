import { isWithoutRoom, type Plan } from '../plan/change.ts';
import type { NewFields } from '../plan/new-fields.ts';
import { isError } from '../problem.ts';
import { cleanText, shorten } from './foreign-text.ts';
import type { LookedAt, PlanReport } from './plan-report.ts';

/** The totals of a report, as in the last line of the text and in `summary` of the JSON. */
export interface Summary {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly adopt: number;
  readonly withheld: number;
  readonly unmanaged: number;
  /** Jobs that somebody changed, made or deleted at Cloudflare, whether they are healed or withheld. */
  readonly drift: number;
}

export function summaryOf(plans: readonly Plan[]): Summary {
  const changes = plans.flatMap((plan) => plan.changes);
  const count = (action: string): number => changes.filter((change) => change.action === action).length;
  const total = (list: (plan: Plan) => readonly unknown[]): number =>
    plans.reduce((sum, plan) => sum + list(plan).length, 0);
  return {
    create: count('create'),
    update: count('update'),
    replace: count('replace'),
    delete: count('delete'),
    adopt: count('adopt'),
    withheld: total((plan) => plan.withheld),
    unmanaged: total((plan) => plan.unmanaged),
    drift: total(driftingJobs),
  };
}

/** The last line: the totals, or that there is nothing to do. */
export function closingLine(report: PlanReport): string {
  if (report.problems.some(isError)) return 'The manifest is refused; nothing was planned.';
  if (report.drift !== undefined) return driftLine(report, report.drift);
  return hasNothingToSay(report) ? noChangesOf(report) : totalsOf(report);
}

function driftLine(report: PlanReport, { jobs, scopes, fields }: LookedAt): string {
  const { drift, withheld } = summaryOf(report.plans);
  const of = fields.length === 0 ? '' : ` of ${fields.map(cleanText).join(', ')}`;
  const lookedAt = `${plural(jobs, 'job')} in ${plural(scopes, 'scope')}`;
  const found =
    drift === 0
      ? `No drift${of}: ${lookedAt} ${jobs === 1 ? 'was' : 'were'} looked at.`
      : `${drift} of ${lookedAt} ${drift === 1 ? 'has' : 'have'} drifted${withheld > 0 ? `, ${withheld} withheld` : ''}.`;
  return [found, ...transformerTotals(report), ...unplanned(report)].join(' ');
}

function totalsOf(report: PlanReport): string {
  const { plans } = report;
  const sum = summaryOf(plans);
  const done = [
    `${sum.create} to create`,
    `${sum.update} to update`,
    ...(sum.adopt > 0 ? [`${sum.adopt} to adopt`] : []),
    `${sum.replace} to replace`,
    `${sum.delete} to delete`,
  ];
  const unverifiable = plans.reduce((all, plan) => all + plan.unverifiable.length, 0);
  const adoptable = plans.reduce((all, plan) => all + plan.adoptable.length, 0);
  const crowded = plans.flatMap(({ changes }) => changes.filter(isWithoutRoom));
  const left = [
    counted(crowded.length, 'without room'),
    counted(sum.withheld, 'withheld'),
    counted(sum.drift, 'drifted'),
    counted(sum.unmanaged, 'unmanaged'),
    counted(unverifiable, 'unverifiable'),
    counted(adoptable, 'taken over without a write'),
    counted(straysIn(plans), 'stray'),
  ].flat();
  const totals = `${done.join(', ')}${left.length > 0 ? `; ${left.join(', ')}` : ''}.`;
  const transformers = transformerTotals(report);
  const refused = report.refusal === null ? [] : ['None of it is written: the guard refuses it.'];
  return [totals, ...transformers, ...refused, ...unplanned(report)].join(' ');
}

/** Of the transformers, where something is to be done about them. */
function transformerTotals({ transformers }: PlanReport): readonly string[] {
  const { plans = [], unreadable = [] } = transformers ?? {};
  const changes = plans.flatMap((plan) => plan.changes);
  const count = (action: string): number => changes.filter((change) => change.action === action).length;
  const parts = [
    counted(count('create'), 'to create'),
    counted(count('update') + count('adopt'), 'to update'),
    counted(count('delete'), 'to delete'),
    counted(plans.flatMap(({ withheld }) => withheld).length, 'withheld'),
    counted(unreadable.length, unreadable.length === 1 ? 'account unreadable' : 'accounts unreadable'),
  ].flat();
  return parts.length === 0 ? [] : [`Transformers: ${parts.join(', ')}.`];
}

/** What a plan that ends with exit code 1 could not decide: a sentence each, with names. */
function unplanned({ plans, unreadable, unresolved }: PlanReport): readonly string[] {
  const blocked = plans.flatMap(({ scope, desired }) =>
    desired.blocked.map(({ name }) => `${name} in ${scope.name}`),
  );
  const unread = unreadable.map(({ scope }) => scope.name);
  const unknown = unresolved.map(({ name }) => name);
  return [
    ...named(blocked, 'job', 'cannot be planned'),
    ...named(unread, 'scope', 'cannot be read'),
    ...named(unknown, 'entry', 'cannot be resolved', 'entries'),
  ];
}

const MOST_NAMES = 3;

function named(names: readonly string[], one: string, what: string, many = `${one}s`): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, MOST_NAMES).map((name) => cleanText(shorten(name, 80)));
  const rest = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const count = `${names.length} ${names.length === 1 ? one : many}`;
  return [`${count} ${what}: ${shown.join(', ')}${rest}.`];
}

function noChangesOf({ plans, isApplied = false }: PlanReport): string {
  const done = (count: number): string =>
    isApplied
      ? `${count} of them not owned before: taken over without a write.`
      : `${count} of them not owned yet: the next apply takes ${count === 1 ? 'it' : 'them'} over without a write.`;
  const jobs = plans.reduce((sum, plan) => sum + plan.paired.length, 0);
  const adoptable = plans.reduce((sum, plan) => sum + plan.adoptable.length, 0);
  const unmanaged = plans.reduce((sum, plan) => sum + plan.unmanaged.length, 0);
  const unseen = plans.reduce((sum, plan) => sum + plan.unverifiable.length, 0);
  return [
    `No changes. ${plural(jobs, 'job')} in ${plural(plans.length, 'scope')} ${jobs === 1 ? 'is' : 'are'} as the manifest says.`,
    ...(adoptable > 0 ? [done(adoptable)] : []),
    ...(straysIn(plans) > 0
      ? [`${straysIn(plans)} of all live jobs send logs to where guard.allowed_destinations allows none to.`]
      : []),
    ...(unseen > 0 ? [`${unseen} of them with values that Cloudflare does not show.`] : []),
    ...(unmanaged > 0 ? [`${plural(unmanaged, 'job')} unmanaged.`] : []),
  ].join(' ');
}

function straysIn(plans: readonly Plan[]): number {
  return plans.reduce((sum, plan) => sum + plan.strays.length, 0);
}

function hasNothingToSay(report: PlanReport): boolean {
  const { plans, unreadable, unresolved, refusal } = report;
  if (transformerTotals(report).length > 0) return false;
  const isQuiet = plans.every(({ changes, withheld }) => changes.length === 0 && withheld.length === 0);
  return isQuiet && unreadable.length === 0 && unresolved.length === 0 && refusal === null;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function counted(count: number, what: string): readonly string[] {
  return count > 0 ? [`${count} ${what}`] : [];
}

/** A job of which a part is written and a part withheld is one job. */
function driftingJobs({ changes, withheld }: Plan): readonly string[] {
  const ids = [
    ...changes.map((change) => ({ of: change, id: change.action === 'create' ? '' : change.live.id })),
    ...withheld.map((each) => ({ of: each, id: each.id ?? '' })),
  ];
  const drifting = ids.filter(
    ({ of }) => isDrift(of.class) || of.fields.some((field) => isDrift(field.class)),
  );
  return [...new Set(drifting.map(({ of, id }) => `${of.name} ${id}`))];
}

function isDrift(whose: string): boolean {
  return whose === 'drift' || whose === 'conflict';
}

/** One sentence on what Cloudflare lists by now, and how to have it. */
export function newFieldsLine({ kind, dataset, fields, jobs }: NewFields): string {
  const names = fields.map(cleanText).join(', ');
  return (
    `New at Cloudflare: ${plural(fields.length, 'field')} of ${cleanText(dataset)} that ${plural(jobs, 'job')} in ${kind}s ` +
    `${jobs === 1 ? 'does' : 'do'} not have: ${names}. "logpushd fields --lock" takes them, as a change to review.`
  );
}
