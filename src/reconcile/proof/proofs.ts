import { showDestination } from '../../core/destination/destination.ts';
import { scopeKey } from '../../core/job/job.ts';
import {
  expiryOf,
  isExpired,
  isUsableFilename,
  type ProofNeed,
  proofNeedOf,
  tokenIn,
  withProof,
} from '../../core/plan/challenge.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import type { AskedChallenge } from '../../core/plan/ledger-entry.ts';
import type { Secret } from '../../core/secret.ts';
import type { WriteOptions } from '../pass/apply.ts';
import type { Waiting } from '../pass/entrance.ts';
import {
  ChallengeError,
  failureOf,
  NotFoundError,
  planned,
  type ReconcileError,
  RejectedError,
  StoppedError,
  UnknownOutcomeError,
} from '../errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ChallengeReader, Clock, Emit, LogpushApi } from '../ports.ts';
import { Pauses } from './pauses.ts';
import {
  DAY_MS,
  HOUR_MS,
  WHY_NOT_TAKEN,
  whyDoubted,
  whyMissing,
  whyNoName,
  whyNotWritten,
  whyRefused,
  whyUnnamed,
} from './unproven.ts';

/** Of a token that does not say when it ends (`cloudflare-api.md` §6.3). */
const LIFE_MS = 7 * DAY_MS;
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
  /** A person has asked for the pass, so what may be mended by now is tried at once. */
  readonly isByHand: boolean;
  readonly call: WriteOptions;
}

/** What stood in the file of a challenge when it was read last. */
interface SeenFile {
  readonly text: Secret;
  /** Null where Cloudflare did not take what stands there. */
  readonly token: Secret | null;
  /** When it is of no use any more, milliseconds since the epoch. */
  readonly until: number;
}

/** One destination of one scope, for one change. */
interface Case extends Proving {
  readonly need: ProofNeed;
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
  readonly #pauses: Pauses;
  readonly #seen = new Map<string, SeenFile>();

  constructor(ports: ProofPorts) {
    this.#ports = ports;
    this.#pauses = new Pauses(ports.clock);
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
      plan,
      destination: fingerprint(text),
      shown: showDestination(text),
    };
    // Another token in the manifest is another try.
    const key = JSON.stringify([keyOf(one), need.given && fingerprint(need.given.reveal())]);
    const pause = this.#pauses.at(key);
    const isMended = proving.isByHand && pause?.passId !== proving.passId;
    if (pause !== null && !isMended) return this.#waiting(pause.error, pause.leftMs, true);
    try {
      const token = await this.#token(one);
      this.#pauses.end(key);
      return withProof(change, token);
    } catch (error) {
      const failure = planned(error);
      if (failure instanceof StoppedError) throw failure;
      return this.#waiting(failure, this.#pauses.begin(key, failure, proving.passId), false);
    }
  }

  /** Cloudflare refused the change, with the proof that it shows. */
  async refused(change: Change, plan: Plan, failure: ReconcileError): Promise<void> {
    const need = proofNeedOf(change);
    if (need === null || need.given === null || failure.kind !== 'ownership') return;
    const { ledger } = this.#ports;
    const destination = ledger.fingerprint(need.destination.reveal());
    const key = keyOf({ plan, destination });
    // A token of the manifest says nothing about the file.
    if (this.#seen.get(key)?.token?.reveal() !== need.given.reveal()) return;
    this.#seen.delete(key);
    const asked = ledger.challengeOf(plan.scope, destination);
    if (asked === undefined) return;
    // What Cloudflare said is what a person needs.
    await failureOf(ledger.recordChallenge(plan.scope, { ...asked, refused: true }));
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
    const known = this.#seen.get(keyOf(one))?.token;
    if (known && !isExpired(known, clock.now())) return known;
    if (asked.refused) {
      if (ageMs >= DAY_MS) return this.#askedAnew(one);
      throw new ChallengeError(one.shown, whyRefused(filename, asked));
    }
    try {
      const file = await this.#ports.reader.read(one.need.destination, filename, one.call.starting);
      if (file !== null) return await this.#taken(file, { ...asked, filename }, one);
      throw new ChallengeError(one.shown, whyMissing(filename));
    } catch (error) {
      // Some readers cannot tell a file that is gone from one that they may not read.
      if (ageMs >= DAY_MS && error instanceof ChallengeError) return this.#askedAnew(one);
      throw error;
    }
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
    const { plan, need, destination, shown, passId } = one;
    const { scope } = plan;
    const { ledger, clock, emit } = this.#ports;
    this.#seen.delete(keyOf(one));
    const asked = { destination, at: new Date(clock.now()).toISOString() };
    await ledger.beginChallenge(scope, asked);
    const { valid, message, filename } = await this.#answerTo(one);
    if (!valid) {
      await ledger.forgetChallenge(scope, destination);
      throw new ChallengeError(shown, whyNotWritten(message), { isLasting: true });
    }
    if (!isUsableFilename(filename)) {
      throw new ChallengeError(shown, whyUnnamed(asked), { isLasting: true });
    }
    const named = { ...asked, filename };
    await ledger.recordChallenge(scope, named);
    emit({ type: 'challenge.requested', passId, scope, job: need.job, destination: shown, filename });
    return named;
  }

  /** What surely made no file is forgotten, so that it can be asked for again soon. */
  async #answerTo({ api, plan, need, destination, call }: Case): ReturnType<LogpushApi['requestOwnership']> {
    try {
      return await api.requestOwnership(plan.scope, need.destination, call);
    } catch (error) {
      const failure = planned(error);
      if (!(failure instanceof UnknownOutcomeError)) {
        await failureOf(this.#ports.ledger.forgetChallenge(plan.scope, destination));
      }
      throw failure;
    }
  }

  async #taken(file: Secret, asked: NamedChallenge, one: Case): Promise<Secret> {
    const { plan, passId, need, shown } = one;
    const { ledger, clock, emit } = this.#ports;
    const key = keyOf(one);
    const before = this.#seen.get(key);
    const token = tokenIn(file.reveal());
    const isGood = token !== null && !isExpired(token, clock.now()) && (await this.#isValid(token, one));
    const until = (isGood ? expiryOf(token) : null) ?? clock.now() + LIFE_MS;
    for (const [other, seen] of this.#seen) if (seen.until <= clock.now()) this.#seen.delete(other);
    this.#seen.set(key, { text: file, token: isGood ? token : null, until });
    if (isGood) {
      emit({ type: 'challenge.passed', passId, scope: plan.scope, job: need.job, destination: shown });
      return token;
    }
    if (before?.token !== null || before.text.reveal() !== file.reveal()) {
      throw new ChallengeError(shown, whyDoubted(asked.filename));
    }
    await ledger.recordChallenge(plan.scope, { ...asked, refused: true });
    throw new ChallengeError(shown, whyRefused(asked.filename, asked));
  }

  async #isValid(token: Secret, { api, plan, need, call, shown }: Case): Promise<boolean> {
    try {
      const verdict = await api.validateOwnership(plan.scope, need.destination, token, call);
      const { valid, message, meaning } = verdict;
      if (valid || meaning === undefined || meaning.kind === 'ownership') return valid;
      // A refusal that is about something else says nothing about the token.
      throw new RejectedError({ action: `check the token for ${shown}`, cause: message, meaning });
    } catch (error) {
      // Where it cannot be asked, the write is what tells.
      if (error instanceof NotFoundError) return true;
      throw error;
    }
  }
}

type NamedChallenge = AskedChallenge & { readonly filename: string };

function keyOf({ plan, destination }: Pick<Case, 'plan' | 'destination'>): string {
  return JSON.stringify([scopeKey(plan.scope), destination]);
}

async function sleep(clock: Clock, ms: number, signal: AbortSignal, { shown }: Case): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new StoppedError(`read the challenge of ${shown}`);
  }
}
