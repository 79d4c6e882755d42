import { needsChallenge, showDestination } from '../destination/destination.ts';
import { createBody } from '../job/body.ts';
import type { DesiredJob, JobFields, Scope } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { Secret } from '../secret.ts';
import type { Change, Withheld } from './change.ts';
import { destinationText } from './desired-text.ts';
import { isAmongDestinations, type PlanPolicy } from './policy.ts';

/** Proofs that a destination is one's own, which Cloudflare wants of some types (`cloudflare-api.md` §6.3). */

/** What Cloudflare takes as `ownership_challenge` (`cloudflare-api.md` §2). */
const TOKEN = /^[a-zA-Z0-9/+.\-_]{1,4096}$/;
const LONGEST_FILENAME = 1024;

/** A job that is refused without a proof. */
export interface ProofNeed {
  readonly job: string;
  /** Byte for byte what is sent: the proof is bound to it. */
  readonly destination: Secret;
  /** What the manifest gives as proof. */
  readonly given: Secret | null;
}

/**
 * What has to be proven before a change; null where nothing has, as its destination stays or is of another type. Of a
 * delete it is what its successor needs: were that refused, neither would deliver.
 */
export function proofNeedOf(change: Change): ProofNeed | null {
  const sent = change.action === 'delete' ? change.makesRoomFor : change;
  if (sent === undefined || !('destination_conf' in sent.body)) return null;
  const text = destinationText({ fields: sent.body });
  if (!needsChallenge(text)) return null;
  return { job: sent.name, destination: new Secret(text), given: givenIn(sent.body) };
}

/** Of a delete it is its successor that shows the proof. */
export function withProof<C extends Change>(change: C, token: Secret): C {
  if (!('body' in change)) return change;
  return { ...change, body: { ...change.body, ownership_challenge: token } };
}

function givenIn(fields: JobFields): Secret | null {
  const value = fields['ownership_challenge'];
  if (value instanceof Secret) return value.reveal().trim() === '' ? null : value;
  return typeof value === 'string' && value.trim() !== '' ? new Secret(value) : null;
}

/** The token in the text of a challenge file; null where that is none. */
export function tokenIn(text: string): Secret | null {
  const token = text.trim();
  return TOKEN.test(token) ? new Secret(token) : null;
}

/** When a token ends, milliseconds since the epoch; null where it does not say. What it says is not verified. */
export function expiryOf(token: Secret): number | null {
  const [, payload = ''] = token.reveal().split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const end = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : null;
    return typeof end === 'number' && Number.isFinite(end) ? end * 1000 : null;
  } catch {
    return null;
  }
}

export function isExpired(token: Secret, now: number): boolean {
  return (expiryOf(token) ?? Infinity) <= now;
}

/** Whether a name that Cloudflare gave a challenge file is printable, and no part of it leads upwards. */
export function isUsableFilename(name: string): boolean {
  const isText = name !== '' && name.length <= LONGEST_FILENAME && !/[\p{Cc}\\]/u.test(name);
  return isText && name.split('/').every((segment) => segment !== '.' && segment !== '..');
}

/**
 * Why a job cannot be sent to its destination as long as nobody shows a proof, and what to do; null where none is
 * needed, where the manifest gives one, or where a reader can fetch it.
 */
export function whyUnproven(
  desired: DesiredJob,
  scope: Scope,
  { challenges }: PlanPolicy,
  now: number,
): string | null {
  const text = destinationText(desired);
  if (challenges === undefined || !needsChallenge(text)) return null;
  if (hasUsableProof(desired, now) || isAmongDestinations(desired, challenges.readers)) return null;
  const cause = proofOf(desired) === null ? '' : 'its ownership_challenge has expired, and';
  return waitingFor(desired.name, scope, text, cause);
}

/** What the manifest gives a job as proof; null where it gives none. */
export function proofOf(desired: DesiredJob): Secret | null {
  return givenIn(createBody(desired.fields));
}

function hasUsableProof(desired: DesiredJob, now: number): boolean {
  const given = proofOf(desired);
  return given !== null && !isExpired(given, now);
}

/** @param cause a clause that ends with `and`, or nothing */
function waitingFor(name: string, scope: Scope, destination: string, cause: string): string {
  const job = flagsOf(scope, name);
  return (
    `waiting-for-challenge: Cloudflare wants a proof of ownership for ${showDestination(destination)}; ` +
    `${cause === '' ? '' : `${cause} `}no reader of the setting challenge.readers covers it. Either add a reader there, or do it ` +
    `by hand: run "logpushd challenge request ${job}", fetch the file that it names, run ` +
    `"logpushd challenge submit ${job} --secret NAME FILE", and write "ownership_challenge: \${secret:NAME}" to the job.`
  );
}

/**
 * How a destination is proven is told once: a proof is good for all jobs of the scope that deliver there.
 *
 * @param withheld in the order in which it is told
 * @param jobs of the scope, as the manifest has them
 */
export function toldOnce(
  withheld: readonly Withheld[],
  jobs: readonly DesiredJob[],
  now: number,
): readonly Withheld[] {
  const destinations = new Map(jobs.map((job) => [job.name, destinationText(job)]));
  const told = new Map(
    jobs
      .filter((job) => hasUsableProof(job, now))
      .toSorted((a, b) => compareText(b.name, a.name))
      .map((job) => [destinationText(job), job.name]),
  );
  return withheld.map((one) => {
    const destination = destinations.get(one.name);
    if (one.waitsFor !== 'challenge' || destination === undefined) return one;
    const other = told.get(destination);
    if (other === undefined) told.set(destination, one.name);
    return other === undefined ? one : { ...one, reason: sameProofAs(other, destination) };
  });
}

function sameProofAs(job: string, destination: string): string {
  return (
    `waiting-for-challenge: Cloudflare wants a proof of ownership for ${showDestination(destination)}, the same as for job ` +
    `"${job}": write the "ownership_challenge" of that job to this one, too.`
  );
}

/** The flags that name a job to `logpushd challenge`, as a person can paste them into a shell. */
export function flagsOf(scope: Scope, job: string): string {
  return `${flagOf(scope)} --job ${shellWord(job)}`;
}

/** The same for a scope alone. */
export function flagOf({ kind, name }: Scope): string {
  return `--${kind} ${shellWord(name)}`;
}

function shellWord(text: string): string {
  return /^[\w.][\w.-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
