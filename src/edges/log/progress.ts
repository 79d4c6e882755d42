import { missingRight } from './drift-lines.ts';
import { type Attribution, attributionText } from '../../core/audit/attribution.ts';
import { credentialText, endText, isUrgent } from '../../core/credential/expiry.ts';
import { whyStray } from '../../core/plan/stray.ts';
import { gapText } from '../../core/health/gap.ts';
import { healthWords, isTrouble } from '../../core/health/health.ts';
import type { TransformerPlan } from '../../core/transformer/change.ts';
import type { Scope } from '../../core/job/job.ts';
import type { Change, FieldDiff, Plan } from '../../core/plan/change.ts';
import { targetOf, whyPaused } from '../../core/plan/pause.ts';
import { isError, type Problem } from '../../core/problem.ts';
import { newFieldsLine } from '../../core/render/summary.ts';
import { type ReconcileError, timeOf } from '../../reconcile/errors.ts';
import type { EventOf, EventType, ReconcileEvent } from '../../reconcile/event/events.ts';
import { ALERT_TEXTS } from './alert-lines.ts';
import { count, type Shop, type ShopTerms, shopWith } from './shop.ts';
import { INDENT, startText } from './start-text.ts';
import { TRACE_TEXTS } from './trace-lines.ts';

/** What a person at a terminal reads of an event; undefined for what only a program wants to know. */
export type Progress = (event: ReconcileEvent) => string | undefined;

export function createProgress(terms: ShopTerms): Progress {
  const shop = shopWith(terms);
  return (event) => textOf(event.type, event, shop);
}

function textOf<Type extends EventType>(type: Type, event: EventOf<Type>, shop: Shop): string | undefined {
  return TEXTS[type](event, shop);
}

const TEXTS: { readonly [Type in EventType]: (event: EventOf<Type>, shop: Shop) => string | undefined } = {
  'daemon.started': startText,
  'daemon.watching': ({ paths, schedule }, { bold, clean }) =>
    `${bold('watching')} ${paths.map(clean).join(', ')}; full sweep at ${clean(schedule)}; Ctrl-C stops`,
  'daemon.stopping': ({ reason }, { clean }) => `stopping: ${clean(reason)}`,
  'manifest.accepted': ({ revision, jobs, scopes, files, warnings }, shop) => {
    const counts = `${count(jobs, 'job')} in ${count(scopes, 'entry', 'entries')}, ${count(files, 'file')}`;
    return `manifest ${shop.bold(revision)}: ${counts}${problemLines(warnings, shop)}`;
  },
  'manifest.rejected': ({ revision, problems }, shop) =>
    `manifest ${shop.bold(revision)} ${shop.red('has errors')} and is not used` +
    problemLines(problems, shop),
  'manifest.warned': ({ revision, warnings }, shop) =>
    warnings.length === 0
      ? undefined
      : `manifest ${shop.bold(revision)} has ${count(warnings.length, 'warning')}${problemLines(warnings, shop)}`,
  'manifest.unreadable': errorText,
  'manifest.unwatched': errorText,
  'manifest.watched': ({ place }, { green, clean }) => `${green('watched again')}: ${clean(place)}`,
  'scopes.known': () => undefined,
  'pass.started': () => undefined,
  'pass.failed': errorText,
  'pass.refused': ({ refusal }, { red, clean }) =>
    `${red('refused, nothing was written')}: ${clean(refusal.reason)}` +
    refusal.jobs.map((job) => INDENT + clean(job)).join(''),
  'pass.approved': ({ digest, refusal }, { yellow, clean }) =>
    `${yellow('approved')}: the plan ${clean(digest)}, of ${count(refusal.jobs.length, 'removal')}`,
  'pass.finished': finishText,
  'scope.planned': ({ plan }, shop) => planText(plan, shop),
  'scope.unreadable': errorText,
  'scope.unresolved': ({ name, reason }, { bold, yellow, clean }) =>
    `${bold(clean(name))} ${yellow('skipped')}: ${clean(reason)}`,
  'drift.found': ({ scope, job, action, id, fields, heals, attribution }, shop) => {
    const { did, remedy } = DRIFTS[action];
    const what = `${jobText(scope, job, id, shop)} was ${did} behind our back`;
    const how = `${heals ? remedy : 'only reported'}${byText(attribution, shop)}${fieldLines(fields, shop)}`;
    return `${shop.yellow('drift')}: ${what}; ${how}`;
  },
  'drift.fought': ({ scope, job, id, fight, attribution }, shop) =>
    `${shop.yellow('fought')}: ${jobText(scope, job, id, shop)} was put right ${fight.times} times in a row and ` +
    `undone each time; it is tried once an hour from now on${byText(attribution, shop)}`,
  'drift.attributed': ({ scope, job, action, id, attribution }, shop) =>
    `${shop.yellow('drift')}: ${jobText(scope, job, id, shop)} was ${DRIFTS[action].did}${byText(attribution, shop)}`,
  'pushes.read': () => undefined,
  'pushes.failed': ({ scopes, error }, { yellow, clean }) =>
    `${yellow('pushes not readable')} of ${count(scopes.length, 'scope')}: ${clean(error.message)}`,
  'pushes.resumed': () => 'pushes readable again',
  'audit.read': () => undefined,
  'audit.failed': ({ account, error }, { yellow, clean }) =>
    `${yellow('audit log not readable')}: ${clean(`${account?.name ?? ''} ${missingRight(error) ?? error.message}`)}`,
  'audit.resumed': ({ account }, { clean }) => `audit log readable again: ${clean(account?.name ?? 'all')}`,
  'stray.found': ({ scope, stray }, shop) =>
    `${shop.yellow('stray')}: ${jobText(scope, stray.name, stray.id, shop)}: ${shop.clean(whyStray(stray))}`,
  'fields.new': ({ found }, { clean }) => clean(newFieldsLine(found)),
  'job.adopted': ({ scope, job }, shop) =>
    `${shop.green('adopted')} ${jobText(scope, job.name, job.id, shop)}, already as wanted`,
  'change.applied': ({ scope, change, id, durationMs }, shop) =>
    `${shop.green(DONE[change.action])} ${jobText(scope, change.name, id, shop)} ${shop.dim(`(${durationMs} ms)`)}`,
  'change.failed': errorText,
  'change.parked': errorText,
  'challenge.requested': ({ destination, filename }, { bold, clean }) =>
    `challenge for ${bold(clean(destination))} requested: Cloudflare wrote ${clean(filename)}`,
  'challenge.passed': ({ destination }, { green, bold, clean }) =>
    `${green('challenge passed')}: ${bold(clean(destination))} is ours`,
  'destination.held': ({ destination, jobs, error, retryAt }, { red, bold, clean }) =>
    `${red('held')}: nothing is written to ${bold(clean(destination))}, as ${count(jobs, 'job')} were refused because of ` +
    `it; one write tries it again at ${timeOf(retryAt)}: ${clean(error.message)}`,
  'destination.released': ({ destination }, { green, bold, clean }) =>
    `${green('released')}: ${bold(clean(destination))} takes jobs again`,
  'transformers.planned': ({ plan }, shop) => transformersText(plan, shop),
  'transformers.unreadable': errorText,
  'transformer.applied': ({ scope, change, id, durationMs }, shop) =>
    `${shop.green(DONE[change.action])} transformer ${jobText(scope, change.name, id, shop)} ${shop.dim(`(${durationMs} ms)`)}`,
  'transformer.failed': errorText,
  'transformer.parked': errorText,
  'transformer.skipped': ({ scope, change, reason }, { bold, yellow, clean }) =>
    `${yellow('not done')}: ${change.action} transformer ${bold(clean(change.name))} in ${clean(scope.name)}: ${clean(reason)}`,
  'token.refused': ({ error, retryAt }, { red, clean }) =>
    `${red('token refused')}: ${clean(error.message)} One call tries it again at ${timeOf(retryAt)}.`,
  'pause.began': ({ scope, pause }, { yellow, clean }) =>
    `${yellow('paused')}: ${clean(whyPaused(pause, scope))}`,
  'pause.ended': ({ scope, pause, early }, { green, clean }) =>
    `${green(early ? 'resumed' : 'pause has ended')}: ${clean(targetOf(pause, scope))}`,
  'pause.standing': ({ scope, pause }, { yellow, clean }) =>
    `${yellow('still paused')}: ${clean(whyPaused(pause, scope))}`,
  'leader.standby': ({ holder }, { dim, clean }) =>
    dim(holder === '' ? 'nobody leads yet' : `standing by: ${clean(holder)} leads`),
  'leader.elected': ({ quietMs }, { green }) =>
    green(quietMs > 0 ? `leading; writing in ${Math.ceil(quietMs / 1000)} s` : 'leading'),
  'leader.lost': ({ reason }, { yellow, clean }) => `${yellow('leading no more')}: ${clean(reason)}`,
  'leader.released': (_, { dim }) => dim('Lease given back'),
  'leader.ended': () => undefined,
  'lease.renewed': () => undefined,
  'lease.failed': errorText,
  'write.fenced': () => undefined,
  'token.accepted': (_, { green }) => green('token accepted again'),
  'change.skipped': ({ scope, change, reason }, { bold, yellow, clean }) =>
    `${yellow('not done')}: ${change.action} ${bold(clean(change.name))} in ${clean(scope.name)}: ${clean(reason)}`,
  'ledger.failed': errorText,
  'scope.health': () => undefined,
  'health.changed': healthText,
  'gap.began': ({ scope, job, id, gap }, shop) =>
    `${shop.yellow('gap')}: ${jobText(scope, job, id ?? undefined, shop)}${INDENT}${gapText(gap)}`,
  'gap.ended': ({ scope, job, id, gap }, shop) =>
    `gap over: ${jobText(scope, job, id ?? undefined, shop)}${INDENT}${gap.isLost ? shop.red(gapText(gap)) : gapText(gap)}`,
  'reenable.tried': ({ scope, job, id, passed, said, nextAt }, shop) =>
    passed
      ? `${shop.green('destination passes')}: ${jobText(scope, job, id, shop)} is enabled again`
      : `${shop.yellow('destination fails')}: ${jobText(scope, job, id, shop)} stays disabled, next try at ${nextAt}${INDENT}${shop.clean(said)}`,
  'record.unsaved': errorText,
  'record.saved': ({ what }, { green }) => green(`${what} saved again`),
  'record.damaged': errorText,
  'scope.credentials': () => undefined,
  'token.examined': () => undefined,
  'credential.expiring': ({ credential }, { red, yellow, clean }) =>
    `${(isUrgent(credential) ? red : yellow)('credential')}: ${clean(`${credentialText(credential)} ${endText(credential)}`)}`,
  ...ALERT_TEXTS,
  'alert.unsaved': errorText,
  'kubernetes-event.settled': () => undefined,
  'kubernetes-events.failing': errorText,
  'kubernetes-events.resumed': (_, { green }) => green('Kubernetes takes Events again'),
  ...TRACE_TEXTS,
  'invariant.violated': ({ error }, { red, clean }) => `${red('a bug was caught')}: ${clean(error.message)}`,
};

function errorText({ error }: { readonly error: ReconcileError }, { clean }: Shop): string {
  return clean(error.message);
}

const CHANGED = { did: 'changed', remedy: 'healing it' };

const DRIFTS: { readonly [action in Change['action']]: { readonly did: string; readonly remedy: string } } = {
  create: { did: 'deleted', remedy: 'making it anew' },
  update: CHANGED,
  adopt: CHANGED,
  replace: CHANGED,
  delete: { did: 'made', remedy: 'deleting it' },
};

const DONE: { readonly [action in Change['action']]: string } = {
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  delete: 'deleted',
  adopt: 'adopted and updated',
};

function planText({ scope, changes, withheld }: Plan, shop: Shop): string {
  const { bold, dim, clean } = shop;
  const lines = [
    ...changes.map((change) => changeLine(change, shop)),
    ...withheld.map(({ name, reason }) => dim(`. withheld  ${clean(name)}: ${clean(reason)}`)),
  ];
  const head = `plan for ${bold(clean(scope.name))}: ${count(changes.length, 'change')}`;
  return head + lines.map((line) => INDENT + line).join('');
}

function transformersText({ scope, changes, withheld }: TransformerPlan, shop: Shop): string {
  const { bold, dim, clean } = shop;
  const done = changes.map(({ action, name }) => `${signed(action, shop)}  ${clean(name)}`);
  const left = withheld.map(({ name, reason }) => dim(`. withheld  ${clean(name)}: ${clean(reason)}`));
  const head = `transformers of ${bold(clean(scope.name))}: ${count(changes.length, 'change')}`;
  return head + [...done, ...left].map((line) => INDENT + line).join('');
}

/** Drift is told field by field right after the plan. */
function changeLine(change: Change, shop: Shop): string {
  const { clean, dim } = shop;
  const id = 'live' in change ? dim(` (${change.live.id})`) : '';
  const line = `${signed(change.action, shop)}  ${clean(change.name)}${id}`;
  return change.action === 'create' || change.action === 'delete' || change.class === 'drift'
    ? line
    : line + fieldLines(change.fields, shop, `${INDENT}  `);
}

function signed(action: Change['action'], shop: Shop): string {
  const { sign, paint } = MARKS[action];
  return shop[paint](`${sign} ${action.padEnd(8)}`);
}

const MARKS: {
  readonly [action in Change['action']]: {
    readonly sign: string;
    readonly paint: 'green' | 'yellow' | 'red';
  };
} = {
  create: { sign: '+', paint: 'green' },
  update: { sign: '~', paint: 'yellow' },
  adopt: { sign: '~', paint: 'yellow' },
  replace: { sign: '±', paint: 'yellow' },
  delete: { sign: '-', paint: 'red' },
};

function healthText(
  { scope, job, id, from, health: { state, error, cause } }: EventOf<'health.changed'>,
  shop: Shop,
): string {
  const paint = isTrouble(state) ? shop.red : shop.green;
  const before = from === null ? '' : `, before: ${healthWords(from)}`;
  const head = `${paint(healthWords(state))}: ${jobText(scope, job, id ?? undefined, shop)}${before}`;
  const why = [cause?.text, error, cause?.next].filter((text) => typeof text === 'string');
  return head + why.map((text) => INDENT + shop.clean(text)).join('');
}

function byText(attribution: Attribution | undefined, { clean }: Shop): string {
  return attribution === undefined ? '' : `${INDENT}by ${clean(attributionText(attribution))}`;
}

function fieldLines(fields: readonly FieldDiff[], { clean, difference }: Shop, indent = INDENT): string {
  const width = Math.max(0, ...fields.map(({ path }) => path.length));
  return fields
    .map((field) => `${indent}  ${clean(field.path).padEnd(width)}  ${difference(field)}`)
    .join('');
}

function jobText(scope: Scope, name: string, id: number | undefined, { bold, dim, clean }: Shop): string {
  return `${bold(clean(name))}${id === undefined ? '' : dim(` (${id})`)} in ${clean(scope.name)}`;
}

function finishText(
  { triggers, durationMs, summary }: EventOf<'pass.finished'>,
  { green, yellow, red, dim }: Shop,
): string {
  const { scopes, unreadable, applied, failed, skipped, withheld, unmanaged, unverifiable, refused } =
    summary;
  const parts = [
    applied > 0 && green(`${applied} applied`),
    failed > 0 && red(`${failed} failed`),
    skipped > 0 && yellow(`${skipped} not begun`),
    unreadable > 0 && red(`${count(unreadable, 'scope')} not readable`),
    withheld > 0 && yellow(`${withheld} withheld`),
    unverifiable > 0 && `${unverifiable} unverifiable`,
    unmanaged > 0 && `${unmanaged} unmanaged`,
  ].filter((part) => part !== false);
  const isInSync = applied + failed + skipped + unreadable + withheld === 0 && !refused;
  const result = [...(isInSync ? [green('in sync')] : []), ...parts].join(', ') || 'nothing applied';
  return `${result} ${dim(`(${count(scopes, 'scope')}, ${triggers.join(' + ')}, ${durationMs} ms)`)}`;
}

function problemLines(problems: readonly Problem[], { clean, red, yellow }: Shop): string {
  return problems
    .map((problem) => {
      const { origin, code, path, message } = problem;
      const severity = isError(problem) ? red('error') : yellow('warning');
      const place = `${clean(origin.file)}:${origin.line}:${origin.column}`;
      return `${INDENT}${place}  ${severity}  ${code}  ${clean(path)}${INDENT}  ${clean(message)}`;
    })
    .join('');
}
