import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Scope, ScopeKey } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import type { Change, Plan } from '../../core/plan/change.ts';
import { driftedJobs } from '../../reconcile/drift/drift.ts';
import type { ReconcileError } from '../../reconcile/errors.ts';
import type { EventOf, ReconcileEvent } from '../../reconcile/event/events.ts';
import {
  type ChangeResult,
  changeResultOf,
  type Result,
  resultOf,
  worstOf,
} from '../../reconcile/event/pass-record.ts';

/** One attempt at a call to Cloudflare's API, told when it is over. */
export interface TracedCall {
  readonly method: string;
  /** A template without ids. */
  readonly endpoint: string;
  readonly status: number | 'none';
  readonly durationMs: number;
  /** 1 for the first. */
  readonly attempt: number;
  readonly ray?: string;
  readonly scope?: ScopeKey;
  readonly passId?: string;
}

interface OpenScope {
  readonly span: Span;
  readonly context: Context;
  /** Null where it cannot be read; undefined for what is not looked at by itself, as the account of a zone. */
  plan: Plan | null | undefined;
  readonly done: Map<Change, ChangeResult>;
  /** When something was last heard of it. */
  lastAt: number;
}

interface OpenPass {
  readonly span: Span;
  readonly context: Context;
  readonly scopes: Map<ScopeKey, OpenScope>;
  readonly results: Result[];
  refused: ReadonlySet<ScopeKey>;
}

interface SpansOptions {
  readonly apiUrl: string;
  readonly scrub: (text: string) => string;
  readonly now: () => number;
}

type AboutChange = EventOf<'change.applied' | 'change.failed' | 'change.parked' | 'change.skipped'>;

/** Passes that were given up never finish; only so many are kept. */
const MAX_OPEN_PASSES = 16;

/** Folds events and calls to spans: a pass, under it its scopes, under these the calls made for them. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #options: SpansOptions;
  readonly #server: Attributes;
  readonly #open = new Map<string, OpenPass>();

  constructor(tracer: Tracer, options: SpansOptions) {
    this.#tracer = tracer;
    this.#options = options;
    const { hostname, port, protocol } = new URL(options.apiUrl);
    const number = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
    this.#server = { 'server.address': hostname, 'server.port': number };
  }

  emit(event: ReconcileEvent): void {
    if (event.type === 'pass.started') this.#started(event);
    if (event.type === 'scope.planned') this.#planned(event);
    if (event.type === 'scope.unreadable') this.#unreadable(event);
    if (event.type === 'transformers.planned') this.#named(this.#passOf(event.passId), event.plan.scope);
    if (event.type === 'pass.refused') this.#refused(event);
    if (event.type === 'change.applied') this.#changed(event, 'success');
    if (event.type === 'change.failed') this.#changed(event, changeResultOf(event.error));
    if (event.type === 'change.parked') this.#changed(event, 'parked');
    if (event.type === 'change.skipped') this.#changed(event, 'skipped');
    if (event.type === 'pass.failed') this.#failed(event);
    if (event.type === 'pass.finished') this.#finished(event);
  }

  /** Its span begins as long ago as it took. */
  onCall({ method, endpoint, status, durationMs, attempt, ray, scope, passId }: TracedCall): void {
    const end = this.#options.now();
    const start = end - durationMs;
    const pass = passId === undefined ? undefined : this.#passOf(passId, start);
    const open = pass !== undefined && scope !== undefined ? this.#scopeOf(pass, scope, start) : undefined;
    const failed = status === 'none' || status >= 400;
    const attributes: Attributes = {
      'http.request.method': method,
      'url.template': endpoint,
      'http.request.resend_count': attempt - 1,
      ...this.#server,
      ...(status !== 'none' && { 'http.response.status_code': status }),
      ...(failed && { 'error.type': status === 'none' ? 'no_answer' : String(status) }),
      ...(ray !== undefined && { 'cloudflare.ray_id': ray }),
    };
    const span = this.#tracer.startSpan(
      `${method} ${endpoint}`,
      { kind: SpanKind.CLIENT, startTime: start, attributes },
      open?.context ?? pass?.context ?? ROOT_CONTEXT,
    );
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(end);
    if (open) open.lastAt = end;
  }

  /** What is open ends without an outcome. */
  close(): void {
    for (const passId of this.#open.keys()) this.#end(passId, {});
  }

  #started({ passId, triggers, revision, scopes }: EventOf<'pass.started'>): void {
    this.#passOf(passId).span.setAttributes({
      'logpushd.triggers': [...triggers],
      'logpushd.revision': revision,
      'logpushd.scopes': scopes,
    });
  }

  #planned({ passId, plan }: EventOf<'scope.planned'>): void {
    const pass = this.#passOf(passId);
    const open = this.#named(pass, plan.scope);
    open.plan = plan;
    open.span.setAttributes({
      'logpushd.changes': plan.changes.length,
      'logpushd.withheld': plan.withheld.length,
      'logpushd.drift': driftedJobs(plan),
      'logpushd.unmanaged': plan.unmanaged.length,
    });
    // Whoever has many scopes must not find them all in one batch at the end of the pass.
    if (plan.changes.length === 0) this.#endScope(pass, scopeKey(plan.scope));
  }

  #unreadable({ passId, scope, error }: EventOf<'scope.unreadable'>): void {
    const pass = this.#passOf(passId);
    const open = this.#named(pass, scope);
    open.plan = null;
    this.#blame(open.span, error);
    this.#endScope(pass, scopeKey(scope));
  }

  #refused({ passId, refusal, scopes }: EventOf<'pass.refused'>): void {
    const pass = this.#passOf(passId);
    pass.refused = new Set(scopes.map(scopeKey));
    pass.span.setAttribute('logpushd.refusal', refusal.code);
  }

  #changed(event: AboutChange, result: ChangeResult): void {
    const open = this.#named(this.#passOf(event.passId), event.scope);
    const { change } = event;
    const id = 'id' in event ? event.id : 'live' in change ? change.live.id : undefined;
    const ray = 'ray' in event ? event.ray : 'error' in event ? event.error.ray : undefined;
    open.done.set(change, result);
    open.lastAt = this.#options.now();
    const attributes: Attributes = {
      'logpushd.job': this.#options.scrub(change.name),
      'logpushd.action': change.action,
      'logpushd.result': result,
      ...(id !== undefined && { 'logpushd.job.id': id }),
      ...(ray !== undefined && { 'cloudflare.ray_id': ray }),
      ...('error' in event && this.#errorOf(event.error)),
    };
    open.span.addEvent(event.type, attributes, open.lastAt);
    if ('error' in event) this.#blame(open.span, event.error);
  }

  #failed({ passId, triggers, error }: EventOf<'pass.failed'>): void {
    const { span } = this.#passOf(passId);
    span.setAttribute('logpushd.triggers', [...triggers]);
    this.#blame(span, error);
    this.#end(passId, { 'logpushd.outcome': 'error' });
  }

  #finished({ passId, summary }: EventOf<'pass.finished'>): void {
    const pass = this.#passOf(passId);
    for (const key of pass.scopes.keys()) this.#endScope(pass, key);
    const { applied, failed, skipped, withheld, drift, unreadable } = summary;
    const isFailed = failed + unreadable > 0;
    if (isFailed) pass.span.setStatus({ code: SpanStatusCode.ERROR });
    this.#end(passId, {
      'logpushd.outcome': isFailed ? 'error' : worstOf(pass.results),
      'logpushd.applied': applied,
      'logpushd.failed': failed,
      'logpushd.skipped': skipped,
      'logpushd.withheld': withheld,
      'logpushd.drift': drift,
      'logpushd.unreadable': unreadable,
    });
  }

  #end(passId: string, attributes: Attributes): void {
    const pass = this.#open.get(passId);
    if (pass === undefined) return;
    this.#open.delete(passId);
    for (const { span, lastAt } of pass.scopes.values()) span.end(lastAt);
    pass.span.setAttributes(attributes).end(this.#options.now());
  }

  #endScope(pass: OpenPass, key: ScopeKey): void {
    const open = pass.scopes.get(key);
    if (open?.plan === undefined || !open.span.isRecording()) return;
    const { span, plan, done } = open;
    const result = resultOf({ plan, done }, pass.refused.has(key));
    pass.results.push(result);
    span.setAttribute('logpushd.outcome', result).end(open.lastAt);
  }

  /** The pass of an id, begun with the first that is heard of it: its zones are listed before it says that it starts. */
  #passOf(passId: string, startTime = this.#options.now()): OpenPass {
    const known = this.#open.get(passId);
    if (known !== undefined) return known;
    const oldest = this.#open.keys().next().value;
    if (this.#open.size >= MAX_OPEN_PASSES && oldest !== undefined) this.#end(oldest, {});
    const attributes = { 'logpushd.pass.id': passId };
    const span = this.#tracer.startSpan('pass', { startTime, attributes }, ROOT_CONTEXT);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const pass: OpenPass = { span, context, scopes: new Map(), results: [], refused: new Set() };
    this.#open.set(passId, pass);
    return pass;
  }

  #scopeOf({ context, scopes }: OpenPass, key: ScopeKey, startTime = this.#options.now()): OpenScope {
    const known = scopes.get(key);
    if (known !== undefined) return known;
    const span = this.#tracer.startSpan('scope', { startTime }, context);
    const open = {
      span,
      context: trace.setSpan(context, span),
      plan: undefined,
      done: new Map<Change, ChangeResult>(),
      lastAt: startTime,
    };
    scopes.set(key, open);
    return open;
  }

  #named(pass: OpenPass, scope: Scope): OpenScope {
    const open = this.#scopeOf(pass, scopeKey(scope));
    open.lastAt = this.#options.now();
    open.span.setAttributes({
      'logpushd.scope.kind': scope.kind,
      'logpushd.scope.id': scope.id,
      'logpushd.scope.name': this.#options.scrub(scope.name),
    });
    return open;
  }

  #blame(span: Span, error: ReconcileError): void {
    span.setStatus({ code: SpanStatusCode.ERROR, message: this.#options.scrub(error.message) });
    span.setAttribute('error.type', error.kind ?? error.name);
  }

  #errorOf({ kind, name, message }: ReconcileError): Attributes {
    return { 'error.type': kind ?? name, 'error.message': this.#options.scrub(message) };
  }
}
