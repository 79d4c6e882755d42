import { SpanStatusCode } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import { Spans, type TracedCall } from '../../../src/edges/trace/spans.ts';
import type { Plan } from '../../../src/core/plan/change.ts';
import { NotAllowedError } from '../../../src/reconcile/errors.ts';
import type { EventOf, PassSummary } from '../../../src/reconcile/event/events.ts';
import { aScope } from '../../builders.ts';
import { EVENTS } from '../events.ts';

const SCOPE = aScope();
const KEY = `zone.${SCOPE.id}`;
const OTHER = aScope({ id: 'f'.repeat(32), name: 'other.example' });
const SECRET = 'a-very-secret-text';

let now = 1_795_000_000_000;
let exporter = new InMemorySpanExporter();
let spans = freshSpans();
beforeEach(() => {
  exporter = new InMemorySpanExporter();
  spans = freshSpans();
});

function freshSpans(): Spans {
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  return new Spans(provider.getTracer('test'), {
    apiUrl: 'https://api.cloudflare.com/client/v4',
    scrub: (text) => text.replaceAll(SECRET, '[redacted]'),
    now: () => now,
  });
}

/** `name parent > …` of each finished span, and what the test is about. */
function tree(): readonly string[] {
  const all = exporter.getFinishedSpans();
  const path = (span: ReadableSpan): string => {
    const parent = all.find((one) => one.spanContext().spanId === span.parentSpanContext?.spanId);
    return parent === undefined ? span.name : `${path(parent)} > ${span.name}`;
  };
  return all.map(path);
}

function spanNamed(name: string): ReadableSpan {
  const span = exporter.getFinishedSpans().find((one) => one.name === name);
  if (span === undefined) throw new Error(`There is no span ${name}, only ${tree().join(', ')}.`);
  return span;
}

const LIST: TracedCall = {
  method: 'GET',
  endpoint: '/{scope}/logpush/jobs',
  status: 200,
  durationMs: 40,
  attempt: 1,
  ray: 'r1',
  scope: KEY,
  passId: 'p',
};

const STARTED: EventOf<'pass.started'> = {
  type: 'pass.started',
  passId: 'p',
  triggers: ['schedule'],
  revision: 'abc',
  scopes: 1,
};

function planned(plan: Partial<Plan>): EventOf<'scope.planned'> {
  const { plan: whole } = EVENTS['scope.planned'];
  return {
    type: 'scope.planned',
    passId: 'p',
    plan: { ...whole, scope: SCOPE, changes: [], withheld: [], ...plan },
  };
}

function finished(summary: Partial<PassSummary> = {}): EventOf<'pass.finished'> {
  const { summary: whole, ...event } = EVENTS['pass.finished'];
  const quiet = { ...whole, applied: 0, failed: 0, unreadable: 0, refused: false };
  return { ...event, passId: 'p', summary: { ...quiet, ...summary } };
}

describe('spans', () => {
  it('are a pass, under it its scopes, under these the calls made for them', () => {
    const { scope: _, ...zones } = { ...LIST, endpoint: '/zones' };
    spans.onCall(zones);
    spans.emit(STARTED);
    spans.onCall(LIST);
    spans.emit(planned({}));
    spans.emit(finished());
    expect(tree().toSorted()).toEqual([
      'pass',
      'pass > GET /zones',
      'pass > scope',
      'pass > scope > GET /{scope}/logpush/jobs',
    ]);
    expect(spanNamed('pass').attributes).toMatchObject({
      'logpushd.pass.id': 'p',
      'logpushd.triggers': ['schedule'],
      'logpushd.revision': 'abc',
      'logpushd.outcome': 'in_sync',
    });
    expect(spanNamed('scope').attributes).toMatchObject({
      'logpushd.scope.name': 'example.com',
      'logpushd.outcome': 'in_sync',
    });
  });

  it('of a call begin as long ago as it took, and say what it was and how it went', () => {
    spans.onCall({ ...LIST, status: 503, attempt: 2 });
    spans.close();
    const span = spanNamed('GET /{scope}/logpush/jobs');
    expect(span.startTime).toEqual([now / 1000 - 1, 960_000_000]);
    expect(span.duration).toEqual([0, 40_000_000]);
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'url.template': '/{scope}/logpush/jobs',
      'http.request.resend_count': 1,
      'http.response.status_code': 503,
      'error.type': '503',
      'server.address': 'api.cloudflare.com',
      'server.port': 443,
      'cloudflare.ray_id': 'r1',
    });
  });

  it('of a call that is for no pass stand alone, and one without an answer has failed', () => {
    spans.onCall({
      method: 'GET',
      endpoint: '/accounts/{id}/logs/audit',
      status: 'none',
      durationMs: 1,
      attempt: 1,
    });
    expect(tree()).toEqual(['GET /accounts/{id}/logs/audit']);
    expect(exporter.getFinishedSpans()[0]?.attributes).toMatchObject({ 'error.type': 'no_answer' });
  });

  it('tell of each change in its scope what became of it, without a secret', () => {
    const { change, id } = EVENTS['change.applied'];
    const error = new NotAllowedError({ action: 'update job', status: 403, cause: `not with ${SECRET}` });
    const other = { ...change, name: `second ${SECRET}` };
    spans.emit(STARTED);
    spans.emit(planned({ changes: [change, other] }));
    spans.emit({ ...EVENTS['change.applied'], passId: 'p', scope: SCOPE });
    spans.emit({ type: 'change.failed', passId: 'p', scope: SCOPE, change: other, error });
    spans.emit(finished({ applied: 1, failed: 1 }));
    const { events, attributes, status } = spanNamed('scope');
    expect(
      events.map(({ name, attributes: told }) => [name, told?.['logpushd.job'], told?.['logpushd.result']]),
    ).toEqual([
      ['change.applied', change.name, 'success'],
      ['change.failed', 'second [redacted]', 'failed'],
    ]);
    expect(events[0]?.attributes).toMatchObject({ 'logpushd.job.id': id, 'logpushd.action': change.action });
    expect(attributes).toMatchObject({ 'logpushd.outcome': 'error', 'logpushd.changes': 2 });
    expect(status.code).toBe(SpanStatusCode.ERROR);
    expect(spanNamed('pass').attributes).toMatchObject({
      'logpushd.outcome': 'error',
      'logpushd.applied': 1,
    });
    expect(
      JSON.stringify(exporter.getFinishedSpans().map((span) => [span.attributes, span.events, span.status])),
    ).not.toContain(SECRET);
  });

  it('of scopes without a change end with their plan, not all at once with the pass', () => {
    spans.emit(STARTED);
    spans.emit(planned({}));
    expect(tree()).toEqual(['scope']);
  });

  it('of a scope that cannot be read say why', () => {
    const error = new NotAllowedError({ action: 'list the jobs of example.com', status: 403 });
    spans.emit(STARTED);
    spans.onCall({ ...LIST, status: 403 });
    spans.emit({ type: 'scope.unreadable', passId: 'p', scope: SCOPE, error });
    spans.emit(finished({ unreadable: 1 }));
    expect(spanNamed('scope').status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
    expect(spanNamed('scope').attributes).toMatchObject({ 'logpushd.outcome': 'error' });
    expect(spanNamed('pass').attributes).toMatchObject({ 'logpushd.outcome': 'error' });
  });

  it('of what was refused together say so', () => {
    const { change } = EVENTS['change.applied'];
    spans.emit(STARTED);
    spans.emit(planned({ changes: [change] }));
    spans.emit({ ...EVENTS['pass.refused'], passId: 'p', scopes: [SCOPE] });
    spans.emit(finished({ refused: true }));
    expect(spanNamed('scope').attributes).toMatchObject({ 'logpushd.outcome': 'blocked' });
    expect(spanNamed('pass').attributes).toMatchObject({
      'logpushd.outcome': 'blocked',
      'logpushd.refusal': EVENTS['pass.refused'].refusal.code,
    });
  });

  it('of a scope that was only asked beside others have no outcome, and do not make the pass one that failed', () => {
    spans.emit(STARTED);
    spans.emit(planned({}));
    spans.onCall({ ...LIST, scope: `zone.${OTHER.id}` });
    spans.emit(finished());
    expect(spanNamed('pass').attributes).toMatchObject({ 'logpushd.outcome': 'in_sync' });
  });

  it('of passes that never finish are ended without an outcome, and are not kept for good', () => {
    for (let pass = 0; pass < 40; pass += 1) spans.emit({ ...STARTED, passId: `p${pass}` });
    expect(exporter.getFinishedSpans()).toHaveLength(24);
    spans.close();
    expect(exporter.getFinishedSpans()).toHaveLength(40);
    expect(spanNamed('pass').attributes).not.toHaveProperty('logpushd.outcome');
  });
});
