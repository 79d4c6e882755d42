/** Traces of a real daemon, as a collector on this machine gets them. */

import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { aCanary, leaksIn, plantedCanaries } from '../canaries.ts';
import { type OtlpReceiver, openOtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { aFolder, Running } from './process.ts';

const NEVER = '0 0 1 1 *';
/** Longer than any test: what arrives was sent at the end. */
const AN_HOUR = '3600000';
const SECRETS = {
  'siem-token': aCanary('the token of the SIEM').core,
  'r2-access-key-id': aCanary('the access key').core,
  'r2-secret-access-key': aCanary('the secret key').core,
};
const API_TOKEN = aCanary('the API token').core;
const COLLECTOR_KEY = aCanary('the key of the collector').core;

interface Traced {
  readonly sandbox: RunningSandbox;
  readonly running: Running;
}

/** A daemon that has brought a sandbox to what the sample manifest says. */
async function startTraced(env: Record<string, string>): Promise<Traced> {
  const folder = await aFolder();
  await mkdir(join(folder, 'config/secrets'), { recursive: true });
  for (const [name, value] of Object.entries(SECRETS))
    await writeFile(join(folder, 'config/secrets', name), value);
  const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
  onTestFinished(() => sandbox.close());
  const running = new Running(['run', '--log-format', 'json'], {
    cwd: folder,
    env: {
      CLOUDFLARE_API_TOKEN: API_TOKEN,
      CLOUDFLARE_BASE_URL: sandbox.url,
      LOGPUSHD_HTTP: 'off',
      LOGPUSHD_SCHEDULE: NEVER,
      LOGPUSHD_SECRETS_DIR: 'config/secrets',
      OTEL_BSP_SCHEDULE_DELAY: AN_HOUR,
      ...env,
    },
  });
  await running.says(/"event":"daemon.watching"/);
  return { sandbox, running };
}

async function end({ running }: Traced): Promise<void> {
  running.child.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
}

function jobNames({ sandbox }: Traced): readonly unknown[] {
  return sandbox.model.jobs('example.com').map(({ config }) => config['name']);
}

/** `parent > name`, without what repeats. */
function shapeOf({ spans }: OtlpReceiver): readonly string[] {
  const path = (span: ReceivedSpan): string => {
    const parent = spans.find(({ spanId }) => spanId === span.parentId);
    return parent === undefined ? span.name : `${path(parent)} > ${span.name}`;
  };
  return [...new Set(spans.map(path))].toSorted();
}

describe('traces of the daemon', () => {
  it.each(['http/protobuf', 'http/json'])('arrive by %s: passes, scopes, and each call', async (protocol) => {
    const collector = await openOtlpReceiver();
    const daemon = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${COLLECTOR_KEY}`,
      OTEL_SERVICE_NAME: 'logpushd-test',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,k8s.namespace.name=logs%20here',
    });
    await end(daemon);
    expect(collector.headers).toMatchObject([{ ':path': '/v1/traces', 'x-api-key': COLLECTOR_KEY }]);
    expect(shapeOf(collector)).toEqual(
      expect.arrayContaining([
        'pass',
        'pass > scope',
        'pass > scope > GET /{scope}/logpush/jobs',
        'pass > scope > POST /{scope}/logpush/jobs',
      ]),
    );
    const pass = collector.spans.find(({ name }) => name === 'pass');
    expect(pass?.attributes).toMatchObject({
      'logpushd.triggers': expect.anything(),
      'logpushd.outcome': 'changed',
      'logpushd.applied': 5,
    });
    expect(pass?.resource).toMatchObject({
      'service.name': 'logpushd-test',
      'service.version': expect.stringMatching(/^\d/),
      'service.instance.id': hostname(),
      'deployment.environment.name': 'test',
      'k8s.namespace.name': 'logs here',
    });
    const scope = collector.spans.find(
      ({ attributes }) => attributes['logpushd.scope.name'] === 'example.com',
    );
    expect(scope).toMatchObject({
      traceId: pass?.traceId,
      parentId: pass?.spanId,
      events: ['change.applied', 'change.applied', 'change.applied'],
      attributes: { 'logpushd.changes': 3, 'logpushd.outcome': 'changed' },
    });
    expect(collector.raw.flatMap((text) => leaksIn(text, plantedCanaries()))).toEqual([]);
  });

  it('are not sent where the sampler keeps none', async () => {
    const collector = await openOtlpReceiver();
    const daemon = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'always_off',
    });
    await end(daemon);
    expect(collector.raw).toEqual([]);
  });

  it('are given up where the collector hangs: jobs are written, and the end does not wait for it', async () => {
    const collector = await openOtlpReceiver(null);
    const daemon = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: AN_HOUR,
      OTEL_BSP_EXPORT_TIMEOUT: AN_HOUR,
    });
    expect(jobNames(daemon)).toHaveLength(3);
    await end(daemon);
    expect(collector.raw).toHaveLength(1);
    expect(collector.spans).toEqual([]);
  });

  it('are told of once where the collector refuses them, without what it needs to know', async () => {
    const collector = await openOtlpReceiver(401);
    const daemon = await startTraced({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/in`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${COLLECTOR_KEY}`,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    });
    await end(daemon);
    expect(daemon.running.stderr).toMatch(/"event":"traces.failing".*"cause":"it answers HTTP 401"/);
    expect(collector.raw.length).toBeGreaterThan(1);
    expect(daemon.running.stderr.match(/traces\.failing/g)).toHaveLength(1);
    expect(jobNames(daemon)).toHaveLength(3);
  });

  it('are not sent by a protocol that logpushd does not speak, which keeps it from nothing', async () => {
    const collector = await openOtlpReceiver();
    const daemon = await startTraced({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    await end(daemon);
    expect(daemon.running.stderr).toMatch(/setting.ignored.*OTEL_EXPORTER_OTLP_PROTOCOL/);
    expect([collector.raw, jobNames(daemon).length]).toEqual([[], 3]);
  });
});
