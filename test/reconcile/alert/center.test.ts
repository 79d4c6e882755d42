import { describe, expect, it } from 'vitest';
import { type Alert, alertOf, type Group } from '../../../src/core/alert/alert.ts';
import { attributionText } from '../../../src/core/audit/attribution.ts';
import { gapText } from '../../../src/core/health/gap.ts';
import { REASON_NAMES } from '../../../src/core/alert/reasons.ts';
import type { StandingState } from '../../../src/core/alert/standing.ts';
import type { Scope } from '../../../src/core/job/job.ts';
import type { Plan } from '../../../src/core/plan/change.ts';
import { AlertCenter } from '../../../src/reconcile/alert/center.ts';
import { DestinationHeldError, NotAllowedError } from '../../../src/reconcile/errors.ts';
import type { PassSummary, ReconcileEvent, Trigger } from '../../../src/reconcile/event/events.ts';
import { settingKey } from '../../../src/settings/key.ts';
import { aDesiredJob, aDesiredScope, aScope } from '../../builders.ts';
import {
  aField,
  anUpdate,
  aSignature,
  aPlan,
  aSummary,
  aWithheld,
  EVENTS,
  NOT_ALLOWED,
  REFUSED,
  UNREACHABLE,
} from '../../edges/events.ts';
import { ManualClock } from '../../manual-clock.ts';

const NOTHING: StandingState = { groups: [], faults: [] };
const SHOP = aScope({ id: 'a'.repeat(32), name: 'shop.example' });

/** A centre whose events the test sends, pass by pass. */
class Bench {
  readonly clock = new ManualClock();
  groups: readonly Group[] = [];
  state: StandingState = NOTHING;
  #center: AlertCenter;
  #passes = 0;

  constructor(state = NOTHING) {
    this.#center = this.#open(state);
  }

  #open(state: StandingState): AlertCenter {
    const stand = (groups: readonly Group[], kept: StandingState): void => {
      this.groups = groups;
      this.state = JSON.parse(JSON.stringify(kept));
    };
    return new AlertCenter({
      clock: this.clock,
      sink: { stand, remember: (kept) => void (this.state = JSON.parse(JSON.stringify(kept()))) },
      scrub: (text) => text.replaceAll('hunter22', '[redacted]'),
      state,
    });
  }

  kill(): void {
    this.#center = this.#open(this.state);
  }

  restart(): void {
    this.#center.close();
    this.#center = this.#open(this.state);
  }

  send(...events: readonly ReconcileEvent[]): void {
    for (const event of events) this.#center.emit(event);
  }

  /** A pass that plans these scopes, and says this besides. */
  pass(
    plans: readonly Partial<Plan>[],
    events: readonly ReconcileEvent[] = [],
    {
      triggers = ['schedule'],
      ...summary
    }: Partial<PassSummary> & { readonly triggers?: readonly Trigger[] } = {},
  ): void {
    this.#passes += 1;
    const passId = `p${this.#passes}`;
    const started = { type: 'pass.started', passId, triggers, revision: 'r', scopes: plans.length } as const;
    const planned = plans.map((plan) => ({ type: 'scope.planned', passId, plan: aPlan(plan) }) as const);
    const said = events.map((event) => ('passId' in event ? { ...event, passId } : event));
    this.send(started, ...planned, ...said, {
      type: 'pass.finished',
      passId,
      triggers,
      revision: 'r',
      durationMs: 1,
      summary: aSummary(summary),
    });
  }

  get alerts(): readonly Alert[] {
    return this.groups.map((group) => alertOf(group));
  }

  get reasons(): readonly string[] {
    return this.groups.map(({ reason }) => reason);
  }
}

const HERE: Partial<Plan> = {};
const drift = (scope: Scope = aScope(), job = 'http'): ReconcileEvent => ({
  ...EVENTS['drift.found'],
  scope,
  job,
});

describe('drift', () => {
  it('is told as put right where that came about before anybody was told', () => {
    const bench = new Bench();
    bench.pass([HERE], [drift(), { ...EVENTS['change.applied'], scope: aScope() }]);
    expect(bench.alerts).toMatchObject([
      { reason: 'DriftDetected', next: expect.stringContaining('logpushd has put it right') },
    ]);
  });

  it('that is left says why', () => {
    const bench = new Bench();
    const reason = 'The setting "mode" is "warn", which only reports drift; "enforce" would heal it.';
    bench.pass([HERE], [{ ...EVENTS['drift.found'], scope: aScope(), heals: false, reason }]);
    expect(bench.alerts[0]?.next).toBe(
      'Undo it at Cloudflare; or keep it: run "logpushd drift accept example.com/http" and commit the edit. ' +
        `logpushd only reports it. ${reason}`,
    );
  });

  it('is told with what moved and what to do, and is over when a later look finds it no more', () => {
    const bench = new Bench();
    bench.pass([HERE], [drift()]);

    expect(bench.alerts).toMatchObject([
      {
        reason: 'DriftDetected',
        summary: 'Logpush job "http" in example.com was changed at Cloudflare: enabled, destination_conf',
        detail:
          'Cloudflare has -> the manifest wants: enabled: false -> true; destination_conf: (changed, not shown)',
      },
    ]);
    bench.pass([HERE], [drift()]);
    expect(bench.alerts).toHaveLength(1);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('names its author once that is known, under the same name, and is over as before', () => {
    const bench = new Bench();
    bench.send(EVENTS['drift.attributed']);
    expect(bench.alerts).toEqual([]);
    bench.pass([HERE], [drift(), drift(SHOP)]);
    const [before, other] = bench.alerts;
    bench.send(EVENTS['drift.attributed']);
    bench.send(EVENTS['drift.attributed']);
    bench.restart();
    const detail = `By ${attributionText(EVENTS['drift.attributed'].attribution)}. ${before?.detail}`;
    expect(bench.alerts).toMatchObject([
      { fingerprint: before?.fingerprint, since: before?.since, detail },
      other,
    ]);
    bench.pass([HERE, { scope: SHOP }]);
    expect(bench.alerts).toEqual([]);
  });

  it('that is fought for names its author', () => {
    const bench = new Bench();
    const { fight } = EVENTS['drift.fought'];
    const { attribution } = EVENTS['drift.attributed'];
    const fields = [aField({ class: 'drift' })];
    const fought = aWithheld({ name: 'http', action: 'update', class: 'drift', fields, fight });
    bench.pass([{ withheld: [fought] }], [{ ...EVENTS['drift.found'], attribution }]);
    const by = expect.stringMatching(/^By .*ada@example\.com/);
    expect(bench.alerts.map(({ reason, detail }) => [reason, detail]).toSorted()).toEqual([
      ['DriftDetected', by],
      ['DriftFought', by],
    ]);
  });

  it('stays told while only other scopes are looked at', () => {
    const bench = new Bench();
    bench.pass([HERE], [drift()]);
    bench.pass([{ scope: SHOP }]);
    expect(bench.reasons).toEqual(['DriftDetected']);
  });

  it('is not ended by a pass that looked before it was found', () => {
    const bench = new Bench();
    const early = { passId: 'early', triggers: ['schedule'], revision: 'r' } as const;
    bench.send(
      { type: 'pass.started', ...early, scopes: 1 },
      { type: 'scope.planned', passId: 'early', plan: aPlan() },
    );
    bench.pass([HERE], [drift()]);
    bench.send({ type: 'pass.finished', ...early, durationMs: 1, summary: aSummary() });
    expect(bench.reasons).toEqual(['DriftDetected']);
  });

  it('is over when the scope is no longer known', () => {
    const bench = new Bench();
    bench.pass([HERE], [drift()]);
    bench.send({ type: 'scopes.known', scopes: [SHOP] });
    bench.pass([{ scope: SHOP }]);
    expect(bench.alerts).toEqual([]);
  });

  it('is told within half a minute of a pass that goes on for long', async () => {
    const bench = new Bench();
    bench.send(
      { type: 'pass.started', passId: 'p', triggers: ['schedule'], revision: 'r', scopes: 9 },
      { ...EVENTS['drift.found'], passId: 'p' },
    );
    expect(bench.alerts).toEqual([]);
    await bench.clock.advance(30_000);
    expect(bench.reasons).toEqual(['DriftDetected']);
  });

  it('that a person fights for is one alert as long as the fight goes on, also in the hourly try', () => {
    const bench = new Bench();
    const { fight } = EVENTS['drift.fought'];
    const fought = aWithheld({
      name: 'http',
      action: 'update',
      class: 'drift',
      fields: [aField({ class: 'drift' })],
      fight,
    });
    bench.pass([{ withheld: [fought] }], [drift()]);
    bench.pass([HERE], [drift()]);
    expect(bench.reasons.toSorted()).toEqual(['DriftDetected', 'DriftFought']);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('shows no secret, wherever a text has it from', () => {
    const bench = new Bench();
    const fields = [aField({ path: 'filter', before: 'hunter22', after: 'x hunter22 y', class: 'drift' })];
    bench.pass([HERE], [{ ...EVENTS['drift.found'], job: 'hunter22', fields }]);
    expect(JSON.stringify([bench.alerts, bench.state])).not.toContain('hunter22');
    expect(bench.alerts[0]?.detail).toBe(
      'Cloudflare has -> the manifest wants: filter: [redacted] -> "x [redacted] y"',
    );
  });
});

describe('a dead destination', () => {
  it('whose name holds a secret shows none of it, is one alert all the same, and comes to its end', () => {
    const bench = new Bench();
    const destination = 'https://hunter22';
    const update = anUpdate();
    if (update.action === 'delete') throw new Error('It has no desired job.');
    const desired = {
      ...update.desired,
      fields: { ...update.desired.fields, destination_conf: `${destination}/x` },
    };
    const refused = ['a', 'hunter22'].map((name): ReconcileEvent => ({
      ...EVENTS['change.failed'],
      change: { ...update, name, desired },
      error: REFUSED,
    }));
    bench.pass([HERE], [...refused, { ...EVENTS['destination.held'], destination }]);
    expect(bench.alerts).toMatchObject([{ reason: 'DestinationFailing', count: 3 }]);
    expect(JSON.stringify([bench.alerts, bench.state])).not.toContain('hunter22');

    bench.pass([HERE], [{ ...EVENTS['change.skipped'], change: { ...update, name: 'hunter22' } }]);
    expect(bench.alerts).toMatchObject([{ count: 2 }]);
    bench.send({ type: 'destination.released', destination });
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  const failed = (job: string, scope = aScope()): ReconcileEvent => ({
    ...EVENTS['change.failed'],
    scope,
    change: { ...anUpdate(), name: job },
    error: REFUSED,
  });
  const held = new DestinationHeldError({
    action: 'a',
    destination: 's3://acme-logs',
    jobs: 3,
    retryAt: '2026-11-23T10:00:00Z',
  });

  it('is one alert for two hundred jobs, however they fail, and over when the last of them is written', () => {
    const bench = new Bench();
    const jobs = Array.from({ length: 200 }, (_, n) => `job-${n}`);
    const parked = (job: string): ReconcileEvent => ({
      ...EVENTS['change.parked'],
      change: { ...anUpdate(), name: job },
      error: held,
    });
    bench.pass(
      [HERE],
      [
        ...jobs.slice(0, 3).map((job) => failed(job)),
        EVENTS['destination.held'],
        ...jobs.slice(3).map(parked),
      ],
    );

    expect(bench.alerts).toHaveLength(1);
    expect(bench.alerts[0]).toMatchObject({
      reason: 'DestinationFailing',
      count: 201,
      labels: { destination: 's3://acme-logs' },
    });
    expect(bench.alerts[0]?.subjects).toHaveLength(20);

    bench.send({ type: 'destination.released', destination: 's3://acme-logs' });
    bench.pass([HERE], [failed('job-7')]);
    expect(bench.alerts).toMatchObject([{ count: 1 }]);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('stays told where nothing was tried: the guard refused, or the change was skipped', () => {
    const bench = new Bench();
    bench.pass([HERE], [failed('http')]);
    bench.pass([HERE], [], { refused: true });
    bench.pass([HERE], [{ ...EVENTS['change.skipped'], change: anUpdate() }]);
    expect(bench.reasons).toEqual(['DestinationFailing']);
  });
});

describe('what is not about one job', () => {
  it('is one alert for all scopes that cannot be read for one cause', () => {
    const bench = new Bench();
    const unreadable = [aScope(), SHOP].map((scope): ReconcileEvent => ({
      ...EVENTS['scope.unreadable'],
      scope,
      error: NOT_ALLOWED,
    }));
    bench.pass([], unreadable, { unreadable: 2 });
    expect(bench.alerts).toMatchObject([{ reason: 'ScopeUnreadable', count: 2 }]);
    bench.pass([HERE]);
    expect(bench.alerts).toMatchObject([{ count: 1, summary: 'The jobs of shop.example cannot be read' }]);
    bench.pass([{ scope: SHOP }]);
    expect(bench.alerts).toEqual([]);
  });

  it('is told only after five minutes where it may pass by itself', async () => {
    const bench = new Bench();
    const event: ReconcileEvent = { ...EVENTS['scope.unreadable'], error: UNREACHABLE };
    bench.pass([], [event]);
    await bench.clock.advance(299_000);
    expect(bench.alerts).toEqual([]);
    await bench.clock.advance(1_000);
    expect(bench.reasons).toEqual(['ScopeUnreadable']);
  });

  it('is the token alone, once, where all scopes fail because of it', () => {
    const bench = new Bench();
    bench.send(EVENTS['token.refused']);
    const error = new NotAllowedError({ action: 'list' }, { isAsked: false });
    bench.pass([], [{ ...EVENTS['scope.unreadable'], error }]);
    expect(bench.reasons).toEqual(['TokenRefused']);
    bench.send({ type: 'token.accepted' });
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('is the manifest, until one is accepted', async () => {
    const bench = new Bench();
    bench.send(EVENTS['manifest.rejected']);
    await bench.clock.advance(0);
    expect(bench.alerts).toMatchObject([
      {
        reason: 'ManifestInvalid',
        detail: expect.stringMatching(/^zones\/shop\.yaml:12:23 1000000 is below/),
      },
    ]);
    bench.send(EVENTS['manifest.accepted']);
    await bench.clock.advance(0);
    expect(bench.alerts).toEqual([]);
  });

  it('is what the guard refused, until a pass over the same scopes is not refused', () => {
    const bench = new Bench();
    bench.pass([HERE], [EVENTS['pass.refused']], { refused: true });
    bench.pass([{ scope: SHOP }]);
    expect(bench.alerts).toMatchObject([
      { reason: 'ChangesRefused', detail: expect.stringContaining('5 of 6') },
    ]);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });
});

describe('a record of the past that cannot be saved', () => {
  it('is told until it can be, whatever passes see', () => {
    const bench = new Bench();
    bench.pass([HERE], [EVENTS['record.unsaved']]);
    bench.pass([HERE]);
    expect(bench.reasons).toEqual(['RecordUnsaved']);
    bench.send(EVENTS['record.saved']);
    bench.pass([HERE]);
    expect(bench.reasons).toEqual([]);
  });
});

describe('fields that Cloudflare lists by now', () => {
  it('are one alert for all jobs that could have them, until they have or the lock leaves them out', () => {
    const bench = new Bench();
    const jobs = ['http', 'copy'].map((name) => aDesiredJob({ name, newFields: ['JA4'] }));
    bench.pass([{ desired: aDesiredScope({ jobs }) }]);
    expect(bench.alerts).toMatchObject([
      { reason: 'FieldsNew', severity: 'info', count: 2, summary: expect.stringContaining('JA4') },
    ]);
    bench.pass([HERE]);
    expect(bench.reasons).toEqual([]);
  });
});

describe('a job that does not deliver', () => {
  it('says of its gap what the log says', () => {
    const bench = new Bench();
    const event = EVENTS['scope.health'];
    const [job] = event.jobs;
    bench.pass([HERE], [{ ...event, scope: aScope(), jobs: [{ ...job!, isManaged: true }] }]);
    expect(bench.alerts[0]?.detail).toContain(gapText(job!.health.gap!));
  });

  it('is told with its cause, and drift that Cloudflare itself made is not told as well', () => {
    const bench = new Bench();
    const event = EVENTS['scope.health'];
    const [job] = event.jobs;
    const state = 'disabled_by_cloudflare' as const;
    const cause = { code: 'dns-error', text: 'The name does not exist.', next: 'Correct it.' };
    const jobs = [{ ...job!, name: 'http', isManaged: true, health: { ...job!.health, state, cause } }];
    const moved: ReconcileEvent = { ...EVENTS['drift.found'], fields: [aField({ class: 'drift' })] };
    bench.pass([HERE], [{ ...event, scope: aScope(), jobs }, moved]);
    expect(bench.alerts).toMatchObject([{ reason: 'JobDisabled', next: 'Correct it.' }]);
    const { attribution } = EVENTS['drift.attributed'];
    const byPerson: ReconcileEvent = {
      ...EVENTS['drift.found'],
      fields: [aField({ class: 'drift' })],
      attribution,
    };
    bench.pass([HERE], [{ ...event, scope: aScope(), jobs }, byPerson]);
    expect(bench.reasons.toSorted()).toEqual(['DriftDetected', 'JobDisabled']);
    bench.pass([HERE], [{ ...event, scope: aScope(), jobs: [] }]);
    expect(bench.alerts).toEqual([]);
  });
});

describe('a restart', () => {
  it('tells what was put right right before it, though the pass had not come to its end', () => {
    const bench = new Bench();
    const passId = 'p0';
    bench.send(
      { type: 'pass.started', passId, triggers: ['audit'], revision: 'r', scopes: 1 },
      { type: 'scope.planned', passId, plan: aPlan(HERE) },
      { ...drift(), passId } as ReconcileEvent,
    );
    bench.kill();
    expect(bench.reasons).toEqual(['DriftDetected']);
    bench.pass([HERE], [], { triggers: ['startup'] });
    expect(bench.reasons).toEqual([]);
  });

  it('goes on with what stood, under the same name', () => {
    const bench = new Bench();
    bench.pass([HERE], [drift()]);
    const [before] = bench.groups;
    bench.restart();
    bench.pass([HERE], [drift()], { triggers: ['startup'] });
    expect(bench.groups).toEqual([before]);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('goes on with a pause that the ledger still has, until it ends', () => {
    const bench = new Bench();
    bench.send(EVENTS['pause.standing']);
    bench.pass([HERE]);
    bench.restart();
    bench.pass([HERE], [], { triggers: ['startup'] });
    expect(bench.reasons).toEqual(['PauseStanding']);
    bench.send({ ...EVENTS['pause.standing'], type: 'pause.ended', early: true });
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('ends what only an event could end, once the first pass has not shown it again', () => {
    const bench = new Bench();
    bench.send(EVENTS['token.refused'], { ...EVENTS['destination.held'] });
    bench.pass([HERE], [EVENTS['invariant.violated']]);
    bench.restart();
    bench.pass([HERE], [], { triggers: ['file-change'] });
    expect(bench.reasons.toSorted()).toEqual(['DestinationFailing', 'InvariantViolated', 'TokenRefused']);
    bench.send(EVENTS['token.refused']);
    bench.pass([HERE], [], { triggers: ['startup'] });
    expect(bench.reasons).toEqual(['TokenRefused']);
  });
});

describe('the table of alerts', () => {
  it('has the reasons that the settings may name', () => {
    const { schema } = settingKey('alerts');
    expect(schema).toMatchObject({ items: { properties: { reasons: { items: { enum: REASON_NAMES } } } } });
  });
});

describe('credentials that end', () => {
  const seen = (scope: Scope, withinDays: number | null): ReconcileEvent => ({
    ...EVENTS['scope.credentials'],
    scope,
    credentials: [aSignature({ withinDays })],
  });
  const token = (withinDays: number | null): ReconcileEvent => ({
    type: 'token.examined',
    credential: aSignature({ kind: 'api_token', destination: '', jobs: [], withinDays }),
  });

  it('are one alert for one signature, wherever it is used, until it is renewed', () => {
    const bench = new Bench();
    bench.pass([HERE, { scope: SHOP }], [seen(aScope(), 7), seen(SHOP, 7)]);
    expect(bench.alerts).toMatchObject([
      {
        reason: 'CredentialExpiring',
        severity: 'warning',
        summary: 'The shared access signature of azure://logs ends on 2026-11-28T00:00:00Z',
        count: 2,
      },
    ]);
    bench.pass([HERE, { scope: SHOP }], [seen(aScope(), 1), seen(SHOP, 1)]);
    expect(bench.reasons).toEqual(['CredentialExpiring', 'CredentialExpired']);
    bench.pass([HERE, { scope: SHOP }], [seen(aScope(), null), seen(SHOP, null)]);
    expect(bench.alerts).toEqual([]);
  });

  it('are one warning for a proof that ends before it could be shown, until it is', () => {
    const bench = new Bench();
    const proof = aSignature({ kind: 'challenge', destination: 's3://logs', withinDays: 1 });
    bench.pass([HERE], [{ ...EVENTS['scope.credentials'], scope: aScope(), credentials: [proof] }]);
    expect(bench.alerts).toMatchObject([
      {
        reason: 'ChallengeExpiring',
        severity: 'warning',
        summary: 'The ownership_challenge of s3://logs ends on 2026-11-28T00:00:00Z, in 1 day or less',
      },
    ]);
    bench.pass([HERE]);
    expect(bench.alerts).toEqual([]);
  });

  it('are told of the API token over passes and a restart, until Cloudflare says another end', () => {
    const bench = new Bench();
    bench.send(token(1));
    bench.pass([HERE], [], { triggers: ['startup'] });
    bench.restart();
    bench.pass([HERE], [], { triggers: ['startup'] });
    expect(bench.reasons).toEqual(['CredentialExpiring', 'CredentialExpired']);
    bench.send(token(7));
    bench.pass([HERE]);
    expect(bench.reasons).toEqual(['CredentialExpiring']);
    bench.send({ type: 'token.examined', credential: null });
    bench.pass([HERE]);
    expect(bench.reasons).toEqual([]);
  });
});
