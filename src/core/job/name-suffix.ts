import type { BlockedJob, DesiredJob, DesiredScope, LiveJob } from './job.ts';

/**
 * Ownership by name (`ownership.name_suffix`): a job that logpushd owns is called `http.gitops` at Cloudflare and
 * `http` everywhere else. Here, and nowhere else, names lose and get the suffix: `name` of a job is the bare one, and
 * `fields.name` is what Cloudflare has or gets. An empty suffix marks nothing.
 */

/** Longest name that Cloudflare takes (`cloudflare-api.md` §7). */
const LONGEST_NAME = 512;

/** A live job under its bare name, and whether it is marked as ours. */
export function withoutSuffix(live: LiveJob, suffix: string): LiveJob {
  if (suffix === '') return live;
  const marked = live.name.length > suffix.length && live.name.endsWith(suffix);
  return { ...live, marked, name: marked ? live.name.slice(0, -suffix.length) : live.name };
}

/** What the manifest wants, with the names that Cloudflare is to have. */
export function withSuffix(desired: DesiredScope, suffix: string): DesiredScope {
  if (suffix === '') return desired;
  const jobs = desired.jobs.map((job) => ({ job, fault: suffixFault(job.name, suffix) }));
  return {
    ...desired,
    jobs: jobs.flatMap(({ job, fault }) => (fault === null ? [suffixed(job, suffix)] : [])),
    blocked: [
      ...desired.blocked,
      ...jobs.flatMap(({ job, fault }) => (fault === null ? [] : [blocked(job, fault)])),
    ],
  };
}

/** Why a job must not have this name where names get this suffix, or null. */
export function suffixFault(name: string, suffix: string): string | null {
  if (suffix === '') return null;
  if (name.endsWith(suffix)) {
    return `The name ends with "${suffix}", which the setting ownership.name_suffix adds by itself. Write it without.`;
  }
  const length = name.length + suffix.length;
  if (length <= LONGEST_NAME) return null;
  return (
    `With "${suffix}" of the setting ownership.name_suffix the name has ${length} characters; Cloudflare takes at most ` +
    `${LONGEST_NAME}. Shorten it.`
  );
}

function suffixed(job: DesiredJob, suffix: string): DesiredJob {
  return { ...job, fields: { ...job.fields, name: `${job.name}${suffix}` } };
}

function blocked({ name, id, origin }: DesiredJob, reason: string): BlockedJob {
  return { name, reason, origin, ...(id !== undefined && { id }) };
}
