import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type LoadedSettings, loadSettings } from '../../src/settings.ts';

function load(environment: Record<string, string>, servesHttp = true): LoadedSettings {
  return loadSettings({
    flags: {},
    environment,
    cwd: import.meta.dirname,
    credentials: 'unused',
    servesHttp,
    logToTerminal: false,
  });
}

const COLLECTOR = 'http://otel.monitoring:4318';
const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR };

describe('traces', () => {
  it('are not made unless a standard variable asks for them', () => {
    expect(load({}).settings?.traces).toBeNull();
    expect(load({ OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_ENDPOINT: '' }).settings?.traces).toBeNull();
  });

  it.each<[environment: Record<string, string>, collector: string]>([
    [ON, COLLECTOR],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: `${COLLECTOR}/otlp/` }, COLLECTOR],
    [{ ...ON, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in' }, 'https://traces.example'],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318'],
    [{ ...ON, OTEL_TRACES_EXPORTER: 'console,otlp' }, COLLECTOR],
    [{ ...ON, OTEL_SDK_DISABLED: 'false' }, COLLECTOR],
  ])('go where %j says', (environment, collector) => {
    const { settings, findings } = load(environment);
    expect(findings).toEqual([]);
    expect(settings?.traces).toMatchObject({ collector, protocol: 'http/protobuf', share: 1, batches: {} });
  });

  it.each([{ OTEL_SDK_DISABLED: 'TRUE' }, { OTEL_TRACES_EXPORTER: 'none' }])(
    'are switched off by %j, whatever else is set',
    (off) => {
      const { settings, findings } = load({ ...ON, ...off, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
      expect([settings?.traces, findings]).toEqual([null, []]);
    },
  );

  it('are made by what serves HTTP alone', () => {
    expect(load({ ...ON, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, false)).toMatchObject({
      settings: { traces: null },
      findings: [],
    });
  });

  it.each<[environment: Record<string, string>, share: number]>([
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 0],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }, 1],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }, 0.25],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, 0],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, 1],
    [{ OTEL_TRACES_SAMPLER_ARG: '0.1' }, 1],
  ])('are kept as %j says', (environment, share) => {
    expect(load({ ...ON, ...environment })).toMatchObject({ settings: { traces: { share } }, findings: [] });
  });

  it('wait as the variables of the batch processor say', () => {
    const environment = { OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BSP_MAX_QUEUE_SIZE: '9000' };
    expect(load({ ...ON, ...environment }).settings?.traces?.batches).toEqual({
      scheduledDelayMillis: 100,
      maxQueueSize: 9000,
    });
  });

  it.each<[environment: Record<string, string>, place: string, says: string, isMade: boolean]>([
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER', '"zipkin": logpushd sends', false],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL', 'usually 4318', false],
    [
      { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http' },
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      'http/protobuf or http/json',
      false,
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'otel:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT', 'http(s) address', false],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://u:hunter22@otel' },
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_EXPORTER_OTLP_HEADERS',
      false,
    ],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER', 'no such sampler', true],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '5' },
      'OTEL_TRACES_SAMPLER_ARG',
      'from 0 to 1',
      true,
    ],
    [{ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }, 'OTEL_BSP_MAX_QUEUE_SIZE', 'is ignored', true],
  ])('never keep logpushd from starting: %j is a warning', (environment, place, says, isMade) => {
    const { settings, findings } = load({ ...ON, ...environment });
    expect(settings).not.toBeNull();
    expect(settings?.traces !== null).toBe(isMade);
    expect(findings).toMatchObject([{ severity: 'warning', code: 'bad-traces', place }]);
    expect(findings[0]?.message).toContain(says);
    expect(findings[0]?.message).not.toContain('hunter22');
  });

  it('name the secrets in the headers, and print none of them', () => {
    const headers = 'x-tenant=production,Authorization=Bearer%20abc-123-xyz';
    const { settings } = load({ ...ON, OTEL_EXPORTER_OTLP_HEADERS: headers });
    expect(settings?.traces?.secrets.map((secret) => secret.reveal())).toEqual([
      'Bearer%20abc-123-xyz',
      'Bearer abc-123-xyz',
      'Bearer',
      'abc-123-xyz',
    ]);
    expect(inspect(settings, { depth: Infinity }) + JSON.stringify(settings)).not.toContain('abc-123');
  });
});
