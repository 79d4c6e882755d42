import { collectDefaultMetrics, Registry } from 'prom-client';
import { INVARIANT_NAMES } from '../../core/plan/invariants.ts';
import { TRANSFORMER_INVARIANT_NAMES } from '../../core/transformer/invariants.ts';
import { EVENT_RESULTS } from '../../reconcile/event/cluster-events.ts';
import type { Emit } from '../../reconcile/ports.ts';
import { CredentialMetrics } from './credential-metrics.ts';
import { DoubtMetrics } from './doubt-metrics.ts';
import { HealthMetrics } from './health-metrics.ts';
import { leaderMetrics } from './leader-metrics.ts';
import { METRICS } from './metric-table.ts';
import { PassMetrics } from './pass-metrics.ts';
import { Families } from './series.ts';

/** One call to Cloudflare's API, or one attempt at it. */
export interface ObservedCall {
  readonly method: string;
  /** A template without ids. */
  readonly endpoint: string;
  readonly status: number | 'none';
  readonly durationMs: number;
  /** 1 for the first. */
  readonly attempt: number;
}

export interface Metrics {
  /** Subscribe this to the loop's events. */
  readonly emit: Emit;
  readonly onCall: (call: ObservedCall) => void;
  /** The rate limit as Cloudflare told it (null: it has not) and as our own budget has it. */
  setBudget(budget: { readonly remaining: number | null; readonly usedRatio: number }): void;
  /** A secret was taken out of a text on its way to this sink. */
  countRedaction(sink: string): void;
  /** The Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Folds events to Prometheus metrics, in a registry of their own. */
export function createMetrics(options: {
  readonly version: string;
  /** The commit this was built from. */
  readonly revision?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const families = new Families(registry, METRICS.seriesDropped);
  const now = options.now ?? Date.now;
  const passes = new PassMetrics(families, now);
  const health = new HealthMetrics(families);
  const credentials = new CredentialMetrics(families);
  const doubts = new DoubtMetrics(families);
  const calls = callMetrics(families);
  const manifest = manifestMetrics(families);
  const destinations = destinationMetrics(families);
  const token = tokenMetrics(families);
  const alerts = alertMetrics(families);
  const audit = auditMetrics(families, now);
  const clusterEvents = clusterEventMetrics(families);
  const transformers = transformerMetrics(families);
  const leader = leaderMetrics(families);
  const violations = families.counter(METRICS.invariantViolations);
  for (const rule of [...INVARIANT_NAMES, ...TRANSFORMER_INVARIANT_NAMES]) violations.add({ rule }, 0);
  const redactions = families.counter(METRICS.redactions);
  redactions.add({ sink: 'log' }, 0);
  const { version, revision = 'unknown' } = options;
  families.gauge(METRICS.buildInfo).set({ version, revision, node_version: process.version }, 1);

  return {
    emit(event) {
      manifest(event);
      destinations(event);
      token(event);
      alerts(event);
      audit(event);
      passes.emit(event);
      health.emit(event);
      credentials.emit(event);
      doubts.emit(event);
      transformers(event);
      clusterEvents(event);
      leader(event);
      if (event.type === 'invariant.violated') violations.add({ rule: event.invariant });
    },
    ...calls,
    countRedaction: (sink) => redactions.add({ sink }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function callMetrics(families: Families): Pick<Metrics, 'onCall' | 'setBudget'> {
  const requests = families.counter(METRICS.apiRequests);
  const durations = families.histogram(METRICS.apiDuration);
  const retries = families.counter(METRICS.apiRetries);
  const remaining = families.gauge(METRICS.apiRemaining);
  const used = families.gauge(METRICS.apiBudgetUsed);
  used.set({}, 0);
  return {
    onCall({ method, endpoint, status, durationMs, attempt }) {
      requests.add({ method, endpoint, code: String(status) });
      durations.observe({ method, endpoint }, durationMs / 1000);
      retries.add({ endpoint }, attempt > 1 ? 1 : 0);
    },
    setBudget(budget) {
      if (budget.remaining === null) remaining.remove({});
      else remaining.set({}, budget.remaining);
      used.set({}, budget.usedRatio);
    },
  };
}

function destinationMetrics(families: Families): Emit {
  const held = families.gauge(METRICS.destinationHeld);
  return (event) => {
    if (event.type === 'destination.held') held.set({ destination: event.destination }, 1);
    if (event.type === 'destination.released') held.remove({ destination: event.destination });
    if (event.type === 'leader.ended') held.remove({});
  };
}

function transformerMetrics(families: Families): Emit {
  const writes = families.counter(METRICS.transformerWrites);
  return (event) => {
    switch (event.type) {
      case 'transformer.applied':
        return writes.add({ action: event.change.action, result: 'applied' });
      case 'transformer.failed':
        return writes.add({ action: event.change.action, result: 'failed' });
      case 'transformer.parked':
        return writes.add({ action: event.change.action, result: 'parked' });
      case 'transformer.skipped':
        return writes.add({ action: event.change.action, result: 'skipped' });
      default:
        return undefined;
    }
  };
}

function tokenMetrics(families: Families): Emit {
  const accepted = families.gauge(METRICS.tokenAccepted);
  accepted.set({}, 1);
  return (event) => {
    if (event.type === 'token.refused') accepted.set({}, 0);
    // Who does not lead asks nothing of Cloudflare, and would never hear of it.
    if (event.type === 'token.accepted' || event.type === 'leader.ended') accepted.set({}, 1);
  };
}

const ALERT_RESULTS = { 'alert.sent': 'sent', 'alert.failed': 'failed', 'alert.dropped': 'dropped' } as const;

function alertMetrics(families: Families): Emit {
  const alerts = families.counter(METRICS.alerts);
  const queued = families.gauge(METRICS.alertsQueued);
  const heartbeats = families.counter(METRICS.heartbeats);
  for (const result of ['sent', 'failed']) heartbeats.add({ result }, 0);
  return (event) => {
    switch (event.type) {
      case 'alert.queued': {
        const { receiver } = event;
        queued.set({ receiver }, event.queued);
        for (const result of Object.values(ALERT_RESULTS)) alerts.add({ receiver, result }, 0);
        break;
      }
      case 'alert.sent':
      case 'alert.failed':
      case 'alert.dropped': {
        const { receiver } = event;
        queued.set({ receiver }, event.queued);
        alerts.add({ receiver, result: ALERT_RESULTS[event.type] }, event.alerts.length);
        break;
      }
      case 'leader.ended':
        queued.remove({});
        break;
      case 'heartbeat.sent':
      case 'heartbeat.failed':
        heartbeats.add({ result: event.type === 'heartbeat.sent' ? 'sent' : 'failed' });
        break;
      default:
    }
  };
}

function clusterEventMetrics(families: Families): Emit {
  const settled = families.counter(METRICS.kubernetesEvents);
  for (const result of EVENT_RESULTS) settled.add({ result }, 0);
  return (event) => {
    if (event.type === 'kubernetes-event.settled') settled.add({ result: event.result });
  };
}

function auditMetrics(families: Families, now: () => number): Emit {
  const entries = families.counter(METRICS.auditEntries);
  const read = families.gauge(METRICS.auditRead);
  const unreadable = families.gauge(METRICS.auditUnreadable);
  const delays = families.histogram(METRICS.auditDelay);
  return (event) => {
    if (event.type === 'audit.failed') unreadable.set({ account: event.account?.name ?? '' }, 1);
    if (event.type === 'leader.ended') unreadable.remove({});
    if (event.type === 'audit.resumed') unreadable.remove({ account: event.account?.name ?? '' });
    if (event.type !== 'audit.read') return;
    const source = event.account === null ? 'push' : 'poll';
    const { ours, others, delayMs } = event;
    const counts = { ours, others, unrelated: event.entries - ours - others };
    for (const [whose, count] of Object.entries(counts)) entries.add({ source, whose }, count);
    read.set({ source }, now() / 1000);
    if (delayMs !== undefined) delays.observe({ source }, delayMs / 1000);
  };
}

function manifestMetrics(families: Families): Emit {
  const valid = families.gauge(METRICS.manifestValid);
  const info = families.gauge(METRICS.manifestInfo);
  const loads = families.counter(METRICS.manifestLoads);
  for (const result of ['accepted', 'rejected', 'unreadable']) loads.add({ result }, 0);
  valid.set({}, 0);
  return (event) => {
    if (event.type === 'manifest.accepted') {
      valid.set({}, 1);
      info.remove({});
      info.set({ revision: event.revision }, 1);
      loads.add({ result: 'accepted' });
    } else if (event.type === 'manifest.rejected' || event.type === 'manifest.unreadable') {
      valid.set({}, 0);
      loads.add({ result: event.type === 'manifest.rejected' ? 'rejected' : 'unreadable' });
    }
  };
}
