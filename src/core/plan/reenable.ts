import { disablerOf } from '../health/disabler.ts';
import type { LiveJob } from '../job/job.ts';
import { minuteText } from '../minute.ts';
import { type Change, type FieldDiff, isOfDestination, type Plan } from './change.ts';
import { approvalOf, digestOfPlans } from './digest.ts';
import { fieldKey, sinceOf } from './grace.ts';
import type { Healing, Healings } from './ledger-entry.ts';
import type { Matched } from './match.ts';
import type { PlanContext } from './step.ts';

/**
 * What becomes of a job that Cloudflare has disabled because it could not deliver. Nobody changed it, so neither the mode
 * nor the grace for changes of people is what decides: enabled as it is it would fail for another day.
 *
 * - `tell`: it is left disabled and told, until somebody enables it or gives it another destination
 * - `retry`: it is enabled again once its destination passes Cloudflare's test, which is asked later each time
 */
export const REENABLES = ['tell', 'retry'] as const;
export type Reenable = (typeof REENABLES)[number];

/** The tries to enable a job again, among what was put right of it. No path of a field has a space. */
export const ENABLED_AGAIN = 'enabled again';

const FIRST_WAIT_MS = 30 * 60_000;
const LONGEST_WAIT_MS = 24 * 3_600_000;
/** What delivers for so long after it was enabled again has got over it. */
const RECOVERED_MS = 3_600_000;

/** Why `enabled` of a job is left as it is, or that it is to be tried now. */
export type Reenabling =
  | {
      readonly field: FieldDiff;
      readonly isDue: true;
      /** A person has let it through, so nothing is tested and nothing waited for. */
      readonly isApproved: boolean;
    }
  | {
      readonly field: FieldDiff;
      readonly isDue: false;
      readonly why: string;
      /** Milliseconds since the epoch; null where it waits for a person. */
      readonly until: number | null;
      /** What that person approves. */
      readonly digest: string;
    };

/** Null where Cloudflare has not disabled the job: the rules for drift decide. */
export function reenablingOf(
  matched: Matched,
  differing: readonly FieldDiff[],
  context: PlanContext,
): Reenabling | null {
  const { desired, live, entry } = matched;
  const field = differing.find(isSwitchedOff);
  if (field === undefined) return null;
  const { policy, now, drifting } = context;
  const seenAt = sinceOf(fieldKey(desired.name, field.path), drifting, now);
  if (disablerOf(live, seenAt, context.lastWriteOf(live.id)) !== 'cloudflare') return null;
  const digest = digestOfPlans([enablingAlone(matched, field, context)], context.fingerprint);
  if (context.approves(digest)) return { field, isDue: true, isApproved: true };
  if (policy.reenable === 'tell') {
    return { field, isDue: false, why: whyLeft(live, digest), until: null, digest };
  }
  const tries = entry?.healings?.[ENABLED_AGAIN];
  const until = nextTryAt(tries);
  // A clock that was set back must not make it longer.
  if (until <= now || tries === undefined || Date.parse(tries.last) > now) {
    return { field, isDue: true, isApproved: false };
  }
  return { field, isDue: false, why: whyWaiting(live, tries, until, digest), until, digest };
}

/** What a person approves: the same whatever else is to be written to the job. */
function enablingAlone(
  { desired, live }: Matched,
  field: FieldDiff,
  { desired: { scope } }: PlanContext,
): Pick<Plan, 'scope' | 'changes'> {
  const body = { enabled: true };
  const change: Change = {
    action: 'update',
    name: desired.name,
    class: field.class,
    reason: '',
    fields: [field],
    desired,
    live,
    body,
  };
  return { scope, changes: [change] };
}

/** What of it is written beside other fields of the job, and what is left. */
interface Beside {
  readonly on: readonly FieldDiff[];
  /** Its destination is to be tested before. */
  readonly isTested: boolean;
  readonly left: readonly {
    readonly field: FieldDiff;
    readonly why: string;
    readonly until: number | null;
    readonly digest?: string;
  }[];
}

/**
 * With another destination the job is enabled, whatever it was disabled for. Any other field does not wait for the test of
 * the destination, so that the test comes after it.
 */
export function besideOthers(
  reenabling: Reenabling | null,
  others: readonly FieldDiff[],
  now: number,
): Beside {
  if (reenabling === null) return { on: [], isTested: false, left: [] };
  const { field } = reenabling;
  const isLetThrough = reenabling.isDue && reenabling.isApproved;
  if (isLetThrough || others.some(isOfDestination)) return { on: [field], isTested: false, left: [] };
  if (!reenabling.isDue) return { on: [], isTested: false, left: [{ ...reenabling, field }] };
  if (others.length === 0) return { on: [field], isTested: true, left: [] };
  return { on: [], isTested: false, left: [{ field, why: AFTER_OTHERS, until: now }] };
}

const AFTER_OTHERS =
  'Cloudflare disabled this job; to enable it again is tried right after its other changes are written.';

function isSwitchedOff({ path, class: whose, before, after }: FieldDiff): boolean {
  return path === 'enabled' && whose === 'drift' && before === false && after === true;
}

/** 30 minutes after the first try, then twice as long each time, up to a day. Milliseconds since the epoch. */
export function nextTryAt(tries: Healing | undefined): number {
  if (tries === undefined) return 0;
  return Date.parse(tries.last) + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries.times - 1));
}

/** With one more try; it counts whatever becomes of it. */
export function triedAgain(known: Healings | undefined, now: number): Healings {
  const last = new Date(now).toISOString();
  const { times = 0, since = last } = known?.[ENABLED_AGAIN] ?? {};
  return { ...known, [ENABLED_AGAIN]: { times: times + 1, since, last, fought: false } };
}

/** Whether an enabled job has delivered long enough since it was enabled again, so that the next failure is another one. */
export function hasRecovered({ last }: Healing, { delivery: { lastComplete, lastError } }: LiveJob): boolean {
  if (lastComplete === null || Date.parse(lastComplete) - Date.parse(last) < RECOVERED_MS) return false;
  return lastError === null || Date.parse(lastError) < Date.parse(lastComplete);
}

export function whyReenabled({ id }: LiveJob): string {
  return (
    `Cloudflare disabled job ${id} because it could not deliver; with the setting "health.reenable" at "retry" it is ` +
    'enabled again if its destination passes the test.'
  );
}

function whyLeft({ id }: LiveJob, digest: string): string {
  return (
    `Cloudflare disabled job ${id} because it could not deliver, and the setting "health.reenable" is "tell", which leaves ` +
    `it so. Put its destination right, then enable just this job ${approvalOf(digest)}, or at Cloudflare; where the destination ` +
    'changes in the manifest, the job is enabled with it. "retry" would enable it once its destination passes a test.'
  );
}

function whyWaiting({ id }: LiveJob, { times }: Healing, until: number, digest: string): string {
  const tries = times === 1 ? 'once' : `${times} times`;
  return (
    `Cloudflare disabled job ${id} because it could not deliver. To enable it again was tried ${tries}; next try at ` +
    `${minuteText(until)}, if its destination then passes the test. Put the destination right; to enable it at once, approve it ` +
    `${approvalOf(digest)}.`
  );
}
