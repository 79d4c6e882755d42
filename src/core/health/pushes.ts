/**
 * What was pushed, as GraphQL's `logpushHealthAdaptiveGroups` counts it (`cloudflare-api.md` §10): pushes of one job, with one
 * outcome, in one quarter of an hour.
 */
export interface PushGroup {
  readonly jobId: number;
  /** An HTTP status of the destination, or a delivery code of Cloudflare (§8.1). */
  readonly status: number;
  /** There was no further attempt with these logs. */
  readonly isFinal: boolean;
  /** Milliseconds since the epoch: when the quarter of an hour began. */
  readonly from: number;
  readonly count: number;
  readonly bytes: number;
  readonly records: number;
}

/** What became of a job's pushes in the last 24 hours. */
export interface JobPushes {
  readonly outcomes: readonly PushOutcome[];
  /** Pushes that failed for good: their logs are lost. */
  readonly lost: number;
  /** Of what arrived. */
  readonly bytes: number;
  readonly records: number;
  /** Milliseconds since the epoch, to a quarter of an hour. */
  readonly lastSuccess: number | null;
  readonly lastFailure: { readonly from: number; readonly status: number } | null;
}

export interface PushOutcome {
  readonly status: number;
  readonly isFinal: boolean;
  readonly count: number;
}

/** §10: from this status on a push has failed. */
const FAILED_FROM = 300;

export function isFailed({ status }: Pick<PushGroup, 'status'>): boolean {
  return status >= FAILED_FROM;
}

/** By id of the job. A job that pushed nothing has no entry. */
export function pushesByJob(groups: readonly PushGroup[]): ReadonlyMap<number, JobPushes> {
  const byJob = Map.groupBy(groups, ({ jobId }) => jobId);
  return new Map([...byJob].map(([jobId, own]) => [jobId, pushesOf(own)]));
}

function pushesOf(groups: readonly PushGroup[]): JobPushes {
  const failures = groups.filter(isFailed);
  const successes = groups.filter((group) => !isFailed(group));
  const last = latestOf(failures);
  return {
    outcomes: outcomesOf(groups),
    lost: sumOf(
      failures.filter(({ isFinal }) => isFinal),
      'count',
    ),
    bytes: sumOf(successes, 'bytes'),
    records: sumOf(successes, 'records'),
    lastSuccess: latestOf(successes)?.from ?? null,
    lastFailure: last && { from: last.from, status: last.status },
  };
}

function outcomesOf(groups: readonly PushGroup[]): readonly PushOutcome[] {
  const byOutcome = Map.groupBy(groups, ({ status, isFinal }) => `${status} ${isFinal}`);
  return [...byOutcome.values()]
    .flatMap((own) => {
      const [first] = own;
      return first === undefined
        ? []
        : [{ status: first.status, isFinal: first.isFinal, count: sumOf(own, 'count') }];
    })
    .toSorted((a, b) => a.status - b.status || Number(a.isFinal) - Number(b.isFinal));
}

function latestOf(groups: readonly PushGroup[]): PushGroup | null {
  return groups.reduce<PushGroup | null>(
    (latest, group) => (latest === null || group.from > latest.from ? group : latest),
    null,
  );
}

function sumOf(groups: readonly PushGroup[], what: 'count' | 'bytes' | 'records'): number {
  return groups.reduce((sum, group) => sum + group[what], 0);
}

/**
 * The status of the last push, where it surely failed and came after the last delivery: times are known to a quarter of an
 * hour, and in one in which others succeeded nothing is certain.
 *
 * @param lastComplete end of the last time range pushed, RFC 3339
 */
export function failingStatus(pushes: JobPushes | null, lastComplete: string | null): number | null {
  if (pushes === null || pushes.lastFailure === null) return null;
  const { from, status } = pushes.lastFailure;
  const deliveredUpTo = lastComplete === null ? Number.NEGATIVE_INFINITY : Date.parse(lastComplete);
  const isLast = from >= deliveredUpTo && (pushes.lastSuccess === null || from > pushes.lastSuccess);
  return isLast ? status : null;
}
