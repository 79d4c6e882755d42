import type { Secret } from '../../core/secret.ts';

export const TRACE_PROTOCOLS = ['http/protobuf', 'http/json'] as const;
export type TraceProtocol = (typeof TRACE_PROTOCOLS)[number];

/** How many spans wait, and how long; what is absent is as OpenTelemetry has it. */
export interface SpanBatches {
  readonly scheduledDelayMillis?: number;
  readonly exportTimeoutMillis?: number;
  readonly maxQueueSize?: number;
  readonly maxExportBatchSize?: number;
}

/** Where traces go. Address, headers and certificates are read by the exporter itself, from the standard variables. */
export interface TraceSpec {
  readonly protocol: TraceProtocol;
  /** For people: scheme, host and port. */
  readonly collector: string;
  /** Of all traces, from 0 to 1, the part that is kept. */
  readonly share: number;
  readonly batches: SpanBatches;
  /** What the headers hold. */
  readonly secrets: readonly Secret[];
}
