import { updateBody } from '../job/body.ts';
import type { DesiredJob } from '../job/job.ts';
import type { Change, FieldDiff, Fight, Withheld } from './change.ts';
import { classOf } from './classify.ts';
import { fightOf, keysOf, whyFought } from './fight.ts';
import type { Matched } from './match.ts';
import { modeOf, refusalOfMode } from './policy.ts';
import { paths, whyAdopt, whyUpdate } from './reason.ts';
import { refusalOfJob, withhold } from './step.ts';
import type { PlanContext, Step } from './step.ts';

const DISABLING =
  'The manifest disables this job and protects it with "protect: true"; remove "protect" to disable it.';

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
  const isFought = (field: FieldDiff): boolean => fightOf(matched.entry, [field], context.now) !== null;
  const { written, disabling, drift, fought } = split(desired, differing, warning !== null, isFought);
  const fight = fightOf(matched.entry, fought, context.now);
  const withheld: readonly Withheld[] = [
    ...held(disabling, DISABLING),
    ...held(drift, warning ?? ''),
    ...(fight === null
      ? []
      : held(fought, whyFieldsFought(id, fought, fight)).map((one) => ({ ...one, fight }))),
  ];
  if (written.length === 0) return { withheld };
  const change: Change = {
    action,
    name: desired.name,
    class: classOf(written),
    reason: action === 'adopt' ? whyAdopt(live, owned, written) : whyUpdate(live, written),
    fields: written,
    origin: desired.origin,
    desired,
    live,
    body: updateBody(desired.fields, live.fields, sentPaths(written, unseen)),
  };
  return { changes: [change], withheld };

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
}

function split(
  desired: DesiredJob,
  fields: readonly FieldDiff[],
  keepDrift: boolean,
  isFought: (field: FieldDiff) => boolean,
): Split {
  const disabling = fields.filter((field) => desired.protect && isDisabling(field));
  const rest = fields.filter((field) => !disabling.includes(field));
  // The destination is one string and cannot be written in part.
  const movesDestination = rest.some((field) => isDestination(field) && field.class !== 'drift');
  const mayWait = rest.filter(
    (field) => field.class === 'drift' && !(isDestination(field) && movesDestination),
  );
  const drift = keepDrift ? mayWait : [];
  const fought = keepDrift ? [] : mayWait.filter(isFought);
  const waiting = [...drift, ...fought];
  return { written: rest.filter((field) => !waiting.includes(field)), disabling, drift, fought };
}

function whyFieldsFought(id: number, fields: readonly FieldDiff[], fight: Fight): string {
  const ignored = keysOf(fields).join(', ');
  const remedy = `leave it to them with "ignore: [${ignored}]", or only have it reported with "mode: warn"`;
  return whyFought(`${paths(fields)} of job ${id}`, remedy, fight);
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

function isDestination(field: FieldDiff): boolean {
  return topKey(field) === 'destination_conf';
}

function isDisabling({ path, before, after }: FieldDiff): boolean {
  return path === 'enabled' && before === true && after !== true;
}

function topKey({ path }: FieldDiff): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}
