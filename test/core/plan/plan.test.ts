import { describe, expect, it } from 'vitest';
import type { Adopt, DesiredJob, LiveJob, Mode, Prune } from '../../../src/core/job/job.ts';
import type { LedgerEntry } from '../../../src/core/plan/ledger-entry.ts';
import { entryOf, needsSingleRead, planForsaken, unsentOf } from '../../../src/core/plan/plan.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';
import { actionsOf, anOpenCreate, applied, classesOf, fingerprint, planOf, withheldOf } from './planning.ts';

const MODES: readonly Mode[] = ['enforce', 'warn', 'observe'];
const http = aDesiredJob();
const live = aLiveJob({ id: 7 });
const bytes = (max_upload_bytes: number) => ({ max_upload_bytes });

describe('a create whose answer was lost, of a job that is to be something else now,', () => {
  const old = aLiveJob({ id: 7, fields: { dataset: 'dns_logs' } });
  const late = aLiveJob({ id: 9, fields: { dataset: 'firewall_events' } });
  const entries = [applied(aDesiredJob({ fields: { dataset: 'dns_logs' } }), old)];
  const sent = aDesiredJob({ fields: { dataset: 'firewall_events' } });

  it('is not waited for once it turned up, and what it made goes', () => {
    const creating = [anOpenCreate({ name: 'http' }, [sent])];
    const plan = planOf({ jobs: [aDesiredJob()], live: [old, late], entries, creating });
    expect(actionsOf(plan)).toEqual(['replace http', 'delete http']);
    expect(plan.changes[1]).toMatchObject({ live: { id: 9 } });
  });

  it('is waited for before', () => {
    const creating = [anOpenCreate({ name: 'http' }, [sent])];
    const plan = planOf({ jobs: [aDesiredJob()], live: [old], entries, creating });
    expect(withheldOf(plan)).toEqual(['replace http']);
  });
});

describe('planning one scope', () => {
  it('creates a job that only the manifest has', () => {
    const plan = planOf({ jobs: [http] });
    expect(actionsOf(plan)).toEqual(['create http']);
    expect(plan.changes[0]).toMatchObject({ class: 'pending', body: http.fields });
  });

  it('plans nothing when both sides mean the same', () => {
    const plan = planOf({ jobs: [http], live: [live], entries: [applied(http, live)] });
    expect(plan).toMatchObject({ changes: [], withheld: [], unmanaged: [], adoptable: [], unverifiable: [] });
    expect(plan.paired).toEqual([{ desired: http, live }]);
  });

  it('sends only what differs', () => {
    const desired = aDesiredJob({ fields: bytes(5_000_000) });
    const plan = planOf({ jobs: [desired], live: [live], entries: [applied(http, live)] });
    expect(plan.changes).toMatchObject([{ action: 'update', class: 'pending', body: bytes(5_000_000) }]);
    expect(plan.changes[0]?.reason).toBe('The manifest sets max_upload_bytes of job 7 anew.');
  });

  it('creates a deleted job again, as drift', () => {
    const plan = planOf({ jobs: [http], entries: [applied(http, live)] });
    expect(plan.changes).toMatchObject([{ action: 'create', class: 'drift' }]);
    expect(plan.changes[0]?.reason).toContain('Job 7 was deleted at Cloudflare');
  });

  it.each(['warn', 'observe'] as const)(
    'says of a create that mode %s withholds that the job was deleted',
    (mode) => {
      const plan = planOf({ jobs: [http], entries: [applied(http, live)], policy: { mode } });
      expect(plan.withheld).toMatchObject([{ action: 'create', class: 'drift' }]);
      expect(plan.withheld[0]?.reason).toMatch(
        new RegExp(`^Job 7 was deleted at Cloudflare\\. The setting "mode" is "${mode}"`),
      );
      const first = planOf({ jobs: [http], policy: { mode: 'observe' } });
      expect(first.withheld[0]?.reason).toMatch(/^The setting "mode"/);
    },
  );

  it('leaves several unowned jobs of one name alone, and names them all', () => {
    const plan = planOf({ jobs: [http], live: [live, aLiveJob({ id: 9 })], policy: { prune: 'all' } });
    expect(plan).toMatchObject({ changes: [], unmanaged: [] });
    expect(plan.withheld[0]?.reason).toBe(
      'Jobs 7, 9 all have this name and any of them could be meant; pin one with "id:", or rename the others at Cloudflare.',
    );
  });

  it('never creates a job for a pin to an id that does not exist', () => {
    const plan = planOf({ jobs: [aDesiredJob({ id: 99 })], live: [live], entries: [applied(http, live)] });
    expect(plan.changes).toEqual([]);
    expect(plan.withheld[0]?.reason).toBe(
      '"id: 99" pins this job to one that does not exist (of this name there is 7); correct the id, or remove it.',
    );
  });

  it('names the rival when two jobs pin one id', () => {
    const jobs = [aDesiredJob({ name: 'a', id: 7 }), aDesiredJob({ name: 'b', id: 7 })];
    const plan = planOf({ jobs, live: [live] });
    expect(plan.withheld[0]).toMatchObject({ name: 'b' });
    expect(plan.withheld[0]?.reason).toContain('is pinned by "a" too');
  });

  it('shows a blocked job as withheld and keeps its live job', () => {
    const blocked = [{ name: 'http', reason: 'The secret "key" is missing.', origin: http.origin }];
    const plan = planOf({
      live: [live],
      entries: [applied(http, live)],
      policy: { prune: 'all' },
      scope: { blocked },
    });
    expect(plan.changes).toEqual([]);
    expect(plan.withheld).toMatchObject([
      { name: 'http', action: 'update', id: 7, reason: 'The secret "key" is missing.', origin: http.origin },
    ]);
  });
});

describe('what each mode lets through', () => {
  const desired = aDesiredJob({ fields: { ...bytes(6_000_000), max_upload_records: 1_000 } });
  const before = aDesiredJob({ fields: { ...bytes(5_000_000), max_upload_records: 1_000 } });
  const other = aDesiredJob({ name: 'other' });
  const otherLive = aLiveJob({ id: 8, name: 'other' });

  const situations = {
    'a create': { jobs: [http] },
    'a create of what somebody deleted': { jobs: [http], entries: [applied(http, live)] },
    'a pending update': {
      jobs: [desired],
      live: [aLiveJob({ id: 7, fields: { ...bytes(5_000_000), max_upload_records: 1_000 } })],
      entries: [applied(before, live)],
    },
    'an update against drift': {
      jobs: [before],
      live: [aLiveJob({ id: 7, fields: { ...bytes(9_000_000), max_upload_records: 1_000 } })],
      entries: [applied(before, live)],
    },
    'an update in a conflict': {
      jobs: [desired],
      live: [aLiveJob({ id: 7, fields: { ...bytes(9_000_000), max_upload_records: 1_000 } })],
      entries: [applied(before, live)],
    },
    'a replace': {
      jobs: [http],
      live: [aLiveJob({ id: 7, fields: { dataset: 'dns_logs' } })],
      entries: [applied(aDesiredJob({ fields: { dataset: 'dns_logs' } }), live)],
    },
    'an adoption that writes': { jobs: [desired], live: [live] },
    'a delete of what left the manifest': {
      jobs: [http],
      live: [live, otherLive],
      entries: [applied(http, live), applied(other, otherLive)],
    },
    'a delete of what somebody made': {
      jobs: [http],
      live: [live, otherLive],
      entries: [applied(http, live)],
      policy: { prune: 'all' as Prune },
    },
  };

  const letsThrough: Record<keyof typeof situations, readonly Mode[]> = {
    'a create': ['enforce', 'warn'],
    'a create of what somebody deleted': ['enforce'],
    'a pending update': ['enforce', 'warn'],
    'an update against drift': ['enforce'],
    'an update in a conflict': ['enforce', 'warn'],
    'a replace': ['enforce', 'warn'],
    'an adoption that writes': ['enforce', 'warn'],
    'a delete of what left the manifest': ['enforce', 'warn'],
    'a delete of what somebody made': ['enforce'],
  };

  const cases = Object.entries(situations).flatMap(([what, situation]) =>
    MODES.map((mode) => [what, mode, situation] as const),
  );

  it.each(cases)('%s in mode %s', (what, mode, situation) => {
    const allowed = letsThrough[what as keyof typeof situations].includes(mode);
    const policy = 'policy' in situation ? situation.policy : {};
    const plan = planOf({ ...situation, policy: { ...policy, mode } });
    expect([plan.changes.length, plan.withheld.length]).toEqual(allowed ? [1, 0] : [0, 1]);
    const named = plan.withheld.filter(({ reason }) => reason.includes(`The setting "mode" is "${mode}"`));
    expect(named).toEqual(plan.withheld);
  });

  it('splits an update under warn: pending fields are written, drift is withheld', () => {
    const moved = aLiveJob({ id: 7, fields: { ...bytes(5_000_000), max_upload_records: 9_000 } });
    const plan = planOf({
      jobs: [desired],
      live: [moved],
      entries: [applied(before, live)],
      policy: { mode: 'warn' },
    });
    expect(plan.changes).toMatchObject([{ class: 'pending', body: bytes(6_000_000) }]);
    expect(plan.withheld).toMatchObject([{ class: 'drift', fields: [{ path: 'max_upload_records' }] }]);
  });

  it('writes a destination whole, even where only a part of it is pending', () => {
    const r2 = (bucket: string, key: string) => ({
      destination_conf: `r2://${bucket}?account-id=a&access-key-id=k&secret-access-key=${key}`,
    });
    const desiredHere = aDesiredJob({ fields: r2('new', 'key-a-key-a') });
    const plan = planOf({
      jobs: [desiredHere],
      live: [aLiveJob({ id: 7, fields: r2('old', 'key-b-key-b') })],
      entries: [applied(aDesiredJob({ fields: r2('old', 'key-a-key-a') }), live)],
      policy: { mode: 'warn' },
    });
    expect(classesOf(plan.changes[0]?.fields ?? [])).toEqual([
      'pending destination_conf',
      'drift destination_conf.secret-access-key',
    ]);
    expect(plan.withheld).toEqual([]);
  });

  it.each([
    [{}, {}, 'the setting "mode"', 'observe'],
    [{}, { mode: 'warn' as Mode }, '"mode" of this zone', 'warn'],
    [{ mode: 'observe' as Mode }, { mode: 'warn' as Mode }, '"mode" of this job', 'observe'],
  ])('names who decides: job %j over scope %j', (job, scope, source, mode) => {
    const plan = planOf({
      jobs: [aDesiredJob(job)],
      entries: [applied(http, live)],
      policy: { mode: 'observe' },
      scope,
    });
    expect(plan.withheld[0]?.reason).toMatch(
      new RegExp(`^Job 7 was deleted at Cloudflare\\. ${source}`, 'i'),
    );
    expect(plan.withheld[0]?.reason).toContain(`is "${mode}"`);
  });
});

describe('what each adopt policy does with one unowned job of the name', () => {
  const equal = live;
  const differing = aLiveJob({ id: 7, fields: { enabled: false } });
  const table: Record<Adopt, readonly [whenEqual: string, whenDiffering: string]> = {
    always: ['adoptable', 'change'],
    if_equal: ['adoptable', 'withheld'],
    never: ['withheld', 'withheld'],
  };
  const cases = Object.entries(table).flatMap(([adopt, [whenEqual, whenDiffering]]) => [
    [adopt as Adopt, 'equal', equal, whenEqual] as const,
    [adopt as Adopt, 'differing', differing, whenDiffering] as const,
  ]);

  function fate(jobs: readonly DesiredJob[], job: LiveJob, adopt: Adopt, more: object = {}): string {
    const plan = planOf({ jobs, live: [job], policy: { adopt }, ...more });
    const fates = [
      ...plan.changes.map(({ action }) => (action === 'adopt' ? 'change' : action)),
      ...plan.withheld.map(({ action }) => (action === 'adopt' ? 'withheld' : `withheld ${action}`)),
      ...plan.adoptable.map(() => 'adoptable'),
    ];
    return fates.join(', ');
  }

  it.each(cases)('%s, an %s job: %s', (adopt, _, job, expected) => {
    expect(fate([http], job, adopt)).toBe(expected);
  });

  it('names the setting that withholds', () => {
    const plan = planOf({ jobs: [http], live: [differing], policy: { adopt: 'if_equal' } });
    expect(plan.withheld[0]?.reason).toBe(
      'Job 7 has this name and is not owned by logpushd, it differs in enabled, and the setting "adopt" is ' +
        '"if_equal"; set "always", pin it with "id: 7", or rename the job in the manifest.',
    );
  });

  it.each(['always', 'if_equal', 'never'] as const)('%s: a pin is a person’s word, and adopts', (adopt) => {
    expect(fate([aDesiredJob({ id: 7 })], differing, adopt)).toBe('change');
  });

  it.each(['always', 'if_equal', 'never'] as const)(
    '%s: our own lost create is no adoption of a stranger',
    (adopt) => {
      expect(fate([http], equal, adopt, { creating: ['http'] })).toBe('adoptable');
      expect(fate([http], differing, adopt, { creating: ['http'] })).toBe('change');
    },
  );

  it.each([{}, { id: 7 }])('never replaces an unowned job, pinned or not: %j', (pin) => {
    const other = aLiveJob({ id: 7, fields: { dataset: 'dns_logs' } });
    const plan = planOf({ jobs: [aDesiredJob(pin)], live: [other] });
    expect(actionsOf(plan)).toEqual([]);
    expect(withheldOf(plan)).toEqual(['replace http']);
    expect(plan.withheld[0]?.reason).toContain('dataset (dns_logs, wanted: http_requests) of job 7');
    expect(plan.withheld[0]?.reason).toContain('rename');
  });

  it('changes nothing under observe, not even the ledger', () => {
    expect(planOf({ jobs: [http], live: [equal], policy: { mode: 'observe' } })).toMatchObject({
      changes: [],
      adoptable: [],
      strays: [],
      withheld: [{ action: 'adopt', fields: [] }],
    });
  });
});

describe('which live jobs are deleted', () => {
  const fields = {};
  const truths = [true, false];
  const cases = truths.flatMap((owned) =>
    truths.flatMap((inManifest) =>
      truths.flatMap((protect) =>
        (['owned', 'all', 'never'] as const).flatMap((prune) =>
          MODES.map((mode) => ({ owned, inManifest, protect, prune, mode })),
        ),
      ),
    ),
  );

  it.each(cases)('%j', ({ owned, inManifest, protect, prune, mode }) => {
    const desired = aDesiredJob({ protect, fields });
    const plan = planOf({
      jobs: inManifest ? [desired] : [],
      live: [live],
      entries: owned ? [applied(desired, live)] : [],
      policy: { prune, mode },
    });
    const deletesOwned = owned && prune !== 'never' && !protect && mode !== 'observe';
    const deletesUnowned = !owned && prune === 'all' && mode === 'enforce';
    const deletes = !inManifest && (deletesOwned || deletesUnowned);
    expect(plan.changes.some(({ action }) => action === 'delete')).toBe(deletes);
    if (inManifest || deletes) return;
    const isUnmanaged = !owned && prune !== 'all';
    expect([plan.unmanaged.length, plan.withheld.length]).toEqual(isUnmanaged ? [1, 0] : [0, 1]);
  });

  it('lets a scope say otherwise than the settings', () => {
    const entries = [applied(http, live)];
    const plan = planOf({ live: [live], entries, scope: { prune: 'never' } });
    expect(plan.changes).toEqual([]);
    expect(plan.withheld[0]?.reason).toContain('"prune" of this zone is "never"');
  });

  it('says how to get rid of a protected job', () => {
    const entries = [applied(aDesiredJob({ protect: true }), live)];
    expect(planOf({ live: [live], entries }).withheld[0]?.reason).toBe(
      'Job 7 was last applied with "protect: true" and is not in the manifest any more; ' +
        'to delete it, put it back with "protect: false", apply, and then remove it.',
    );
  });
});

describe('a job that cannot be updated', () => {
  const dns = { dataset: 'dns_logs' };
  const old = aLiveJob({ id: 7, fields: dns });
  const entries = [applied(aDesiredJob({ fields: dns }), old)];

  it('is replaced, and says what happens to the logs', () => {
    const plan = planOf({ jobs: [http], live: [old], entries });
    expect(plan.changes).toMatchObject([{ action: 'replace', oldGoes: 'later', body: http.fields }]);
    expect(plan.changes[0]?.reason).toBe(
      'Cloudflare cannot change dataset (dns_logs, wanted: http_requests) of job 7, so a new job takes its place. ' +
        'The new job is created first, and the old one stays beside it until the new one delivers: for that time both ' +
        'deliver, nothing is lost. A later pass deletes the old one: the daemon by itself, or the next "logpushd apply".',
    );
  });

  it('is not replaced beside an unowned job that already is what would be created', () => {
    const plan = planOf({ jobs: [http], live: [old, aLiveJob({ id: 9 })], entries });
    expect(withheldOf(plan)).toEqual(['replace http']);
    expect(plan.withheld[0]?.reason).toContain('pin it with "id: 9"');
  });

  it('leaves that unowned job to the person who is told of it, even under prune: all', () => {
    const plan = planOf({
      jobs: [http],
      live: [old, aLiveJob({ id: 9 })],
      entries,
      policy: { prune: 'all' },
    });
    expect(plan).toMatchObject({ changes: [], unmanaged: [{ id: 9 }] });
  });

  it('is not replaced while it is pinned', () => {
    const plan = planOf({ jobs: [aDesiredJob({ id: 7 })], live: [old], entries });
    expect(plan.withheld[0]?.reason).toContain('remove "id:" to have it replaced');
  });

  it('is not replaced while it is protected', () => {
    const plan = planOf({ jobs: [aDesiredJob({ protect: true })], live: [old], entries });
    expect(withheldOf(plan)).toEqual(['replace http']);
    expect(plan.withheld[0]?.reason).toContain('"protect: true" forbids to replace it');
  });

  it('is taken up as superseded when the answer of the create was lost', () => {
    const plan = planOf({ jobs: [http], live: [old, aLiveJob({ id: 9 })], entries, creating: ['http'] });
    expect(plan.adoptable).toMatchObject([{ live: { id: 9 }, superseded: 7 }]);
    expect(plan.withheld).toMatchObject([{ action: 'delete', id: 7 }]);
  });
});

describe('protect', () => {
  const off = aDesiredJob({ protect: true, fields: { enabled: false, ...bytes(5_000_000) } });

  it('keeps a job from being sent to another path of an address, also when it is taken over', () => {
    const at = (path: string) => ({
      destination_conf: `https://siem.example.com/${path}?header_Authorization=a`,
    });
    const desired = aDesiredJob({ protect: true, fields: at('audit') });
    const live = aLiveJob({ id: 7, fields: at('other') });
    expect(actionsOf(planOf({ jobs: [desired], live: [live] }))).toEqual([]);
    const entries = [applied(aDesiredJob({ fields: at('other') }), live)];
    expect(actionsOf(planOf({ jobs: [desired], live: [live], entries }))).toEqual([]);
    const moved = [applied(desired, live)];
    expect(actionsOf(planOf({ jobs: [desired], live: [live], entries: moved }))).toEqual(['update http']);
  });

  it('withholds that a job is disabled, and only that', () => {
    const plan = planOf({ jobs: [off], live: [live], entries: [applied(http, live)] });
    expect(plan.changes).toMatchObject([{ action: 'update', body: bytes(5_000_000) }]);
    expect(plan.withheld).toMatchObject([{ action: 'update', fields: [{ path: 'enabled' }] }]);
    expect(plan.withheld[0]?.reason).toContain('remove "protect" to disable it');
  });

  it('keeps that from looking like drift on the next pass', () => {
    const entry = applied(http, live);
    const plan = planOf({ jobs: [off], live: [live], entries: [entry] });
    const after = aLiveJob({ id: 7, fields: bytes(5_000_000) });
    const next = entryOf(
      off,
      after,
      fingerprint,
      undefined,
      unsentOf(plan, { name: 'http', live }, { entries: [entry], creating: [] }),
    );
    const again = planOf({ jobs: [off], live: [after], entries: [next] });
    expect(again.changes).toEqual([]);
    expect(again.withheld).toMatchObject([{ class: 'pending', fields: [{ path: 'enabled' }] }]);
  });

  const elsewhere = aDesiredJob({
    protect: true,
    fields: { destination_conf: 's3://elsewhere/http/{DATE}?region=us-west-2', ...bytes(5_000_000) },
  });

  it('withholds that a job is sent elsewhere, and only that', () => {
    const plan = planOf({ jobs: [elsewhere], live: [live], entries: [applied(http, live)] });
    expect(plan.changes).toMatchObject([{ action: 'update', body: bytes(5_000_000) }]);
    expect(plan.withheld).toMatchObject([{ action: 'update', fields: [{ path: 'destination_conf' }] }]);
    expect(plan.withheld[0]?.reason).toContain('remove "protect" to redirect it');
  });

  it('puts a job back that somebody else sent elsewhere', () => {
    const kept = aDesiredJob({ protect: true });
    const moved = aLiveJob({ id: 7, fields: { destination_conf: 's3://theirs/x?region=us-west-2' } });
    const plan = planOf({ jobs: [kept], live: [moved], entries: [applied(kept, live)] });
    expect(plan.changes).toMatchObject([{ action: 'update', class: 'drift' }]);
    expect(plan.withheld).toEqual([]);
  });

  it('does not keep a parameter of the destination from changing', () => {
    const tuned = aDesiredJob({
      protect: true,
      fields: { destination_conf: 's3://acme-logs/http/{DATE}?region=us-west-2&sse=AES256' },
    });
    const plan = planOf({ jobs: [tuned], live: [live], entries: [applied(http, live)] });
    expect(plan.changes).toMatchObject([{ action: 'update' }]);
  });

  it('does not keep a job from being enabled', () => {
    const plan = planOf({
      jobs: [aDesiredJob({ protect: true })],
      live: [aLiveJob({ id: 7, fields: { enabled: false } })],
      entries: [applied(http, live)],
    });
    expect(plan.changes).toMatchObject([{ action: 'update', body: { enabled: true } }]);
  });
});

describe('the allow-list of destinations', () => {
  it.each([
    ['s3://acme-logs/*', false],
    ['s3://acme-logs@s3.example/*', true],
    ['s3://acme-logs@evil.example/*', false],
  ])('lets nobody take the name of a bucket to another provider: %s', (pattern, isAllowed) => {
    const stored = aDesiredJob({
      fields: {
        destination_conf:
          's3://acme-logs/http?region=auto&access-key-id=k&secret-access-key=s&endpoint=s3.example',
      },
    });
    const plan = planOf({ jobs: [stored], policy: { allowedDestinations: [pattern] } });
    expect(plan.changes).toHaveLength(isAllowed ? 1 : 0);
    const remedy = 'add s3://acme-logs@s3.example/* there';
    expect(plan.withheld.filter(({ reason }) => reason.includes(remedy))).toHaveLength(isAllowed ? 0 : 1);
  });

  const where = 's3://acme-logs/http/{DATE}';

  it.each([
    [[], true],
    [[where], true],
    [['s3://acme-logs/*'], true],
    [['*'], true],
    [['s3://*/http/*'], true],
    [['r2://*', 's3://acme-*'], true],
    [['s3://acme-logs'], false],
    [['s3://acme/*'], false],
    [['S3://acme-logs/*'], false],
    [['s3://acme-logs/*/{DATE}/x'], false],
    [['s3://acme-logs/http/{DATE}*{DATE}'], false],
    [['s3://*{DATE}*{DATE}'], false],
    [[''], false],
  ])('%j', (allowedDestinations, isAllowed) => {
    const plan = planOf({ jobs: [http], policy: { allowedDestinations } });
    expect(actionsOf(plan)).toEqual(isAllowed ? ['create http'] : []);
    const named = plan.withheld.filter(({ reason }) => reason.includes('guard.allowed_destinations'));
    expect(named).toHaveLength(isAllowed ? 0 : 1);
  });

  it.each([
    ['create', { jobs: [http] }],
    [
      'update',
      {
        jobs: [http],
        live: [aLiveJob({ fields: { enabled: false } })],
        entries: [applied(http, aLiveJob())],
      },
    ],
    ['adopt', { jobs: [http], live: [live] }],
    [
      'replace',
      {
        jobs: [http],
        live: [aLiveJob({ fields: { dataset: 'dns_logs' } })],
        entries: [applied(http, aLiveJob())],
      },
    ],
  ])('withholds %s of a job that would deliver elsewhere', (action, situation) => {
    const plan = planOf({ ...situation, policy: { allowedDestinations: ['r2://*'] } });
    expect(plan).toMatchObject({ changes: [], adoptable: [], withheld: [{ action }] });
  });
});

describe('values that Cloudflare does not show', () => {
  const filter = '{"where":{"key":"RayID","operator":"eq","value":"x"}}';
  const filtered = aDesiredJob({ fields: { filter } });

  it('are written once when they are absent, then reported and left alone', () => {
    const first = planOf({ jobs: [filtered], live: [live], entries: [applied(http, live)] });
    expect(first.changes).toMatchObject([{ action: 'update', body: { filter } }]);

    const second = planOf({ jobs: [filtered], live: [live], entries: [applied(filtered, live)] });
    expect(second.changes).toEqual([]);
    expect(second.unverifiable).toMatchObject([{ name: 'http', id: 7, fields: [{ path: 'filter' }] }]);
  });

  it('are seen as drift when they were shown before', () => {
    const seen = aLiveJob({ id: 7, fields: { filter } });
    const plan = planOf({ jobs: [filtered], live: [live], entries: [applied(filtered, seen)] });
    expect(plan.changes).toMatchObject([{ class: 'drift', body: { filter } }]);
  });

  it('are not taken for hidden because a write did not send them', () => {
    const wants = aDesiredJob({ fields: { filter, ...bytes(5_000_000) } });
    const entry = applied(filtered, aLiveJob({ id: 7, fields: { filter } }));
    const plan = planOf({ jobs: [wants], live: [live], entries: [entry], policy: { mode: 'warn' } });
    expect(withheldOf(plan)).toEqual(['update http']);
    const after = aLiveJob({ id: 7, fields: bytes(5_000_000) });
    const next = entryOf(
      wants,
      after,
      fingerprint,
      undefined,
      unsentOf(plan, { name: 'http', live }, { entries: [entry], creating: [] }),
    );
    const again = planOf({ jobs: [wants], live: [after], entries: [next], policy: { mode: 'warn' } });
    expect(again.withheld).toMatchObject([{ class: 'drift', fields: [{ path: 'filter' }] }]);
  });

  it('go along when the options they belong to are replaced whole', () => {
    const options = (output_options: Record<string, string | number>) => ({ output_options });
    const wants = aDesiredJob({ fields: options({ timestamp_format: 'rfc3339', sample_rate: 0.5 }) });
    const shows = aLiveJob({ id: 7, fields: options({ timestamp_format: 'unix' }) });
    const entry: LedgerEntry = { ...applied(wants, shows), unverifiable: ['output_options.sample_rate'] };
    const plan = planOf({ jobs: [wants], live: [shows], entries: [entry] });
    expect(plan.changes[0]).toMatchObject({
      body: options({ timestamp_format: 'rfc3339', sample_rate: 0.5 }),
      fields: [{ path: 'output_options.timestamp_format' }],
    });
  });

  it.each([
    ['the listing shows everything', aLiveJob({ fields: { filter } }), undefined, false],
    ['the listing lacks it and nothing is known', live, undefined, true],
    [
      'the listing lacks what was shown when it was applied',
      live,
      applied(filtered, aLiveJob({ fields: { filter } })),
      true,
    ],
    ['it is known never to be shown', live, applied(filtered, live), false],
    [
      'the manifest moved since that was known',
      live,
      { ...applied(http, live), unverifiable: ['filter'] },
      true,
    ],
  ] as const)('a single read is needed or not: %s', (_, job, entry, needed) => {
    expect(needsSingleRead(filtered, job, entry, fingerprint)).toBe(needed);
  });

  it('a single read is needed before a value that was applied and is not listed counts as gone', () => {
    const unfiltered = aDesiredJob({ fields: { filter: '' } });
    const entry = applied(filtered, aLiveJob({ fields: { filter } }));
    expect(needsSingleRead(unfiltered, live, entry, fingerprint)).toBe(true);
    expect(needsSingleRead(unfiltered, live, applied(unfiltered, live), fingerprint)).toBe(false);
    expect(needsSingleRead(unfiltered, live, undefined, fingerprint)).toBe(false);
  });

  it('a single read is not needed for a masked secret', () => {
    const conf = (key: string) => ({
      destination_conf: `r2://b?account-id=a&access-key-id=k&secret-access-key=${key}`,
    });
    const job = aLiveJob({ fields: conf('***') });
    expect(needsSingleRead(aDesiredJob({ fields: conf('plain-secret') }), job, undefined, fingerprint)).toBe(
      false,
    );
  });
});

describe('a scope that the manifest does not mention any more', () => {
  it('keeps its jobs, and says how to delete them', () => {
    const other = aDesiredJob({ name: 'dns' });
    const entries = [applied(http, live), applied(other, aLiveJob({ id: 8 }))];
    const plan = planForsaken(aScope(), { entries, creating: [] });
    expect(plan.changes).toEqual([]);
    expect(withheldOf(plan)).toEqual(['delete dns', 'delete http']);
    expect(plan.withheld[1]?.reason).toBe(
      'The manifest does not mention this zone any more, so job 7 is left alone; ' +
        'write the zone with "jobs: []" to delete its jobs, or put it back.',
    );
  });
});
