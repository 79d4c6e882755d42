import type { Pause, Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type {
  AskedChallenge,
  Collapse,
  Copies,
  Deleted,
  Drifting,
  Healing,
  LedgerEntry,
  OpenCreate,
  ScopeLedger,
} from '../../core/plan/ledger-entry.ts';
import { StateError } from '../errors.ts';

const FORMAT = 1;

/** What the state holds of one scope. */
export interface Page {
  readonly scope: Scope;
  readonly ledger: ScopeLedger;
}

export function textOfPage({ scope, ledger }: Page): string {
  return `${JSON.stringify({ version: FORMAT, scope, ...ledger }, null, 2)}\n`;
}

/** @throws StateError for what logpushd does not write. */
export function parsePage(key: ScopeKey, text: string): Page {
  const page = parseJson(text);
  if (isRecord(page) && Number.isSafeInteger(page['version']) && page['version'] !== FORMAT) {
    throw new StateError(
      `The state of ${key} has format ${String(page['version'])}, and this logpushd reads format ${FORMAT}: another version ` +
        `has written it. Go on with that version; or ${DELETE_IT}`,
    );
  }
  if (!isPage(page) || scopeKey(page.scope) !== key) {
    throw new StateError(
      `The state of ${key} is damaged: it is not what logpushd writes. Restore it from a backup; or ${DELETE_IT}`,
    );
  }
  const { version: _, scope, ...ledger } = page;
  return { scope, ledger };
}

const DELETE_IT =
  'delete it: jobs in the manifest are then adopted again by name, and the rest is left alone and reported.';

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type StoredPage = { readonly version: number; readonly scope: Scope } & ScopeLedger;

function isPage(value: unknown): value is StoredPage {
  if (!isRecord(value) || value['version'] !== FORMAT) return false;
  const { scope, entries, creating, collapse, copies, deleted, challenges, pauses, drifting } = value;
  return (
    isScope(scope) &&
    isListOf(entries, isEntry) &&
    isListOf(creating, isOpenCreate) &&
    (collapse === undefined || isCollapse(collapse)) &&
    (copies === undefined || isCopies(copies)) &&
    (deleted === undefined || isListOf(deleted, isDelete)) &&
    (challenges === undefined || isListOf(challenges, isAskedChallenge)) &&
    (pauses === undefined || isListOf(pauses, isPause)) &&
    (drifting === undefined || isListOf(drifting, isDrifting))
  );
}

function isScope(value: unknown): value is Scope {
  if (!isRecord(value)) return false;
  const { kind, id, name } = value;
  return (kind === 'zone' || kind === 'account') && typeof id === 'string' && typeof name === 'string';
}

function isListOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function isCreated(value: unknown): value is LedgerEntry['created'] {
  if (!isRecord(value)) return false;
  const { at, beside } = value;
  return typeof at === 'string' && isIds(beside);
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
}

function isCollapse(value: unknown): value is Collapse {
  return isRecord(value) && isIds(value['gone']) && isTexts(value['looks']);
}

function isDelete(value: unknown): value is Deleted {
  if (!isRecord(value)) return false;
  const { id, at, unanswered } = value;
  return (
    Number.isSafeInteger(id) && typeof at === 'string' && (unanswered === undefined || unanswered === true)
  );
}

function isAskedChallenge(value: unknown): value is AskedChallenge {
  if (!isRecord(value)) return false;
  const { destination, at, filename, refused } = value;
  return (
    typeof destination === 'string' &&
    typeof at === 'string' &&
    (filename === undefined || typeof filename === 'string') &&
    (refused === undefined || refused === true)
  );
}

function isDrifting(value: unknown): value is Drifting {
  return isRecord(value) && typeof value['key'] === 'string' && typeof value['since'] === 'string';
}

function isPause(value: unknown): value is Pause {
  if (!isRecord(value)) return false;
  const { job, since, until, reason } = value;
  return (
    typeof since === 'string' &&
    [job, until, reason].every((one) => one === undefined || typeof one === 'string')
  );
}

function isCopies(value: unknown): value is Copies {
  return isRecord(value) && isIds(value['ids']) && isTexts(value['looks']);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isOpenCreate(value: unknown): value is OpenCreate {
  if (!isRecord(value)) return false;
  const { name, since, protect, dataset, place, beside, looks } = value;
  return (
    [name, since, dataset, place].every((one) => typeof one === 'string') &&
    typeof protect === 'boolean' &&
    isIds(beside) &&
    isTexts(looks)
  );
}

function isEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value)) return false;
  const { name, id, dataset, protect, applied, unverifiable, created, healings } = value;
  const { superseded, supersededAt, fieldChoice } = value;
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(id) &&
    typeof dataset === 'string' &&
    typeof protect === 'boolean' &&
    isRecord(applied) &&
    Object.values(applied).every((one) => typeof one === 'string') &&
    Array.isArray(unverifiable) &&
    unverifiable.every((one) => typeof one === 'string') &&
    (superseded === undefined || Number.isSafeInteger(superseded)) &&
    (created === undefined || isCreated(created)) &&
    (supersededAt === undefined || typeof supersededAt === 'string') &&
    (fieldChoice === undefined || typeof fieldChoice === 'string') &&
    (healings === undefined || (isRecord(healings) && Object.values(healings).every(isHealing)))
  );
}

function isHealing(value: unknown): value is Healing {
  if (!isRecord(value)) return false;
  const { times, since, last, fought } = value;
  const isText = typeof since === 'string' && typeof last === 'string';
  return Number.isSafeInteger(times) && isText && typeof fought === 'boolean';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
