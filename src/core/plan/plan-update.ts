import { updateBody } from '../job/body.ts';
import type { DesiredJob, LiveJob } from '../job/job.ts';
import { type Change, type FieldDiff, type Fight, isOfDestination, type Withheld } from './change.ts';
import { classOf } from './classify.ts';
import { isElsewhere } from './desired-text.ts';
import { fightOf, keysOf, whyFought } from './fight.ts';
import { fieldKey, graceOf, heldUntil, whyInGrace } from './grace.ts';
import type { Matched } from './match.ts';
import { modeOf, refusalOfMode } from './policy.ts';
import { paths, whyAdopt, whyUpdate } from './reason.ts';
import { reenablingOf, besideOthers, whyReenabled } from './reenable.ts';
import { refusalOfJob, withhold, withholdUnproven } from './step.ts';
import type { PlanContext, Step } from './step.ts';

const DISABLING =
  'The manifest disables this job and protects it with "protect: true"; remove "protect" to disable it.';

const REDIRECTING =
  'The manifest sends this job elsewhere and protects it with "protect: true"; remove "protect" to redirect it.';

/**
 * An update of the fields that may be written; each of the others is withheld with its reason. `unseen` are
 * the fields whose live value the API does not show.
 */
export function planUpdate(
  action: 'update' | 'adopt',
  matched: Matched,
  differing: readonly FieldDiff[],
  unseen: readonly FieldDiff[],
  context: PlanContext,
): Step {
  const { desired, live, owned } = matched;
  const { id } = live;
  const whole = refusalOfJob(desired, false, context);
  if (whole !== null) {
    return withhold(desired, whole, { action, class: classOf(differing), fields: differing, id });
  }
  const warning = refusalOfMode(modeOf(context.desired, context.policy, desired), true);
  const redirecting =
    desired.protect && isRedirected(desired, live, differing) ? differing.filter(isOfDestination) : [];
  const reenabling = warning === null ? reenablingOf(matched, differing, context) : null;
  const stays = differing.filter((field) => !redirecting.includes(field) && field !== reenabling?.field);
  const isFought = (field: FieldDiff): boolean => fightOf(matched.entry, [field], context.now) !== null;
  const untilOf = (field: FieldDiff): number | null => graceOf(fieldKey(desired.name, field.path), context);
  const {
    written: wanted,
    disabling,
    drift,
    fought,
    fresh,
  } = split(desired, stays, {
    keepDrift: warning !== null,
    isFought,
    isFresh: (field) => untilOf(field) !== null,
  });
  const moved = wanted.filter(isOfDestination);
  const unproven =
    moved.length === 0
      ? null
      : withholdUnproven(desired, { action, class: classOf(moved), fields: moved, id }, context);
  const proven = unproven === null ? wanted : wanted.filter((field) => !moved.includes(field));
  const { on, left, isTested } = besideOthers(reenabling, proven, context.now);
  const written = [...proven, ...on];
  const fight = fightOf(matched.entry, fought, context.now);
  const withheld: readonly Withheld[] = [
    ...held(redirecting, REDIRECTING),
    ...held(disabling, DISABLING),
    ...held(drift, warning ?? ''),
    ...(unproven?.withheld ?? []),
    ...(fight === null
      ? []
      : held(fought, whyFieldsFought(id, fought, fight)).map((one) => ({ ...one, fight }))),
    ...heldInGrace(),
    ...left.flatMap(({ field, why, until, digest }) => {
      const one = held([field], why).map((each) => ({ ...each, ...(digest !== undefined && { digest }) }));
      return until === null ? one : heldUntil(one, until);
    }),
  ];
  if (written.length === 0) return { withheld };
  const change: Change = {
    action,
    name: desired.name,
    class: classOf(written),
    reason: isTested ? whyReenabled(live) : reasonOf(written),
    fields: written,
    origin: desired.origin,
    desired,
    live,
    body: updateBody(desired.fields, live.fields, sentPaths(written, unseen)),
    ...(isTested && { reenables: true }),
  };
  return { changes: [change], withheld };

  function reasonOf(fields: readonly FieldDiff[]): string {
    return action === 'adopt' ? whyAdopt(live, owned, fields) : whyUpdate(live, fields);
  }

  /** Together, up to when the first of them is put right. */
  function heldInGrace(): readonly Withheld[] {
    const until = Math.min(...fresh.map((field) => untilOf(field) ?? context.now));
    const target = `${context.desired.scope.name}/${desired.name}`;
    const what = `Somebody changed ${paths(fresh)} of job ${id} at Cloudflare`;
    return fresh.length === 0 ? [] : heldUntil(held(fresh, whyInGrace(what, target, until)), until);
  }

  function held(fields: readonly FieldDiff[], reason: string): readonly Withheld[] {
    if (fields.length === 0) return [];
    return withhold(desired, reason, { action, class: classOf(fields), fields, id }).withheld ?? [];
  }
}

interface Split {
  readonly written: readonly FieldDiff[];
  /** Would switch off a protected job. */
  readonly disabling: readonly FieldDiff[];
  /** Only reported in this mode. */
  readonly drift: readonly FieldDiff[];
  /** Undone again and again. */
  readonly fought: readonly FieldDiff[];
  /** Changed a short while ago. */
  readonly fresh: readonly FieldDiff[];
}

interface SplitRules {
  /** Drift is only reported. */
  readonly keepDrift: boolean;
  readonly isFought: (field: FieldDiff) => boolean;
  readonly isFresh: (field: FieldDiff) => boolean;
}

function split(
  desired: DesiredJob,
  fields: readonly FieldDiff[],
  { keepDrift, isFought, isFresh }: SplitRules,
): Split {
  const disabling = fields.filter((field) => desired.protect && isDisabling(field));
  const rest = fields.filter((field) => !disabling.includes(field));
  // The destination is one string and cannot be written in part.
  const movesDestination = rest.some((field) => isOfDestination(field) && field.class !== 'drift');
  const mayWait = rest.filter(
    (field) => field.class === 'drift' && !(isOfDestination(field) && movesDestination),
  );
  const drift = keepDrift ? mayWait : [];
  const fought = keepDrift ? [] : mayWait.filter(isFought);
  // Logs that go elsewhere are not left to do so.
  const mayStay = keepDrift
    ? []
    : mayWait.filter((field) => !isOfDestination(field) && !fought.includes(field));
  const fresh = mayStay.filter(isFresh);
  const waiting = [...drift, ...fought, ...fresh];
  return { written: rest.filter((field) => !waiting.includes(field)), disabling, drift, fought, fresh };
}

function whyFieldsFought(id: number, fields: readonly FieldDiff[], fight: Fight): string {
  const ignored = keysOf(fields).join(', ');
  const remedy = `leave it to them with "ignore: [${ignored}]", or only have it reported with "mode: warn"`;
  return whyFought(`${paths(fields)} of job ${id}`, remedy, fight);
}

/** Where the path of an address is a secret, it is told by itself. */
const PLACE_PATHS: ReadonlySet<string> = new Set(['destination_conf', 'destination_conf.path']);

/** Whether the manifest has another place than what was there; putting back what somebody moved is no redirect. */
function isRedirected(desired: DesiredJob, live: LiveJob, fields: readonly FieldDiff[]): boolean {
  const isPutBack = fields.every(({ path, class: whose }) => !PLACE_PATHS.has(path) || whose === 'drift');
  return !isPutBack && isElsewhere(desired, live);
}

/**
 * What an update sends: the written paths, and what the API hides below the same top-level keys, since such a
 * key is replaced whole and the hidden value would be reset.
 */
function sentPaths(written: readonly FieldDiff[], unseen: readonly FieldDiff[]): readonly string[] {
  const keys = new Set(written.map(topKey));
  const hidden = unseen.filter((field) => keys.has(topKey(field)));
  return [...written, ...hidden].map(({ path }) => path);
}

function isDisabling({ path, before, after }: FieldDiff): boolean {
  return path === 'enabled' && before === true && after !== true;
}

function topKey({ path }: FieldDiff): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}
