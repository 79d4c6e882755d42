import type { Logger } from '../edges/log/logger.ts';
import type { Tracing } from '../edges/trace/tracing.ts';
import type { Emit } from '../reconcile/ports.ts';
import { packageVersion } from '../schemas.ts';
import type { Settings } from '../settings.ts';

interface TracingPorts {
  readonly logger: Logger;
  readonly emit: Emit;
}

/** Null where nobody wants traces; only otherwise is anything loaded for them. */
export async function openTraces(
  { traces, cloudflare }: Settings,
  { logger, emit }: TracingPorts,
): Promise<Tracing | null> {
  if (traces === null) return null;
  for (const secret of traces.secrets) logger.registerSecret(secret);
  const { openTracing } = await import('../edges/trace/tracing.ts');
  return openTracing(traces, {
    version: packageVersion(),
    apiUrl: cloudflare.baseUrl,
    scrub: (text) => logger.scrub(text),
    emit,
    now: () => Date.now(),
  });
}
