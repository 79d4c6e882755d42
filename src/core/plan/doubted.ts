import type { LiveJob } from '../job/job.ts';
import type { Change, Doubts, Plan, Withheld } from './change.ts';
import { nextLook, wayOut } from './doubt.ts';
import type { Fingerprint, OpenCreate, ScopeLedger } from './ledger-entry.ts';
import { arrivalsOf, stillOpen } from './open-create.ts';
import type { DoubtRules } from './policy.ts';

interface Look {
  readonly live: readonly LiveJob[];
  readonly ledger: ScopeLedger;
  readonly fingerprint: Fingerprint;
  readonly now: number;
  readonly rules: DoubtRules;
}

/** What one more complete listing leaves open. */
export function doubtsAfter({ live, ledger, fingerprint, now, rules }: Look): Doubts {
  const creating = stillOpen(ledger, live, { now, fingerprint, rule: rules.lostCreate });
  const waiting = creating.filter((create) => arrivalsOf(create, live, ledger, fingerprint).length === 0);
  const times = waiting.map(({ looks }) => nextLook(looks, rules.lostCreate));
  return { creating, ...(times.length > 0 && { lookAt: Math.min(...times) }) };
}

/** Takes out what must not be written before a doubt is settled. */
export function withoutDoubted(
  changes: readonly Change[],
  { creating }: Doubts,
  rules: DoubtRules,
): Pick<Plan, 'changes' | 'withheld'> {
  const openOf = (change: Change): OpenCreate | undefined =>
    makesJob(change) ? creating.find(({ name }) => name === change.name) : undefined;
  return {
    changes: changes.filter((change) => openOf(change) === undefined),
    withheld: changes.flatMap((change) => {
      const open = openOf(change);
      return open === undefined ? [] : [heldBack(change, whyOpen(open, rules))];
    }),
  };
}

function makesJob({ action }: Change): boolean {
  return action === 'create' || action === 'replace';
}

function heldBack(change: Change, reason: string): Withheld {
  const { name, action, class: whose, fields, origin } = change;
  return {
    name,
    action,
    class: whose,
    reason,
    fields,
    ...(change.action === 'create' ? {} : { id: change.live.id }),
    ...(origin && { origin }),
  };
}

function whyOpen({ since, looks }: OpenCreate, { lostCreate }: DoubtRules): string {
  const time = since.slice(11, 19);
  return (
    `A create of it at ${time} UTC got no answer, so it may be on its way; it is sent again when it surely made no job. ` +
    wayOut(looks, lostCreate)
  );
}
