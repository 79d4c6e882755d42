import type { DesiredTransformer } from '../job/job.ts';
import { type DoubtRule, wayOut } from '../plan/doubt.ts';
import { deletedKey, type DriftKey, driftingAfter, fieldKey, graceOf, whyInGrace } from '../plan/grace.ts';
import type { Drifting, Fingerprint } from '../plan/ledger-entry.ts';
import { modeOf, type PlanPolicy, pruneOf, refusalOfMode } from '../plan/policy.ts';
import { splitByWindows } from '../plan/window.ts';
import { compareText } from '../problem.ts';
import {
  heldBack,
  type TransformerChange,
  type TransformerField,
  type TransformerPlan,
  type WithheldTransformer,
} from './change.ts';
import { madeBy, type OwnedTransformer, textOf, type TransformerLedger } from './owned.ts';
import {
  type DesiredTransformers,
  type ListedTransformer,
  type LiveTransformer,
  sqlText,
} from './transformer.ts';

export interface TransformerInput {
  readonly desired: DesiredTransformers;
  /** A complete listing of the account. */
  readonly listed: readonly ListedTransformer[];
  /** Those of them that {@link candidatesOf} names, with their SQL. */
  readonly live: readonly LiveTransformer[];
  readonly ledger: TransformerLedger;
  readonly policy: Pick<PlanPolicy, 'mode' | 'prune' | 'adopt' | 'doubts' | 'graceMs' | 'windows'>;
  readonly fingerprint: Fingerprint;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
}

/** The transformers whose SQL has to be read for a plan: an account may have many more. */
export function candidatesOf({
  desired,
  listed,
  ledger,
}: Pick<TransformerInput, 'desired' | 'listed' | 'ledger'>): readonly ListedTransformer[] {
  return desired.transformers.flatMap(({ name }) => {
    const match = matchOf(name, listed, ledger);
    return 'live' in match ? [match.live] : [];
  });
}

/**
 * Decides about the transformers of one account, but for the deletes, which wait for the plans of the jobs: see
 * `withDeletes`. Only what logpushd made or took over is touched, besides what `adopt` allows.
 */
export function planTransformers(input: TransformerInput): TransformerPlan {
  const { desired, listed, live, ledger, policy, now } = input;
  const steps = desired.transformers.map((one) => stepOf(one, input));
  const known = new Set([...live, ...ledger.owned].map(({ id }) => id));
  const wanted = steps.flatMap((step) => step.change ?? []);
  const { open, closed } = splitByWindows(wanted, policy.windows, now, 'transformers');
  const waiting = closed.map(({ change, reason, until }) => ({ ...heldBack(change, reason), ...until }));
  return {
    scope: desired.scope,
    desired,
    changes: open.toSorted(byName),
    withheld: [...steps.flatMap((step) => step.withheld ?? []), ...waiting].toSorted(byName),
    unmanaged: listed.filter(({ id }) => !known.has(id)).toSorted(byName),
    inSync: steps.flatMap((step) => step.inSync ?? []),
  };
}

type Match =
  | {
      readonly live: ListedTransformer;
      readonly owned: OwnedTransformer | undefined;
      readonly isMade: boolean;
    }
  | { readonly rivals: readonly ListedTransformer[] };

/** The one that is owned under this name, whatever it is called now; else the only one of this name. */
function matchOf(
  name: string,
  listed: readonly ListedTransformer[],
  { owned, creating }: TransformerLedger,
): Match {
  const entry = owned.find((one) => one.name === name);
  const mine = listed.find(({ id }) => id === entry?.id);
  if (mine !== undefined) return { live: mine, owned: entry, isMade: false };
  const open = creating.find((one) => one.name === name);
  const made = open && madeBy(open, listed);
  if (made !== undefined) return { live: made, owned: undefined, isMade: true };
  const taken = new Set(owned.map(({ id }) => id));
  const rivals = listed.filter((one) => one.name === name && !taken.has(one.id));
  const [only] = rivals;
  return only !== undefined && rivals.length === 1
    ? { live: only, owned: undefined, isMade: false }
    : { rivals };
}

interface Step {
  readonly change?: TransformerChange;
  readonly withheld?: WithheldTransformer;
  readonly inSync?: TransformerPlan['inSync'][number];
}

function stepOf(desired: DesiredTransformer, input: TransformerInput): Step {
  const match = matchOf(desired.name, input.listed, input.ledger);
  if ('rivals' in match) return missingStep(desired, match.rivals, input);
  const live = input.live.find(({ id }) => id === match.live.id);
  if (live === undefined) throw new Error(`The SQL of transformer ${match.live.id} was not read.`);
  const fields = differencesOf(desired, live);
  const { owned, isMade } = match;
  const isOurs = owned !== undefined || isMade;
  if (fields.length === 0) return { inSync: { desired, live, isOurs: isOurs || isAdoptable(input) } };
  const base = {
    name: desired.name,
    fields,
    origin: desired.origin,
    class: classOf(desired, live, owned, input),
  };
  const action = isOurs ? 'update' : 'adopt';
  const reason = isOurs
    ? `Its ${fields.join(' and ')} ${fields.length === 1 ? 'is' : 'are'} not as the manifest says.`
    : `A transformer of this name is there that logpushd did not make; it is taken over, as the setting "adopt" is "${input.policy.adopt}".`;
  const change = { ...base, action, reason, desired, live } as const;
  const refusal =
    refusalOf(base.class === 'drift', input) ?? (isOurs ? null : refusalOfAdoption(live, input));
  if (refusal !== null) return { withheld: heldBack(change, refusal) };
  const keys = base.class === 'drift' ? fields.map((field) => fieldKey(desired.name, field)) : [];
  const what = `Somebody changed the ${fields.join(' and ')} of transformer ${live.id} at Cloudflare`;
  return inGraceStep(change, what, keys, input) ?? { change };
}

/** What moved a short while ago is only reported; null where nothing did. Together, up to when the first of it is put right. */
function inGraceStep(
  change: TransformerChange,
  what: string,
  keys: readonly DriftKey[],
  { desired: { scope }, policy, ledger: { drifting }, now }: TransformerInput,
): Step | null {
  const ends = keys.flatMap((key) => graceOf(key, { policy, drifting, now }) ?? []);
  if (ends.length === 0) return null;
  const until = Math.min(...ends);
  const reason = whyInGrace(what, scope.name, until, 'write it into the manifest');
  return { withheld: { ...heldBack(change, reason), until: new Date(until).toISOString() } };
}

function isAdoptable({ desired, policy }: TransformerInput): boolean {
  return policy.adopt !== 'never' && modeOf(desired, policy).value !== 'observe';
}

function missingStep(
  desired: DesiredTransformer,
  rivals: readonly ListedTransformer[],
  input: TransformerInput,
): Step {
  const { ledger, policy } = input;
  const base = { name: desired.name, fields: [], origin: desired.origin, action: 'create' } as const;
  const wasOwned = ledger.owned.some(({ name }) => name === desired.name);
  const whose = wasOwned ? 'drift' : 'pending';
  const open = ledger.creating.find(({ name }) => name === desired.name);
  const refusal =
    rivals.length > 1
      ? `${rivals.length} transformers of the account have this name (${rivals.map(({ id }) => id).join(', ')}), and which one is meant cannot be told; rename or delete all but one at Cloudflare.`
      : open === undefined
        ? refusalOf(wasOwned, input)
        : whyOpen(open.looks, policy.doubts.lostCreate);
  if (refusal !== null) return { withheld: { ...base, class: whose, reason: refusal } };
  const reason = wasOwned ? 'Somebody has deleted it.' : 'The manifest has it and the account does not.';
  const change = { ...base, class: whose, reason, desired } as const;
  const keys = wasOwned ? [deletedKey(desired.name)] : [];
  const what = `Somebody deleted transformer "${desired.name}" at Cloudflare`;
  return inGraceStep(change, what, keys, input) ?? { change };
}

function whyOpen(looks: readonly string[], rule: DoubtRule): string {
  return `Cloudflare did not answer when it was created, so it may be there already; ${wayOut(looks, rule)}`;
}

function refusalOf(isDrift: boolean, { desired, policy }: TransformerInput): string | null {
  return refusalOfMode(modeOf(desired, policy), isDrift);
}

function refusalOfAdoption(live: ListedTransformer, { policy }: TransformerInput): string | null {
  if (policy.adopt === 'always') return null;
  return (
    `Transformer ${live.id} has this name and logpushd did not make it; the setting "adopt" is "${policy.adopt}", so it is left ` +
    'as it is; "always" would take it over, or choose another name.'
  );
}

/** What is to be remembered of what moved and is not put right: each since it was first seen. */
export function driftingIn(
  { changes, withheld }: Pick<TransformerPlan, 'changes' | 'withheld'>,
  { drifting }: TransformerLedger,
  now: number,
): readonly Drifting[] {
  const moved = (one: TransformerChange | WithheldTransformer) => ({
    ...one,
    fields: one.fields.map((path) => ({ path, class: one.class })),
  });
  return driftingAfter({ changes: changes.map(moved), withheld: withheld.map(moved) }, drifting, now);
}

export function differencesOf(
  desired: DesiredTransformer,
  live: LiveTransformer,
): readonly TransformerField[] {
  return [
    ...(desired.name === live.name ? [] : (['name'] as const)),
    ...(sqlText(desired.sql) === sqlText(live.sql) ? [] : (['sql'] as const)),
    ...(desired.description.trim() === live.description.trim() ? [] : (['description'] as const)),
  ];
}

function classOf(
  desired: DesiredTransformer,
  live: LiveTransformer,
  owned: OwnedTransformer | undefined,
  { fingerprint }: TransformerInput,
): TransformerChange['class'] {
  if (owned === undefined || owned.applied === fingerprint(textOf(live))) return 'pending';
  return owned.applied === fingerprint(textOf(desired)) ? 'drift' : 'conflict';
}

/** Those that are owned and that the manifest has no more; why one must not go, or null. */
export function leftoversOf({
  desired,
  listed,
  ledger,
  policy,
}: Pick<TransformerInput, 'desired' | 'listed' | 'ledger' | 'policy'>): readonly {
  readonly live: ListedTransformer;
  readonly refusal: string | null;
}[] {
  const wanted = new Set(desired.transformers.map(({ name }) => name));
  const { value, source } = pruneOf(desired, policy);
  return ledger.owned
    .filter(({ name }) => !wanted.has(name))
    .flatMap(({ id }) => listed.find((one) => one.id === id) ?? [])
    .map((live) => ({
      live,
      refusal:
        value === 'never'
          ? `It is not in the manifest and ${source} is "never"; set "prune: owned" to delete it, or put it back.`
          : refusalOfMode(modeOf(desired, policy), false),
    }));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareText(a.name, b.name);
}
