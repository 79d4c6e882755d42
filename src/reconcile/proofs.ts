import { showDestination } from '../core/destination/destination.ts';
import { scopeKey } from '../core/job/job.ts';
import {
  isExpired,
  isUsableFilename,
  type ProofNeed,
  proofNeedOf,
  tokenIn,
  withProof,
} from '../core/plan/challenge.ts';
import type { Change, Plan } from '../core/plan/change.ts';
import type { AskedChallenge } from '../core/plan/ledger-entry.ts';
import type { Secret } from '../core/secret.ts';
import type { WriteOptions } from './apply.ts';
import type { Waiting } from './entrance.ts';
import { ChallengeError, NotFoundError, planned, type ReconcileError, StoppedError } from './errors.ts';
import type { Ledger } from './ledger.ts';
import type { ChallengeReader, Clock, Emit, LogpushApi } from './ports.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 30 * 60_000;
/** Looks for a file that was asked for just now, each so long after the one before. */
const LOOKS_MS = [0, 1_000, 2_000, 4_000, 8_000];

export interface ProofPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly reader: ChallengeReader;
  readonly emit: Emit;
}

/** For the ports of a pass: nothing where there is no reader, as the settings say that destinations are not proven. */
export function proofsWith({
  reader,
  ...ports
}: Omit<ProofPorts, 'reader'> & { readonly reader: ChallengeReader | null }): { readonly proofs?: Proofs } {
  return reader === null ? {} : { proofs: new Proofs({ ...ports, reader }) };
}

/** What proving needs of the pass. */
export interface Proving {
  readonly api: Pick<LogpushApi, 'requestOwnership' | 'validateOwnership'>;
  readonly passId: string;
  readonly call: WriteOptions;
}

/** While nothing is tried for one destination of a scope. */
interface Pause {
  readonly error: ReconcileError;
  readonly waitMs: number;
  readonly until: number;
}

/** One destination of one scope, for one change. */
interface Case extends Proving {
  readonly need: ProofNeed;
  readonly change: Change;
  readonly plan: Plan;
  /** Fingerprint of the destination. */
  readonly destination: string;
  /** Safe to show. */
  readonly shown: string;
}

/**
 * Gets the proof that Cloudflare wants before a job may write to a destination: the token of the manifest, else the one
 * that it is asked to write there as a file.
 *
 * Each request writes a file, so one is made for each destination and scope, and the next not before its token is
 * about to end, or after a day where its file was of no use. That it is made is in the ledger before it is sent, so
 * that a crash does not ask twice; the token is kept in memory alone.
 */
export class Proofs {
  readonly #ports: ProofPorts;
  readonly #pauses = new Map<string, Pause>();
  readonly #tokens = new Map<string, Secret>();

  constructor(ports: ProofPorts) {
    this.#ports = ports;
  }

  /** The change with what it has to show; or why it has to wait. Throws a StoppedError, and bugs. */
  async prove(change: Change, plan: Plan, proving: Proving): Promise<Change | Waiting> {
    const need = proofNeedOf(change);
    if (need === null) return change;
    const text = need.destination.reveal();
    const { fingerprint } = this.#ports.ledger;
    const one: Case = {
      ...proving,
      need,
      change,
      plan,
      destination: fingerprint(text),
      shown: showDestination(text),
    };
    // Another token in the manifest is another try.
    const key = JSON.stringify([keyOf(one), need.given && fingerprint(need.given.reveal())]);
    const pause = this.#pauses.get(key);
    const leftMs = (pause?.until ?? 0) - this.#ports.clock.monotonic();
    if (pause !== undefined && leftMs > 0) return this.#waiting(pause.error, leftMs, true);
    try {
      const token = await this.#token(one);
      this.#pauses.delete(key);
      return withProof(change, token);
    } catch (error) {
      const failure = planned(error);
      if (failure instanceof StoppedError) throw failure;
      const doubled = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, 2 * (pause?.waitMs ?? 0)));
      const waitMs = failure instanceof ChallengeError && failure.isNotWritten ? HOUR_MS : doubled;
      const until = this.#ports.clock.monotonic() + waitMs;
      this.#pauses.set(key, { error: failure, waitMs, until });
      return this.#waiting(failure, waitMs, false);
    }
  }

  /** Cloudflare refused the change, with the proof that it was given. */
  async refused(change: Change, plan: Plan, failure: ReconcileError): Promise<void> {
    const need = proofNeedOf(change);
    if (need === null || failure.kind !== 'ownership') return;
    const { ledger } = this.#ports;
    const destination = ledger.fingerprint(need.destination.reveal());
    this.#tokens.delete(keyOf({ plan, destination }));
    const asked = ledger.challengeOf(plan.scope, destination);
    if (asked === undefined) return;
    try {
      await ledger.recordChallenge(plan.scope, { ...asked, refused: true });
    } catch (error) {
      // What Cloudflare said is what a person needs.
      planned(error);
    }
  }

  #waiting(error: ReconcileError, leftMs: number, isKnown: boolean): Waiting {
    const retryAt = new Date(this.#ports.clock.now() + leftMs).toISOString();
    return { error, retryInMs: leftMs, retryAt, isKnown };
  }

  async #token(one: Case): Promise<Secret> {
    const { need, shown } = one;
    const { reader, clock } = this.#ports;
    const { given } = need;
    if (given !== null && !isExpired(given, clock.now()) && (await this.#isValid(given, one))) return given;
    if (reader.covers(need.destination)) return this.#fetched(one);
    throw new ChallengeError(
      shown,
      given === null
        ? 'no reader of the setting challenge.readers covers it; add one, or write a token as ownership_challenge'
        : `${WHY_NOT_TAKEN}; ask for one of this ${one.plan.scope.kind} and this very destination with ` +
            '"logpushd challenge request", or add a reader to the setting challenge.readers',
    );
  }

  /** The token of a challenge that was asked for before, or is now. */
  async #fetched(one: Case): Promise<Secret> {
    const { clock, ledger } = this.#ports;
    const asked = ledger.challengeOf(one.plan.scope, one.destination);
    if (asked === undefined) return this.#askedAnew(one);
    const ageMs = clock.now() - Date.parse(asked.at);
    const { filename } = asked;
    if (filename === undefined) {
      if (ageMs >= HOUR_MS) return this.#askedAnew(one);
      throw new ChallengeError(one.shown, whyNoName(asked));
    }
    const known = this.#tokens.get(keyOf(one));
    if (known !== undefined && !isExpired(known, clock.now())) return known;
    if (asked.refused) {
      if (ageMs >= DAY_MS) return this.#askedAnew(one);
      throw new ChallengeError(one.shown, whyRefused(filename, asked));
    }
    const file = await this.#ports.reader.read(one.need.destination, filename, one.call.starting);
    if (file !== null) return this.#taken(file, { ...asked, filename }, one);
    if (ageMs >= DAY_MS) return this.#askedAnew(one);
    throw new ChallengeError(one.shown, whyMissing(filename));
  }

  async #askedAnew(one: Case): Promise<Secret> {
    const asked = await this.#ask(one);
    const { reader, clock } = this.#ports;
    const { starting } = one.call;
    for (const waitMs of LOOKS_MS) {
      if (waitMs > 0) await sleep(clock, waitMs, starting, one);
      const file = await reader.read(one.need.destination, asked.filename, starting);
      if (file !== null) return this.#taken(file, asked, one);
    }
    throw new ChallengeError(one.shown, whyMissing(asked.filename));
  }

  async #ask(one: Case): Promise<NamedChallenge> {
    const { plan, need, destination, shown, api, passId, call, change } = one;
    const { scope } = plan;
    const { ledger, clock, emit } = this.#ports;
    this.#tokens.delete(keyOf(one));
    const asked = { destination, at: new Date(clock.now()).toISOString() };
    await ledger.beginChallenge(scope, asked);
    const { valid, message, filename } = await api.requestOwnership(scope, need.destination, call);
    if (!valid) {
      await ledger.forgetChallenge(scope, destination);
      throw new ChallengeError(shown, whyNotWritten(message), { isNotWritten: true });
    }
    if (!isUsableFilename(filename)) {
      throw new ChallengeError(shown, "Cloudflare's answer holds no usable name of the challenge file");
    }
    const named = { ...asked, filename };
    await ledger.recordChallenge(scope, named);
    emit({ type: 'challenge.requested', passId, scope, job: change.name, destination: shown, filename });
    return named;
  }

  async #taken(file: Secret, asked: NamedChallenge, one: Case): Promise<Secret> {
    const { plan, passId, change, shown } = one;
    const { ledger, clock, emit } = this.#ports;
    const token = tokenIn(file.reveal());
    if (token === null || isExpired(token, clock.now()) || !(await this.#isValid(token, one))) {
      await ledger.recordChallenge(plan.scope, { ...asked, refused: true });
      throw new ChallengeError(shown, whyRefused(asked.filename, asked));
    }
    this.#tokens.set(keyOf(one), token);
    emit({ type: 'challenge.passed', passId, scope: plan.scope, job: change.name, destination: shown });
    return token;
  }

  async #isValid(token: Secret, { api, plan, need, call }: Case): Promise<boolean> {
    try {
      return await api.validateOwnership(plan.scope, need.destination, token, call);
    } catch (error) {
      // Where it cannot be asked, the write is what tells.
      if (error instanceof NotFoundError) return true;
      throw error;
    }
  }
}

type NamedChallenge = AskedChallenge & { readonly filename: string };

const WHY_NOT_TAKEN =
  'the ownership_challenge of the manifest has expired, or is that of another zone, account or destination';

function keyOf({ plan, destination }: Pick<Case, 'plan' | 'destination'>): string {
  return JSON.stringify([scopeKey(plan.scope), destination]);
}

function whyNotWritten(message: string): string {
  const told = message === '' ? '' : ` (${message})`;
  return `Cloudflare could not write a challenge file there${told}; give it the right to write, as its documentation of this type says`;
}

function whyNoName({ at }: AskedChallenge): string {
  const again = new Date(Date.parse(at) + HOUR_MS).toISOString();
  return (
    `Cloudflare was asked to write a challenge file, and its answer was lost; it is asked again at ${again}, as ` +
    'each request writes a file'
  );
}

function whyMissing(filename: string): string {
  return (
    `the challenge file ${filename} is not there yet, or not where the reader looks; it is looked for again, and ` +
    'the reader is what to check in the setting challenge.readers'
  );
}

function whyRefused(filename: string, { at }: AskedChallenge): string {
  const again = new Date(Date.parse(at) + DAY_MS).toISOString();
  return (
    `what the reader found as ${filename} is not a token that Cloudflare takes: it is of another zone, account or ` +
    `destination, has expired, or is another file; a new one is asked for at ${again}, and the reader is what to ` +
    'check in the setting challenge.readers'
  );
}

async function sleep(clock: Clock, ms: number, signal: AbortSignal, { shown }: Case): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new StoppedError(`read the challenge of ${shown}`);
  }
}
