import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Emit } from '../../reconcile/ports.ts';

/** Says once that spans do not arrive, and once that they do again. */
export class ToldExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #collector: string;
  readonly #emit: Emit;
  #isFailing = false;

  constructor(
    exporter: SpanExporter,
    { collector, emit }: { readonly collector: string; readonly emit: Emit },
  ) {
    this.#exporter = exporter;
    this.#collector = collector;
    this.#emit = emit;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#tell(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #tell({ code, error }: ExportResult): void {
    const isFailing = code !== ExportResultCode.SUCCESS;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    const collector = this.#collector;
    if (isFailing) this.#emit({ type: 'traces.failing', collector, cause: causeOf(error) });
    else this.#emit({ type: 'traces.resumed', collector });
  }
}

/** In our words: messages and answers of others may hold anything. */
function causeOf(error: Error | undefined): string {
  const code = error !== undefined && 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `it answers HTTP ${code}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code))
    return `the connection failed (${code})`;
  return 'it does not answer in time';
}
