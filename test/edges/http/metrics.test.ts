import { describe, expect, test } from 'vitest';
import { createMetrics, type Metrics } from '../../../src/edges/http/metrics.ts';
import { METRICS } from '../../../src/edges/http/metric-table.ts';
import { fullName } from '../../../src/edges/http/series.ts';
import { UnknownOutcomeError } from '../../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import type { SeenJob } from '../../../src/reconcile/health/watch.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../../builders.ts';
import { canaryDestinations, leaksIn } from '../../canaries.ts';
import {
  aSignature,
  aCreate,
  aDelete,
  aField,
  aJobHealth,
  anUpdate,
  aSeenJob,
  applied,
  aWithheld,
  EVENTS,
  finished,
  PASS,
  planned,
  STARTED,
  UNREACHABLE,
} from '../events.ts';

const NOW_MS = Date.parse('2026-11-23T10:00:00Z');
const NOW = NOW_MS / 1000;

/** The value of a series, undefined when it is not there. Labels in the order of the text. */
async function value(metrics: Metrics, series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`logpushd_${series} `));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

function after(events: readonly ReconcileEvent[], now: () => number = () => NOW_MS): Metrics {
  const metrics = createMetrics({ version: '0.1.0', revision: 'abc', now });
  for (const event of events) metrics.emit(event);
  return metrics;
}

function pass(...events: readonly ReconcileEvent[]): readonly ReconcileEvent[] {
  return [STARTED, ...events, finished()];
}

function jobs(state: string): string {
  return `jobs{zone="example.com",state="${state}"}`;
}

describe('how a look at a scope ended', () => {
  const update = anUpdate();
  const unreadable: ReconcileEvent = { ...EVENTS['scope.unreadable'], error: UNREACHABLE };
  const refused = EVENTS['pass.refused'];
  const failed: ReconcileEvent = { ...EVENTS['change.failed'], change: update };

  test.each<[string, readonly ReconcileEvent[], boolean]>([
    ['in_sync', [planned()], true],
    ['changed', [planned({ changes: [update] }), applied(update)], true],
    ['drift', [planned({ withheld: [aWithheld({ class: 'drift' })] })], true],
    ['drift', [planned({ withheld: [aWithheld({ class: 'conflict' })] })], true],
    ['withheld', [planned({ withheld: [aWithheld()] })], true],
    ['withheld', [planned({ changes: [update] }), { ...EVENTS['change.skipped'], change: update }], true],
    ['blocked', [planned({ changes: [update] }), refused], false],
    ['in_sync', [planned(), { ...refused, scopes: [] }], true],
    ['error', [unreadable], false],
    ['error', [planned({ changes: [update] }), failed], false],
  ])('%s', async (result, events, isSuccess) => {
    const metrics = after(pass(...events));
    const series = `reconcile_total{zone="example.com",trigger="schedule",result="${result}"}`;
    expect(await value(metrics, series)).toBe(1);
    expect(await value(metrics, `reconcile_duration_seconds_count{result="${result}"}`)).toBe(1);
    expect(await value(metrics, 'last_reconcile_timestamp_seconds{zone="example.com"}')).toBe(NOW);
    expect(await value(metrics, 'last_success_timestamp_seconds{zone="example.com"}')).toBe(
      isSuccess ? NOW : undefined,
    );
  });

  test('failures are counted in a row', async () => {
    const series = 'consecutive_failures{zone="example.com"}';
    const bad = pass(unreadable);
    expect(await value(after([...bad, ...bad, ...bad]), series)).toBe(3);
    expect(await value(after([...bad, ...bad, ...pass(planned())]), series)).toBe(0);
  });

  test('the last success stays while looks fail', async () => {
    let now = NOW_MS;
    const metrics = after(pass(planned()), () => now);
    now += 60_000;
    for (const event of pass(unreadable)) metrics.emit(event);
    expect(await value(metrics, 'last_success_timestamp_seconds{zone="example.com"}')).toBe(NOW);
    expect(await value(metrics, 'last_reconcile_timestamp_seconds{zone="example.com"}')).toBe(NOW + 60);
  });

  test('what the guard keeps back is marked until it is let go', async () => {
    const series = 'blocked{zone="example.com",reason="too_many_removals"}';
    const blocked = pass(planned({ changes: [update] }), refused);
    expect(await value(after(blocked), series)).toBe(1);
    expect(await value(after([...blocked, ...pass(planned())]), series)).toBe(0);
  });

  test('a pass of two scopes counts each, and its duration once, by the worst', async () => {
    const other = planned({ scope: aScope({ kind: 'account' }) });
    const metrics = after(pass(unreadable, other));
    expect(await value(metrics, 'reconcile_total{zone="Acme",trigger="schedule",result="in_sync"}')).toBe(1);
    expect(await value(metrics, 'reconcile_duration_seconds_count{result="error"}')).toBe(1);
    expect(await value(metrics, 'reconcile_duration_seconds_sum{result="error"}')).toBe(2.841);
  });

  test('two passes at once are kept apart', async () => {
    const other = (event: ReconcileEvent): ReconcileEvent => ({ ...event, passId: 'p2' }) as ReconcileEvent;
    const scope = aScope({ name: 'other.example', id: 'f'.repeat(32) });
    const metrics = after([
      STARTED,
      other({ ...STARTED, triggers: ['manual'] }),
      planned(),
      other(planned({ scope })),
      other(finished()),
      finished(),
    ]);
    expect(
      await value(metrics, 'reconcile_total{zone="other.example",trigger="manual",result="in_sync"}'),
    ).toBe(1);
    expect(
      await value(metrics, 'reconcile_total{zone="example.com",trigger="schedule",result="in_sync"}'),
    ).toBe(1);
  });
});

describe('jobs by state', () => {
  const live = aLiveJob({ id: 48213 });
  const desired = aDesiredScope({ jobs: [aDesiredJob()] });
  const off = [aField({ class: 'drift', before: false, after: true })];
  const other = [aField({ class: 'drift', path: 'filter' })];
  const conflict = [aField({ class: 'conflict', path: 'filter' })];

  test.each<[string, Parameters<typeof planned>[0]]>([
    ['in_sync', {}],
    ['pending', { changes: [anUpdate({ live })] }],
    ['drifted', { withheld: [aWithheld({ name: 'http', action: 'update', class: 'drift', fields: other })] }],
    ['disabled', { withheld: [aWithheld({ name: 'http', action: 'update', class: 'drift', fields: off })] }],
    ['conflict', { changes: [anUpdate({ live, class: 'conflict', fields: conflict })] }],
    ['missing', { changes: [aCreate('http')], live: [] }],
    ['unverifiable', { unverifiable: [{ name: 'http', id: 48213, fields: other }] }],
    ['pending_delete', { withheld: [aWithheld()] }],
    ['unmanaged', { unmanaged: [aLiveJob({ id: 3, name: 'foreign' })] }],
    ['duplicate', { live: [live, aLiveJob({ id: 2 })] }],
  ])('%s', async (state, plan) => {
    const metrics = after(pass(planned({ desired, live: [live], ...plan })));
    expect(await value(metrics, jobs(state))).toBe(1);
  });

  test('blocked', async () => {
    const blocked = { name: 'x', reason: 'secret missing', origin: { file: 'a', line: 1, column: 1 } };
    const metrics = after(pass(planned({ desired: aDesiredScope({ blocked: [blocked] }) })));
    expect(await value(metrics, jobs('blocked'))).toBe(1);
  });

  test('every state is there from the first pass on, at 0', async () => {
    const metrics = after(pass(planned()));
    for (const state of ['in_sync', 'drifted', 'missing', 'disabled', 'duplicate', 'unmanaged']) {
      expect(await value(metrics, jobs(state))).toBe(0);
    }
  });

  test('a change that was made counts as made', async () => {
    const change = anUpdate({ live });
    const metrics = after(pass(planned({ desired, live: [live], changes: [change] }), applied(change)));
    expect(await value(metrics, jobs('in_sync'))).toBe(1);
    expect(await value(metrics, jobs('pending'))).toBe(0);
  });
});

test('changes are counted by how they ended', async () => {
  const [create, update, remove] = [aCreate(), anUpdate(), aDelete()];
  const unknown = new UnknownOutcomeError({ action: 'create job', cause: 'no answer' });
  const failed = EVENTS['change.failed'];
  const metrics = after(
    pass(
      planned({ changes: [create, update, remove] }),
      { ...failed, change: create, error: unknown },
      { ...failed, change: update },
      applied(remove),
      { ...EVENTS['change.skipped'], change: update },
    ),
  );
  const series = (action: string, result: string) =>
    `changes_total{zone="example.com",action="${action}",result="${result}"}`;
  expect(await value(metrics, series('create', 'ambiguous'))).toBe(1);
  expect(await value(metrics, series('update', 'failed'))).toBe(1);
  expect(await value(metrics, series('update', 'skipped'))).toBe(1);
  expect(await value(metrics, series('delete', 'success'))).toBe(1);
  expect(await value(metrics, 'plan_changes{zone="example.com",action="create"}')).toBe(1);
  expect(await value(metrics, 'plan_changes{zone="example.com",action="replace"}')).toBe(0);
});

describe('a job of the manifest', () => {
  const labels = '{zone="example.com",logpush_job="http",dataset="http_requests"}';
  const paired = (live: ReturnType<typeof aLiveJob>) => [{ desired: aDesiredJob(), live }];

  test('shows whether it delivers', async () => {
    const delivery = {
      lastComplete: '2026-11-23T09:59:00Z',
      lastError: '2026-11-23T09:00:00Z',
      errorMessage: 'denied',
    };
    const metrics = after(pass(planned({ paired: paired(aLiveJob({ delivery })) })));
    expect(await value(metrics, `job_enabled${labels}`)).toBe(1);
    expect(await value(metrics, `job_upstream_error${labels}`)).toBe(1);
    expect(await value(metrics, `job_last_complete_timestamp_seconds${labels}`)).toBe(NOW - 60);
  });

  test('has no time of delivery before the first one', async () => {
    const metrics = after(pass(planned({ paired: paired(aLiveJob({ fields: { enabled: false } })) })));
    expect(await value(metrics, `job_enabled${labels}`)).toBe(0);
    expect(await value(metrics, `job_upstream_error${labels}`)).toBe(0);
    expect(await value(metrics, `job_last_complete_timestamp_seconds${labels}`)).toBeUndefined();
  });

  test('counts as enabled once the pass has enabled it', async () => {
    const live = aLiveJob({ id: 48213, fields: { enabled: false } });
    const change = anUpdate({ live });
    const metrics = after(
      pass(
        planned({ paired: paired(live), live: [live], changes: [change] }),
        applied(change, aLiveJob({ id: 48213 })),
      ),
    );
    expect(await value(metrics, `job_enabled${labels}`)).toBe(1);
  });

  test('is shown as soon as it is created', async () => {
    const change = aCreate('http');
    const metrics = after(pass(planned({ changes: [change] }), applied(change, aLiveJob())));
    expect(await value(metrics, `job_enabled${labels}`)).toBe(1);
  });

  test('takes its series along when it goes', async () => {
    const metrics = after([...pass(planned({ paired: paired(aLiveJob()) })), ...pass(planned())]);
    expect(await metrics.text()).not.toContain('logpush_job="http"');
  });
});

test('a scope takes its series along when it goes, and others keep theirs', async () => {
  const gone = aScope({ id: 'e'.repeat(32), name: 'gone.example' });
  const paired = [{ desired: aDesiredJob(), live: aLiveJob() }];
  const metrics = after(pass(planned({ paired }), planned({ scope: gone, paired, changes: [aCreate()] })));
  expect(await metrics.text()).toContain('gone.example');
  metrics.emit({ type: 'scopes.known', scopes: [aScope()] });
  expect(await metrics.text()).not.toContain('gone.example');
  expect(await value(metrics, jobs('in_sync'))).toBe(0);
});

test('the manifest shows whether it is valid, and which is in force', async () => {
  const metrics = after([]);
  expect(await value(metrics, 'manifest_valid')).toBe(0);
  metrics.emit(EVENTS['manifest.accepted']);
  metrics.emit({ ...EVENTS['manifest.accepted'], revision: 'second' });
  expect(await value(metrics, 'manifest_valid')).toBe(1);
  metrics.emit(EVENTS['manifest.rejected']);
  metrics.emit(EVENTS['manifest.unreadable']);
  expect(await value(metrics, 'manifest_valid')).toBe(0);
  expect((await metrics.text()).match(/^logpushd_manifest_info.*$/gm)).toEqual([
    'logpushd_manifest_info{revision="second"} 1',
  ]);
  expect(await value(metrics, 'manifest_loads_total{result="accepted"}')).toBe(2);
  expect(await value(metrics, 'manifest_loads_total{result="rejected"}')).toBe(1);
  expect(await value(metrics, 'manifest_loads_total{result="unreadable"}')).toBe(1);
});

test('calls are counted by method, endpoint and status, with their duration and retries', async () => {
  const metrics = after([]);
  const call = { method: 'GET', endpoint: '/{scope}/logpush/jobs', durationMs: 250 };
  metrics.onCall({ ...call, status: 'none', attempt: 1 });
  metrics.onCall({ ...call, status: 200, attempt: 2 });
  const labels = 'method="GET",endpoint="/{scope}/logpush/jobs"';
  expect(await value(metrics, `api_requests_total{${labels},code="none"}`)).toBe(1);
  expect(await value(metrics, `api_requests_total{${labels},code="200"}`)).toBe(1);
  expect(await value(metrics, `api_request_duration_seconds_sum{${labels}}`)).toBe(0.5);
  expect(await value(metrics, 'api_retries_total{endpoint="/{scope}/logpush/jobs"}')).toBe(1);
});

test('the rate limit is shown once Cloudflare has told it', async () => {
  const metrics = after([]);
  expect(await value(metrics, 'api_rate_limit_remaining')).toBeUndefined();
  metrics.setBudget({ remaining: 1100, usedRatio: 0.25 });
  expect(await value(metrics, 'api_rate_limit_remaining')).toBe(1100);
  expect(await value(metrics, 'api_budget_used_ratio')).toBe(0.25);
  metrics.setBudget({ remaining: null, usedRatio: 0 });
  expect(await value(metrics, 'api_rate_limit_remaining')).toBeUndefined();
});

test('what runs is shown, and the runtime', async () => {
  const metrics = after([]);
  const labels = `version="0.1.0",revision="abc",node_version="${process.version}"`;
  expect(await value(metrics, `build_info{${labels}}`)).toBe(1);
  expect(await metrics.text()).toMatch(/^process_resident_memory_bytes \d/m);
  expect(await metrics.text()).toMatch(/^nodejs_eventloop_lag_seconds \d/m);
  expect(metrics.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
});

test('a caught secret is counted', async () => {
  const metrics = after([]);
  expect(await value(metrics, 'redactions_total{sink="log"}')).toBe(0);
  metrics.countRedaction('log');
  expect(await value(metrics, 'redactions_total{sink="log"}')).toBe(1);
});

describe('names from outside', () => {
  test('cannot write a line of their own', async () => {
    const name = 'a"} 1\nlogpushd_evil{x="\\';
    const metrics = after(pass(planned({ paired: [{ desired: aDesiredJob({ name }), live: aLiveJob() }] })));
    const text = await metrics.text();
    expect(text).not.toMatch(/^logpushd_evil/m);
    expect(text).toContain(String.raw`logpush_job="a\"} 1\nlogpushd_evil{x=\"\\"`);
  });

  test('cannot fill the memory: 2000 series a metric, the rest is counted', async () => {
    const paired = Array.from({ length: 2_500 }, (_, index) => ({
      desired: aDesiredJob({ name: `job-${index}` }),
      live: aLiveJob({ id: index + 1 }),
    }));
    const metrics = after(pass(planned({ paired })));
    expect((await metrics.text()).match(/^logpushd_job_enabled\{/gm)).toHaveLength(2_000);
    expect(await value(metrics, 'series_dropped_total{metric="job_enabled"}')).toBe(500);
    metrics.emit(STARTED);
    metrics.emit(planned({ paired: paired.slice(2_400) }));
    metrics.emit(finished());
    expect((await metrics.text()).match(/^logpushd_job_enabled\{/gm)).toHaveLength(100);
  });

  test('passes that never finish do not pile up', async () => {
    const metrics = after([]);
    for (let index = 0; index < 1_000; index += 1) metrics.emit({ ...STARTED, passId: String(index) });
    metrics.emit({ ...planned(), passId: '0' });
    metrics.emit({ ...finished(), passId: '0' });
    expect(await metrics.text()).not.toContain('logpushd_reconcile_total{');
  });

  test('no secret of a job is among them', async () => {
    const destinations = canaryDestinations();
    const paired = destinations.map(({ text }, index) => {
      const fields = { destination_conf: text, ownership_challenge: text };
      return { desired: aDesiredJob({ name: `job-${index}`, fields }), live: aLiveJob({ fields }) };
    });
    const live = paired.map((pair) => pair.live);
    const metrics = after([...pass(planned({ paired, live, unmanaged: live })), ...Object.values(EVENTS)]);
    expect(
      leaksIn(
        await metrics.text(),
        destinations.map(({ canary }) => canary),
      ),
    ).toEqual([]);
  });
});

test('the interval of looks is that of the schedule, for every scope, those known later too', async () => {
  const series = 'reconcile_interval_seconds{zone="example.com"}';
  expect(await value(after(pass(planned())), series)).toBeUndefined();
  expect(await value(after([...pass(planned()), EVENTS['daemon.watching']]), series)).toBe(900);
  expect(await value(after([EVENTS['daemon.watching'], ...pass(planned())]), series)).toBe(900);
});

describe('creates whose answer was lost', () => {
  const lost: ReconcileEvent = {
    ...EVENTS['change.failed'],
    change: aCreate('http'),
    error: new UnknownOutcomeError({ action: 'create http', cause: 'timeout' }),
  };
  const pending = 'ambiguous_pending{zone="example.com"}';
  const resolved = (how: string): string => `ambiguous_resolved_total{resolution="${how}"}`;

  test('are pending until a look finds the job or is sure that it is not there', async () => {
    const metrics = after([planned(), lost]);
    expect(await value(metrics, pending)).toBe(1);
    expect(await value(metrics, resolved('found'))).toBe(0);
    metrics.emit(planned({ live: [aLiveJob({ name: 'http' })] }));
    expect(await value(metrics, pending)).toBe(0);
    expect(await value(metrics, resolved('found'))).toBe(1);
    metrics.emit(lost);
    metrics.emit(planned());
    expect(await value(metrics, resolved('absent'))).toBe(1);
    metrics.emit({ type: 'scopes.known', scopes: [] });
    expect(await value(metrics, pending)).toBeUndefined();
  });
});

describe('the health of jobs', () => {
  const job = 'zone="example.com",logpush_job="http",dataset="http_requests"';
  const shown = (...jobs: readonly SeenJob[]): ReconcileEvent => ({ ...EVENTS['scope.health'], jobs });

  test('shows the state of each job of the manifest, and its gap while there is one', async () => {
    const metrics = after([shown(aSeenJob(), aSeenJob({ name: 'other', isManaged: false }))]);
    expect(await value(metrics, `job_health{${job},health="failing"}`)).toBe(1);
    expect(await value(metrics, `job_delivered_ratio{${job},window="24h"}`)).toBe(0.9951234);
    expect(await value(metrics, `job_delivered_ratio{${job},window="30d"}`)).toBeUndefined();
    expect(await value(metrics, `job_gap_started_timestamp_seconds{${job}}`)).toBe(
      Date.parse('2026-11-23T08:55:00Z') / 1000,
    );
    expect(await metrics.text()).not.toContain('logpush_job="other"');
    metrics.emit(shown(aSeenJob({ health: aJobHealth({ state: 'healthy', gap: null }) })));
    expect(await value(metrics, `job_health{${job},health="failing"}`)).toBeUndefined();
    expect(await value(metrics, `job_health{${job},health="healthy"}`)).toBe(1);
    expect(await value(metrics, `job_gap_started_timestamp_seconds{${job}}`)).toBeUndefined();
  });

  test('counts its changes', async () => {
    const metrics = after([EVENTS['health.changed'], EVENTS['health.changed']]);
    expect(await value(metrics, 'health_changes_total{zone="example.com",health="failing"}')).toBe(2);
  });

  test('goes with the job and with the scope', async () => {
    const series = async (metrics: Metrics): Promise<readonly string[]> =>
      (await metrics.text()).match(/^logpushd_(job_health|job_gap|job_deliv|health_)\S*/gm) ?? [];
    const metrics = after([shown(aSeenJob()), EVENTS['health.changed']]);
    expect(await series(metrics)).toHaveLength(4);
    metrics.emit(shown());
    expect(await series(metrics)).toHaveLength(1);
    metrics.emit(shown(aSeenJob()));
    metrics.emit({ type: 'scopes.known', scopes: [] });
    expect(await series(metrics)).toEqual([]);
  });
});

describe('the table of metrics', () => {
  test('lists what is in the registry', async () => {
    const metrics = after([]);
    const registered = [...(await metrics.text()).matchAll(/^# TYPE ((?:logpushd|leader)_\S+) (\S+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const expected = Object.values(METRICS).map((spec) => `${fullName(spec)} ${spec.type}`);
    expect(registered.toSorted()).toEqual(expected.toSorted());
  });

  test('no label is one that Prometheus overwrites', () => {
    expect(Object.values(METRICS).flatMap(({ labels }) => labels)).not.toContain('job');
    expect(Object.values(METRICS).flatMap(({ labels }) => labels)).not.toContain('instance');
  });
});

test('a replica that leads no more tells nothing of what only a leader knows', async () => {
  const leading = [
    EVENTS['token.refused'],
    EVENTS['destination.held'],
    EVENTS['alert.queued'],
    EVENTS['audit.failed'],
    EVENTS['pushes.failed'],
  ];
  const [before, deposed] = [after(leading), after([...leading, EVENTS['leader.ended']])];
  expect(await value(before, 'token_accepted')).toBe(0);
  expect(await value(deposed, 'token_accepted')).toBe(1);
  expect(await value(deposed, 'pushes_unreadable')).toBe(0);
  for (const name of ['destination_held{', 'alerts_queued{', 'audit_unreadable{']) {
    expect(await before.text()).toContain(`logpushd_${name}`);
    expect(await deposed.text()).not.toContain(`logpushd_${name}`);
  }
});

test('an event of a pass that is not known is ignored', async () => {
  const metrics = after([
    { ...finished(), passId: 'never' },
    planned(),
    { ...EVENTS['pass.refused'], passId: PASS },
  ]);
  expect(await value(metrics, 'reconcile_duration_seconds_count{result="in_sync"}')).toBeUndefined();
});

test('what is paused is shown while it is, by job and as a whole', async () => {
  const pauses = [{ since: '2026-11-23T09:00:00.000Z' }, { job: 'http', since: '2026-11-23T09:00:00.000Z' }];
  const paused = planned({ desired: aDesiredScope({ pauses }) });
  const metrics = after(pass(paused));
  expect(await value(metrics, 'paused{zone="example.com",logpush_job=""}')).toBe(1);
  expect(await value(metrics, 'paused{zone="example.com",logpush_job="http"}')).toBe(1);
  for (const event of pass(planned())) metrics.emit(event);
  expect(await metrics.text()).not.toContain('logpushd_paused{');
});

describe('when credentials end', () => {
  const series = (metrics: Metrics) => async (labels: string) =>
    value(metrics, `credential_expiry_timestamp_seconds{${labels}}`);
  const sas = 'kind="sas",zone="example.com",destination="azure://logs"';

  test('is shown for the first of each place and for the API token, until they have no end', async () => {
    const first = aSignature({ expiresAt: '2026-11-28T00:00:00Z' });
    const later = aSignature({ expiresAt: '2027-11-28T00:00:00Z' });
    const proof = aSignature({ kind: 'challenge', expiresAt: '2026-11-25T00:00:00Z' });
    const metrics = after([
      { ...EVENTS['scope.credentials'], credentials: [later, first, proof] },
      EVENTS['token.examined'],
    ]);
    const shown = series(metrics);
    expect(await shown(sas)).toBe(Date.parse('2026-11-28T00:00:00Z') / 1000);
    expect(await shown('kind="api_token",zone="",destination=""')).toBe(
      Date.parse('2027-01-31T00:00:00Z') / 1000,
    );
    expect(await shown(sas.replace('sas', 'challenge'))).toBe(Date.parse('2026-11-25T00:00:00Z') / 1000);

    metrics.emit({ type: 'token.examined', credential: null });
    metrics.emit({ type: 'scopes.known', scopes: [] });
    expect(await metrics.text()).not.toMatch(/^logpushd_credential_expiry\S*\{/m);
  });
});
