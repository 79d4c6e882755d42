import { Secret } from '../core/secret.ts';
import {
  type SpanBatches,
  TRACE_PROTOCOLS,
  type TraceProtocol,
  type TraceSpec,
} from '../edges/trace/trace-spec.ts';
import { type Finding, shown } from './finding.ts';
import type { Environment } from './variables.ts';

interface Read<T> {
  readonly value: T;
  readonly findings: readonly Finding[];
}

/** Where an OpenTelemetry collector listens unless something says otherwise. */
const USUAL_COLLECTOR = 'http://localhost:4318';

/**
 * What the standard variables of OpenTelemetry say of traces; null: none are made. They come from whoever runs the cluster, often
 * for all programs at once, so nothing that is wrong with them keeps logpushd from starting.
 */
export function readTraces(environment: Environment): Read<TraceSpec | null> {
  const variables = new StandardVariables(environment);
  const [address, endpoint] = variables.ofTraces('ENDPOINT') ?? [];
  const exporters = variables.list('OTEL_TRACES_EXPORTER') ?? (endpoint === undefined ? [] : ['otlp']);
  const isOff = variables.text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  if (isOff || exporters.every((one) => one === 'none')) return { value: null, findings: [] };
  if (!exporters.includes('otlp')) {
    variables.warn(
      'OTEL_TRACES_EXPORTER',
      `logpushd sends traces by otlp alone, so it sends none. ${OTLP_OR_NONE}`,
    );
    return { value: null, findings: variables.findings };
  }
  const protocol = protocolOf(variables);
  const collector = collectorOf(variables, address, endpoint);
  if (protocol === null || collector === null) return { value: null, findings: variables.findings };
  const spec = {
    protocol,
    collector,
    share: shareOf(variables),
    batches: batchesOf(variables),
    secrets: secretsOf(variables),
  };
  return { value: spec, findings: variables.findings };
}

const OTLP_OR_NONE = 'Set it to otlp or none.';

/** Empty counts as not set, as the standard has it. */
class StandardVariables {
  readonly findings: Finding[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(name: string): string | undefined {
    const text = this.#environment[name]?.trim();
    return text === '' ? undefined : text;
  }

  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((one) => one.trim());
  }

  /** The one for traces beats the one for all signals. */
  ofTraces(what: string): readonly [name: string, text: string] | undefined {
    const names = [`OTEL_EXPORTER_OTLP_TRACES_${what}`, `OTEL_EXPORTER_OTLP_${what}`];
    for (const name of names) {
      const text = this.text(name);
      if (text !== undefined) return [name, text];
    }
    return undefined;
  }

  /** A whole number of at least one; anything else counts as not set. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= 1 && value < 2 ** 31) return value;
    this.warn(name, 'It is not a whole number from 1 on, and is ignored.');
    return undefined;
  }

  warn(place: string, says: string, value = this.text(place)): void {
    const message = value === undefined ? says : `${shown(value)}: ${says}`;
    this.findings.push({ severity: 'warning', code: 'bad-traces', place, key: '', message });
  }
}

function protocolOf(variables: StandardVariables): TraceProtocol | null {
  const [name, text] = variables.ofTraces('PROTOCOL') ?? ['', 'http/protobuf'];
  const protocol = TRACE_PROTOCOLS.find((one) => one === text);
  if (protocol !== undefined) return protocol;
  variables.warn(
    name,
    `logpushd sends traces by ${TRACE_PROTOCOLS.join(' or ')} alone, so it sends none. Set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL to one ` +
      'of these, and the endpoint to the HTTP port of the collector, usually 4318.',
  );
  return null;
}

function collectorOf(
  variables: StandardVariables,
  name = '',
  endpoint = USUAL_COLLECTOR,
): TraceSpec['collector'] | null {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '')
    return url.origin;
  // The value may hold a password.
  const says = 'It is not an http(s) address without a password, so no traces are sent. Write it as in';
  variables.warn(
    name,
    `${says} ${USUAL_COLLECTOR}; what a collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS.`,
    '…',
  );
  return null;
}

const SHARES: Readonly<Record<string, number>> = {
  always_on: 1,
  always_off: 0,
  parentbased_always_on: 1,
  parentbased_always_off: 0,
};

/** No trace begins outside of logpushd, so whether a sampler follows the parent makes no difference. */
function shareOf(variables: StandardVariables): number {
  const sampler = variables.text('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const share = SHARES[sampler];
  if (share !== undefined) return share;
  if (!/^(parentbased_)?traceidratio$/.test(sampler)) {
    const known = [...Object.keys(SHARES), 'traceidratio', 'parentbased_traceidratio'].join(', ');
    variables.warn(
      'OTEL_TRACES_SAMPLER',
      `logpushd has no such sampler, and keeps all traces. It has ${known}.`,
    );
    return 1;
  }
  const text = variables.text('OTEL_TRACES_SAMPLER_ARG');
  const ratio = Number(text ?? '1');
  if (ratio >= 0 && ratio <= 1) return ratio;
  variables.warn('OTEL_TRACES_SAMPLER_ARG', 'It is not a number from 0 to 1, so all traces are kept.');
  return 1;
}

const BATCH_VARIABLES: { readonly [Key in keyof Required<SpanBatches>]: string } = {
  scheduledDelayMillis: 'OTEL_BSP_SCHEDULE_DELAY',
  exportTimeoutMillis: 'OTEL_BSP_EXPORT_TIMEOUT',
  maxQueueSize: 'OTEL_BSP_MAX_QUEUE_SIZE',
  maxExportBatchSize: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
};

function batchesOf(variables: StandardVariables): SpanBatches {
  return Object.fromEntries(
    Object.entries(BATCH_VARIABLES).flatMap(([key, name]) => {
      const value = variables.number(name);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

const SECRET_HEADER = /auth|key|token|secret|password|credential/i;

/** As they are written and as they are sent; of `Bearer abc` also what stands behind the scheme. */
function secretsOf(variables: StandardVariables): readonly Secret[] {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'];
  const values = names
    .flatMap((name) => variables.list(name) ?? [])
    .filter((pair) => SECRET_HEADER.test(pair.slice(0, pair.indexOf('='))))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const texts = values.flatMap((value) => {
    const sent = decoded(value);
    return [value, sent, ...sent.split(' ')];
  });
  return [...new Set(texts)].filter((text) => text !== '').map((text) => new Secret(text));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
