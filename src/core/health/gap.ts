import { minuteText } from '../minute.ts';
import { type DeliveryHealth, type HealthState, isDisabled, isTrouble } from './health.ts';

/** A time from which no logs were delivered. */
export interface OpenGap {
  /** RFC 3339. */
  readonly from: string;
  /** The state of the job, or `missing`. */
  readonly reason: string;
  /** Whether what fell into it is lost in any case: of a job that is disabled or not there nothing is sent later. */
  readonly isLost: boolean;
}

export interface Gap extends OpenGap {
  readonly to: string;
}

/** What is told of a job. */
export interface GapLog {
  readonly open: OpenGap | null;
  /** Oldest first. */
  readonly closed: readonly Gap[];
}

export const NO_GAPS: GapLog = { open: null, closed: [] };

const MOST_GAPS = 50;
const DAY_MS = 24 * 3_600_000;
/** How far back deliveries are accounted for. */
const KEPT_MS = 30 * DAY_MS;

/** What a look at a job says about its deliveries. */
export interface DeliverySight {
  readonly health: DeliveryHealth;
  /** Whether Cloudflare has the job. */
  readonly isThere: boolean;
  /** The end of the last delivery that was seen, or else since when the job is watched. RFC 3339. */
  readonly deliveredUpTo: string;
  /** RFC 3339. */
  readonly at: string;
}

/**
 * A job that fails or lags is late: Cloudflare tries again, and what arrives then is not lost. One that is disabled or
 * not there loses logs, from its last delivery until it is enabled again.
 */
export function gapsAfter(log: GapLog, sight: DeliverySight): GapLog {
  const open = openedBy(sight);
  const begun = log.open;
  if (open === null) {
    const isOver = begun !== null && (begun.isLost || ENDS.has(sight.health.state));
    return isOver ? closedAt(log, begun, sight.at) : log;
  }
  if (begun === null) return { ...log, open: { ...open, from: latest(open.from, log.closed.at(-1)?.to) } };
  if (!begun.isLost || open.isLost) return { ...log, open: { ...open, from: begun.from } };
  const closed = closedAt(log, begun, sight.at);
  return { ...closed, open: { ...open, from: latest(open.from, sight.at) } };
}

function openedBy({ health, isThere, deliveredUpTo: from }: DeliverySight): OpenGap | null {
  if (!isThere) return { from, reason: 'missing', isLost: true };
  if (!isTrouble(health.state)) return null;
  return { from, reason: health.state, isLost: isDisabled(health.state) };
}

/** What ends a gap that was only late: it delivers again, or the manifest has switched it off. */
const ENDS: ReadonlySet<HealthState> = new Set<HealthState>(['healthy', 'idle', 'off']);

function closedAt({ closed }: GapLog, gap: OpenGap, to: string): GapLog {
  const oldest = Date.parse(to) - KEPT_MS;
  const kept = [...closed, { ...gap, to }].filter((one) => Date.parse(one.to) > oldest);
  return { open: null, closed: kept.slice(-MOST_GAPS) };
}

/** As in `Nothing was delivered from 2026-11-22 08:10 UTC on: Cloudflare sends these logs late.` */
export function gapText({ from, to, isLost }: OpenGap & Partial<Gap>): string {
  const span =
    to === undefined ? `from ${minuteText(from)} on` : `from ${minuteText(from)} to ${minuteText(to)}`;
  if (isLost) return `Nothing was delivered ${span}, and these logs are lost.`;
  const may = to === undefined ? 'may still send' : 'sends';
  return `Nothing was delivered ${span}; Cloudflare ${may} these logs late.`;
}

function latest(one: string, other: string | undefined): string {
  return other !== undefined && Date.parse(other) > Date.parse(one) ? other : one;
}

/** Shares of time whose logs were delivered, 0 to 1; null where nothing is known of that time. */
export interface Delivered {
  readonly day: number | null;
  readonly month: number | null;
}

/** @param since when the job was first watched, RFC 3339 */
export function deliveredShares(log: GapLog, since: string, at: string): Delivered {
  const share = (ms: number): number | null => {
    const end = Date.parse(at);
    const begin = Math.max(end - ms, Date.parse(since));
    if (!(end > begin)) return null;
    const lost = [
      ...log.closed.filter(({ isLost }) => isLost),
      ...(log.open ? [{ ...log.open, to: at }] : []),
    ];
    const missing = lost
      .map(({ from, to }) => Math.min(Date.parse(to), end) - Math.max(Date.parse(from), begin))
      .reduce((sum, one) => sum + Math.max(0, one), 0);
    return Math.max(0, 1 - missing / (end - begin));
  };
  return { day: share(DAY_MS), month: share(KEPT_MS) };
}
