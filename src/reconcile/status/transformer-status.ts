import {
  idOf,
  type TransformerChange,
  type TransformerPlan,
  type WithheldTransformer,
} from '../../core/transformer/change.ts';
import type { TransformerEvent } from '../event/transformer-events.ts';
import { IN_SYNC, type Sync, UNMANAGED, whyRefused } from './sync.ts';

/** Does a transformer match the manifest? */
export interface TransformerStatus extends Sync {
  readonly name: string;
  /** Null while Cloudflare has no such transformer. */
  readonly id: number | null;
}

/** Of one account. */
export interface TransformersStatus {
  readonly all: readonly TransformerStatus[];
  /** What failed last, while that stands. */
  readonly error: string | null;
}

export const NO_TRANSFORMERS: TransformersStatus = { all: [], error: null };

/** As far as events up to now tell. Pure. */
export function transformersAfter(
  { all, error }: TransformersStatus,
  event: TransformerEvent,
): TransformersStatus {
  switch (event.type) {
    case 'transformers.planned':
      return { all: transformersIn(event.plan), error: null };
    case 'transformers.unreadable':
      return { all, error: event.error.message };
    case 'transformer.applied': {
      const { change, id } = event;
      const done = { name: change.name, id, ...IN_SYNC };
      return {
        all: all.flatMap((one) =>
          isAbout(one, change) ? (change.action === 'delete' ? [] : [done]) : [one],
        ),
        error,
      };
    }
    case 'transformer.failed':
    case 'transformer.parked': {
      const reason = whyRefused(event, 'transformer');
      return { all: withReason(all, event.change, reason), error: reason };
    }
    case 'transformer.skipped':
      return { all: withReason(all, event.change, event.reason), error };
  }
}

function transformersIn({
  inSync,
  changes,
  withheld,
  unmanaged,
}: TransformerPlan): readonly TransformerStatus[] {
  return [
    ...inSync.map(({ desired, live }) => ({ name: desired.name, id: live.id, ...IN_SYNC })),
    ...[...changes, ...withheld].map((one) => ({ name: one.name, id: idOf(one) ?? null, ...openSync(one) })),
    ...unmanaged.map(({ name, id }) => ({ name, id, ...UNMANAGED })),
  ];
}

function openSync({ class: sync, reason, fields }: TransformerChange | WithheldTransformer): Sync {
  return { sync, reason, fields, classes: fields.map(() => sync) };
}

function withReason(
  all: readonly TransformerStatus[],
  change: TransformerChange,
  reason: string,
): readonly TransformerStatus[] {
  return all.map((one) => (isAbout(one, change) ? { ...one, reason } : one));
}

function isAbout({ name, id }: TransformerStatus, change: TransformerChange): boolean {
  return name === change.name && id === (idOf(change) ?? null);
}
