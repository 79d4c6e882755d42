import type { ReconcileEvent } from '../../reconcile/events.ts';

export type EventType = ReconcileEvent['type'];

/** The event of one type: a table with an entry for each type is complete, or does not compile. */
export type EventOf<Type extends EventType> = Extract<ReconcileEvent, { readonly type: Type }>;
