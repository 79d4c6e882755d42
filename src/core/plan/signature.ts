import type { Attribution } from '../audit/attribution.ts';
import { disablerOf } from '../health/disabler.ts';
import type { LiveJob } from '../job/job.ts';
import type { FieldDiff } from './change.ts';

/** What a drift is known by: what the dashboard does with each save, what Cloudflare does by itself, or a program. */
export const SIGNATURES = ['dashboard', 'disabled_by_cloudflare', 'another_tool'] as const;
export type Signature = (typeof SIGNATURES)[number];

const TIME_FORMAT = 'output_options.timestamp_format';
const CVE_FLAG = 'output_options.CVE-2021-44228';

/**
 * Null where nothing speaks for one of them. Who did it, where that is known, decides; else the fields do: a save in the
 * dashboard takes the CVE flag away and writes times as rfc3339 (`cloudflare-api.md` §11), and Cloudflare disables what has
 * failed for 24 hours.
 */
export function signatureOf(
  fields: readonly FieldDiff[],
  live: LiveJob | undefined,
  by: Attribution | null,
): Signature | null {
  const moved = fields.filter((field) => field.class === 'drift' || field.class === 'conflict');
  const wayTells = by !== null && by.way !== 'unknown';
  if (isDisabled(moved)) {
    if (wayTells && by.way === 'cloudflare') return 'disabled_by_cloudflare';
    const disabler = live === undefined ? null : disablerOf(live, Number.NEGATIVE_INFINITY, by);
    if (disabler === 'cloudflare') return 'disabled_by_cloudflare';
  }
  if (wayTells)
    return by.way === 'dashboard' || by.way === 'cloudflare' ? ofDashboard(moved) : 'another_tool';
  return ofDashboard(moved);
}

function ofDashboard(moved: readonly FieldDiff[]): 'dashboard' | null {
  const at = (path: string): FieldDiff['before'] | undefined =>
    moved.find((field) => field.path === path)?.before;
  const lostFlag = at(CVE_FLAG) === false || at(CVE_FLAG) === null;
  return lostFlag && at(TIME_FORMAT) === 'rfc3339' ? 'dashboard' : null;
}

function isDisabled(moved: readonly FieldDiff[]): boolean {
  return moved.some(({ path, before }) => path === 'enabled' && before === false);
}

/** What it means and what to do, for people. */
export const SIGNATURE_TEXTS: { readonly [S in Signature]: string } = {
  dashboard:
    'That is what a save in the dashboard does: it takes CVE-2021-44228 away and writes times as rfc3339.',
  disabled_by_cloudflare:
    'Its last delivery failed, and Cloudflare disables a job after 24 hours of failures: check the destination.',
  another_tool:
    'That was a program: if it goes on, let one of the two manage the job, or list the fields under "ignore".',
};
