import type { EventOf } from '../../reconcile/event/events.ts';
import type { TraceEvent } from '../../reconcile/event/trace-events.ts';
import type { Line } from './line.ts';
import type { Shop } from './shop.ts';

const NEXT =
  'Nothing waits for them; they are thrown away meanwhile. Check OTEL_EXPORTER_OTLP_ENDPOINT, its headers, and whether the ' +
  'collector takes OTLP over HTTP there; OTEL_TRACES_EXPORTER=none switches traces off.';

/** The lines of `event-log.ts` about traces. */
export const TRACE_LINES: {
  readonly [Type in TraceEvent['type']]: (event: EventOf<Type>) => Line;
} = {
  'traces.failing': ({ collector, cause }) => ({
    level: 'warn',
    message: 'traces do not arrive',
    fields: { address: collector, cause, next: NEXT },
  }),
  'traces.resumed': ({ collector }) => ({
    level: 'info',
    message: 'traces arrive again',
    fields: { address: collector },
  }),
};

/** The same for `progress.ts`. */
export const TRACE_TEXTS: {
  readonly [Type in TraceEvent['type']]: (event: EventOf<Type>, shop: Shop) => string;
} = {
  'traces.failing': ({ collector, cause }, { yellow, clean }) =>
    `${yellow('traces do not arrive')}: ${clean(`${collector}: ${cause}`)}. ${NEXT}`,
  'traces.resumed': (_, { green }) => green('traces arrive again'),
};
