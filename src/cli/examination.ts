import type { Program } from '../program.ts';
import type { TokenSight } from '../core/doctor/connection.ts';
import { isNewPlace, type Place, type Tried } from '../core/doctor/destinations.ts';
import type { Plan } from '../core/plan/change.ts';
import { type Diagnosis, ok, type Trouble } from '../core/doctor/diagnosis.ts';
import type { Listed } from '../core/doctor/scopes.ts';
import type { TransformersSight } from '../core/doctor/transformers.ts';
import { needsAccounts, needsZones } from '../core/manifest/resolve.ts';
import { destinationText } from '../core/plan/desired-text.ts';
import { isError } from '../core/problem.ts';
import { plural } from '../core/render/summary.ts';
import { Secret } from '../core/secret.ts';
import { planned, type ReconcileError, StoppedError, UnreachableError } from '../reconcile/errors.ts';
import type { PassResult } from '../reconcile/pass/pass-terms.ts';
import type { CallOptions } from '../reconcile/ports.ts';
import type { Settings } from '../settings.ts';
import { newSqlOf } from './preview.ts';

/** What `doctor` looks at. Whatever fails is one more thing to tell. */

export interface ManifestStep {
  readonly rows: readonly Diagnosis[];
  readonly isUsable: boolean;
  readonly needsZones: boolean;
  readonly needsAccounts: boolean;
}

export async function manifestStep(program: Program, signal: AbortSignal): Promise<ManifestStep> {
  const row = { check: 'manifest', subject: '' } as const;
  const unusable = { isUsable: false, needsZones: false, needsAccounts: false };
  try {
    const { manifest, problems, files } = await program.check(signal);
    if (manifest === null) {
      const says = `It has ${plural(problems.filter(isError).length, 'error')}, so nothing about its jobs can be told.`;
      return {
        ...unusable,
        rows: [{ ...row, state: 'fail', says, next: '"logpushd validate" shows them.' }],
      };
    }
    return {
      rows: [ok('manifest', '', `It is good: ${plural(files, 'file')}.`)],
      isUsable: true,
      needsZones: needsZones(manifest),
      needsAccounts: needsAccounts(manifest),
    };
  } catch (error) {
    return { ...unusable, rows: [{ ...row, state: 'fail', ...troubleOf(failureIn(error)) }] };
  }
}

export async function seenBy(program: Program, call: CallOptions): Promise<Seen> {
  const { reader } = program;
  const zones = await listed(() => reader.listZones(call));
  // Each further call would wait as long and say the same.
  const accounts = isDead({ zones }) ? zones : await listed(() => reader.listAccounts(call));
  return { zones, accounts };
}

/** Whether Cloudflare does not answer at all. */
export function isDead({ zones }: Pick<Seen, 'zones'>): boolean {
  return 'trouble' in zones && zones.lacks === 'answer';
}

type ListedWithIds = Listed & { readonly ids?: readonly string[] };

export interface Seen {
  readonly zones: ListedWithIds;
  readonly accounts: ListedWithIds;
}

async function listed(
  list: () => Promise<readonly { readonly id: string; readonly name: string }[]>,
): Promise<ListedWithIds> {
  try {
    const items = await list();
    return { names: items.map(({ name }) => name), ids: items.map(({ id }) => id) };
  } catch (error) {
    const failure = failureIn(error);
    const trouble = troubleOf(failure);
    if (failure instanceof UnreachableError && failure.status === undefined)
      return { trouble, lacks: 'answer' };
    return failure.kind === 'missing-right' ? { trouble, lacks: 'right' } : { trouble };
  }
}

/** Cloudflare tells about a token of a user in one place, and about one of an account in another. */
export async function tokenSight(
  program: Program,
  { credentials }: Pick<Settings, 'credentials'>,
  { zones, accounts }: Seen,
  call: CallOptions,
): Promise<TokenSight> {
  if ('trouble' in zones && isDead({ zones })) return { trouble: zones.trouble };
  const isAccepted = !('trouble' in zones) || !('trouble' in accounts);
  if (credentials?.kind === 'global-key') {
    return isAccepted
      ? {
          isAccepted,
          why: 'It is a global API key, which has every right of its user and no end; a token with "Logs: Edit" is safer.',
        }
      : { trouble: 'trouble' in zones ? zones.trouble : UNSEEN };
  }
  const [account] = accounts.ids ?? [];
  const places = account === undefined ? [undefined] : [undefined, account];
  let last: Trouble = UNSEEN;
  for (const place of places) {
    try {
      return await program.reader.verifyToken(place, call);
    } catch (error) {
      last = troubleOf(failureIn(error));
    }
  }
  if (!isAccepted) return { trouble: last };
  return {
    isAccepted,
    why: 'Cloudflare does not say until when: it is perhaps the token of another account.',
  };
}

const UNSEEN: Trouble = { says: 'The token cannot be looked at.', next: 'Look at the other lines.' };

export async function passStep(
  program: Program,
  zones: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly rows: readonly Diagnosis[]; readonly result: PassResult | null }> {
  const failed = (error: ReconcileError): { rows: readonly Diagnosis[]; result: null } => ({
    rows: [{ check: 'pass', subject: '', state: 'fail', ...troubleOf(error) }],
    result: null,
  });
  try {
    const result = await program.pass({ zones, signal });
    const { unreadable, unresolved, refusal } = result;
    for (const { error } of unreadable) failureIn(error);
    if (result.failure !== undefined) return failed(failureIn(result.failure));
    const rows: readonly Diagnosis[] = [
      ...unresolved.map(({ name, reason }): Diagnosis => {
        const next = 'Correct the name in the manifest, or let the token see it.';
        return { check: 'scope', subject: name, state: 'fail', says: reason, next };
      }),
      ...unreadable.map(({ scope, error }): Diagnosis => {
        return { check: 'scope', subject: scope.name, state: 'fail', ...troubleOf(error) };
      }),
      ...(refusal === null ? [] : [refused(refusal.reason)]),
    ];
    return { rows, result };
  } catch (error) {
    return failed(failureIn(error));
  }
}

function refused(reason: string): Diagnosis {
  return {
    check: 'pass',
    subject: '',
    state: 'fail',
    says: reason,
    next: '"logpushd plan" shows what would go.',
  };
}

/** The transformers that the pass has looked at; new SQL is tried on an empty record, of which Cloudflare keeps nothing. */
export async function transformerSights(
  { transformers: reader }: Pick<Program, 'transformers'>,
  { transformers }: Pick<PassResult, 'transformers'>,
  call: CallOptions,
): Promise<readonly TransformersSight[]> {
  const { plans = [], unreadable = [] } = transformers ?? {};
  const sights: TransformersSight[] = unreadable.map(({ scope, error }) => ({
    scope,
    seen: { trouble: troubleOf(error) },
    refused: [],
  }));
  for (const plan of plans) {
    const refused: { name: string; trouble: Trouble }[] = [];
    for (const change of plan.changes) {
      const sql = newSqlOf(change);
      if (sql === null) continue;
      try {
        await reader.previewTransformer(plan.scope, sql, {}, call);
      } catch (error) {
        refused.push({ name: change.name, trouble: troubleOf(failureIn(error)) });
      }
    }
    sights.push({ scope: plan.scope, seen: plan, refused });
  }
  return sights;
}

export async function tryAll(
  program: Program,
  places: readonly Place[],
  plans: readonly Plan[],
  call: CallOptions,
): Promise<ReadonlyMap<Place, Tried>> {
  const tried = new Map<Place, Tried>();
  for (const place of places) {
    const [{ scope, job }] = place.deliveries;
    const destination = new Secret(destinationText(job));
    try {
      const verdict = await program.reader.validateDestination(scope, destination, call);
      const isNew = verdict.valid && isNewPlace(place, plans);
      tried.set(place, { ...verdict, isTaken: isNew && (await isTaken(program, place, call)) });
    } catch (error) {
      const failure = failureIn(error);
      const { meaning } = failure;
      tried.set(place, { valid: false, message: failure.message, ...(meaning && { meaning }) });
    }
  }
  return tried;
}

/** Not told where Cloudflare does not say. */
async function isTaken({ reader }: Program, { deliveries }: Place, call: CallOptions): Promise<boolean> {
  const [{ scope, job }] = deliveries;
  try {
    return await reader.destinationExists(scope, new Secret(destinationText(job)), call);
  } catch (error) {
    failureIn(error);
    return false;
  }
}

/** Why the challenges of a place cannot be read; null where they can. */
export async function readAll(
  { challenges }: Program,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Place, string | null>> {
  const read = new Map<Place, string | null>();
  for (const place of places) {
    const [{ job }] = place.deliveries;
    const destination = new Secret(destinationText(job));
    if (challenges?.covers(destination) !== true) continue;
    try {
      await challenges.read(destination, ABSENT_FILE, signal);
      read.set(place, null);
    } catch (error) {
      read.set(place, failureIn(error).message);
    }
  }
  return read;
}

const ABSENT_FILE = 'logpushd-doctor-looks-for-a-file-that-is-not-there.txt';

/** One that is to be told; whoever was stopped gets no picture of what would fail. */
export function failureIn(error: unknown): ReconcileError {
  const failure = planned(error);
  if (failure instanceof StoppedError) throw failure;
  return failure;
}

/** What Cloudflare said, and what to do, without saying it twice. */
export function troubleOf({ message, meaning }: ReconcileError): Trouble {
  if (meaning === undefined) return { says: message, next: '' };
  const [says = message] = message.split(` ${meaning.next}`);
  return { says, next: meaning.next };
}
