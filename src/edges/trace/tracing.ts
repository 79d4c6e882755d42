import { hostname } from 'node:os';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Emit } from '../../reconcile/ports.ts';
import { Spans, type TracedCall } from './spans.ts';
import { ToldExporter } from './told-exporter.ts';
import type { TraceProtocol, TraceSpec } from './trace-spec.ts';

/** At the end nobody waits longer for a collector. */
const ENDING_MS = 2_000;
/** Of a text in a span. */
const LONGEST = 2_048;

interface TracingOptions {
  readonly version: string;
  /** Cloudflare's API. */
  readonly apiUrl: string;
  readonly scrub: (text: string) => string;
  readonly emit: Emit;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Tracing {
  /** Subscribe this to the loop's events. */
  readonly emit: Emit;
  readonly onCall: (call: TracedCall) => void;
  /** Sends what is left, as far as the collector takes it in two seconds. Never rejects. */
  close(): Promise<void>;
}

/** Sends spans in the background; nothing of it waits for the collector, and what the queue cannot hold is lost. */
export function openTracing(spec: TraceSpec, options: TracingOptions): Tracing {
  const exporter = new ToldExporter(EXPORTERS[spec.protocol](), { ...options, collector: spec.collector });
  const provider = new TracerProvider({
    resource: resourceOf(options.version),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(spec.share) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...spec.batches })],
    spanLimits: { attributeValueLengthLimit: LONGEST },
  });
  const spans = new Spans(provider.getTracer('logpushd', options.version), options);
  return {
    emit: (event) => spans.emit(event),
    onCall: (call) => spans.onCall(call),
    async close() {
      spans.close();
      const ended = provider.shutdown().catch(() => undefined);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, ENDING_MS);
      await Promise.race([ended, late.promise]);
      clearTimeout(timer);
    },
  };
}

const EXPORTERS: { readonly [Protocol in TraceProtocol]: () => SpanExporter } = {
  'http/protobuf': () => new ProtobufExporter(),
  'http/json': () => new JsonExporter(),
};

/** What `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say beats ours. */
function resourceOf(version: string): Resource {
  return defaultResource()
    .merge(
      resourceFromAttributes({
        'service.name': 'logpushd',
        'service.version': version,
        'service.instance.id': hostname(),
      }),
    )
    .merge(detectResources({ detectors: [envDetector] }));
}
