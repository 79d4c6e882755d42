import type { Attribution } from '../../core/audit/attribution.ts';
import { HEALTH_STATES } from '../../core/health/health.ts';
import type { HealthRecord } from '../../core/health/record.ts';
import type { ScopeKey } from '../../core/job/job.ts';
import { isAuthor } from '../audit/page.ts';

const FORMAT = 1;
const PREFIX = 'health.';

/** Beside the ledger's page of the same scope. */
export function healthKey(scope: ScopeKey): string {
  return PREFIX + scope.replace('.', '-');
}

/** The scope that a key of the state is about, where it is such a key. */
export function scopeOfHealthKey(key: string): ScopeKey | null {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length).replace('-', '.') : null;
}

export function textOfHealthPage(jobs: readonly HealthRecord[]): string {
  return `${JSON.stringify({ version: FORMAT, jobs }, null, 2)}\n`;
}

/** Null for what logpushd does not write. */
export function parseHealthPage(text: string): readonly HealthRecord[] | null {
  const page = parseJson(text);
  return isPage(page) ? page.jobs : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isPage(value: unknown): value is { readonly jobs: readonly HealthRecord[] } {
  if (!isRecord(value) || value['version'] !== FORMAT) return false;
  const { jobs } = value;
  return Array.isArray(jobs) && jobs.every(isJob);
}

function isJob(value: unknown): value is HealthRecord {
  if (!isRecord(value)) return false;
  const { name, state, since, watchedSince, lastComplete, writtenAt, isDue, gaps, disabledBy } = value;
  return (
    typeof name === 'string' &&
    HEALTH_STATES.some((one) => one === state) &&
    isTime(since) &&
    isTime(watchedSince) &&
    (lastComplete === null || typeof lastComplete === 'string') &&
    (writtenAt === null || isTime(writtenAt)) &&
    typeof isDue === 'boolean' &&
    (disabledBy === undefined || isAttribution(disabledBy)) &&
    isRecord(gaps) &&
    (gaps['open'] === null || isGap(gaps['open'])) &&
    Array.isArray(gaps['closed']) &&
    gaps['closed'].every((gap) => isGap(gap) && isTime(gap['to']))
  );
}

function isAttribution(value: unknown): value is Attribution {
  if (!isRecord(value) || !isAuthor(value)) return false;
  const { at, action, others } = value;
  return (
    isTime(at) && ['create', 'update', 'delete'].some((one) => one === action) && Number.isSafeInteger(others)
  );
}

function isGap(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const { from, reason, isLost } = value;
  return isTime(from) && typeof reason === 'string' && typeof isLost === 'boolean';
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
