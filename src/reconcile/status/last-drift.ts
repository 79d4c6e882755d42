import { type Attribution, authorDocument } from '../../core/audit/attribution.ts';
import type { Action } from '../../core/plan/change.ts';
import type { Signature } from '../../core/plan/signature.ts';
import type { EventOf } from '../event/events.ts';

/** How a job was last found to be changed behind our back. */
export interface LastDrift {
  /** RFC 3339. */
  readonly foundAt: string;
  /** What puts it right. */
  readonly action: Action;
  readonly fields: readonly string[];
  readonly heals: boolean;
  readonly signature: Signature | null;
  /** Null where nobody knows, or not yet. */
  readonly by: Attribution | null;
}

/** By the name of the job. */
export type LastDrifts = ReadonlyMap<string, LastDrift>;

export function driftAfter(
  drifts: LastDrifts,
  event: EventOf<'drift.found' | 'drift.attributed'>,
  foundAt: string,
): LastDrifts {
  const { job, action } = event;
  if (event.type === 'drift.found') {
    const { heals, signature = null, attribution: by = null } = event;
    const fields = event.fields.map(({ path }) => path);
    return new Map(drifts).set(job, { foundAt, action, fields, heals, signature, by });
  }
  const known = drifts.get(job);
  if (known?.action !== action || known.by !== null) return drifts;
  return new Map(drifts).set(job, { ...known, by: event.attribution });
}

/** As `GET /api/v1/status` shows it. */
export function driftJson(drift: LastDrift | undefined): object | null {
  if (drift === undefined) return null;
  const { foundAt, by, ...rest } = drift;
  return { found_at: foundAt, ...rest, by: by && authorDocument(by) };
}
