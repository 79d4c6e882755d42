/**
 * What reliability.md promises and logpushd does not do yet, each as a switch: off, what follows from its
 * absence is excused; on, it is a violation. A switch that has come to stay on can be deleted with its excuses.
 */
export interface Promises {
  /** Invariant 11: an unknown create is settled only by a listing that has it, or by 3 without it over 120 s. */
  readonly ambiguity: boolean;
  /** Invariant 12: of several equal jobs of ours one stays. */
  readonly surplus: boolean;
  /** Invariant 21: what is undone again and again is healed at most 5 times in an hour. */
  readonly fighting: boolean;
  /** Invariants 23 and 24: a job that is missing in a listing is asked for before it counts as gone. */
  readonly collapse: boolean;
  /** F16: what Cloudflare refuses is not sent again until the manifest or the listing changes, or an hour is over. */
  readonly refusals: boolean;
  /** A job that is taken over gets the secrets of the manifest, also where Cloudflare does not show the old ones. */
  readonly adoption: boolean;
  /** A job that is to be replaced while its former one is still to be deleted leaves nothing behind. */
  readonly chain: boolean;
  /** Invariant 2: what changed since the listing is seen before an update or a delete is sent. */
  readonly recheck: boolean;
}

export const PROMISE_NAMES = [
  'ambiguity',
  'surplus',
  'fighting',
  'collapse',
  'refusals',
  'adoption',
  'chain',
  'recheck',
] as const;

export const TODAY: Promises = {
  ambiguity: true,
  surplus: true,
  fighting: true,
  collapse: true,
  refusals: false,
  adoption: false,
  chain: true,
  recheck: false,
};

export function promisesOf(names: readonly string[]): Promises {
  const unknown = names.filter((name) => !PROMISE_NAMES.some((one) => one === name));
  if (unknown.length > 0)
    throw new RangeError(`There is no promise "${unknown[0]}"; there are ${PROMISE_NAMES.join(', ')}.`);
  const has = (name: (typeof PROMISE_NAMES)[number]): boolean => TODAY[name] || names.includes(name);
  return {
    ambiguity: has('ambiguity'),
    surplus: has('surplus'),
    fighting: has('fighting'),
    collapse: has('collapse'),
    refusals: has('refusals'),
    adoption: has('adoption'),
    chain: has('chain'),
    recheck: has('recheck'),
  };
}
