import { describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { logEvents } from '../../../src/edges/log/event-log.ts';
import { RejectedError, StoppedError } from '../../../src/reconcile/errors.ts';
import type { ReconcileEvent } from '../../../src/reconcile/event/events.ts';
import { aDesiredJob, aDesiredScope, aLiveJob, aScope } from '../../builders.ts';
import { aCanary, canaryDestinations, leaksIn } from '../../canaries.ts';
import {
  aCreate,
  aField,
  anUpdate,
  aPlan,
  aSecretField,
  aWithheld,
  EVENTS,
  finished,
  NOT_ALLOWED,
  planned,
  STARTED,
  UNREACHABLE,
} from '../events.ts';
import { capture } from './lines.ts';

const ALL: readonly ReconcileEvent[] = Object.values(EVENTS);

function recordsOf(events: readonly ReconcileEvent[], level = 'debug'): readonly Record<string, unknown>[] {
  const { logger, records } = capture({ level });
  const emit = logEvents(logger);
  for (const event of events) emit(event);
  return records();
}

function textOf(
  events: readonly ReconcileEvent[],
  options: { level?: string; color?: boolean } = {},
): string {
  const { logger, text } = capture({ format: 'pretty', level: 'info', ...options });
  const emit = logEvents(logger);
  for (const event of events) emit(event);
  return text().replaceAll(/\d\d:\d\d:\d\d/g, 'TIME');
}

describe('one line per event', () => {
  test.each(ALL)('$type', (event) => {
    const records = recordsOf([event]);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ event: event.type });
  });

  test('with the same message however the event differs', () => {
    const messages = recordsOf([
      EVENTS['change.applied'],
      { ...EVENTS['change.applied'], change: aCreate(), id: 3, durationMs: 1 },
    ]).map((record) => record['msg']);
    expect(messages).toEqual(['change applied', 'change applied']);
  });

  test('with every field that finds it again', () => {
    const [record] = recordsOf([EVENTS['change.applied']]);
    expect(record).toEqual({
      level: 'info',
      time: expect.any(String),
      event: 'change.applied',
      passId: 'p1',
      zone: 'example.com',
      logpushJob: 'http',
      jobId: 48213,
      action: 'update',
      class: 'pending',
      fields: ['enabled'],
      ray: '8f00aa-FRA',
      durationMs: 212,
      msg: 'change applied',
    });
  });

  test('with the names of fields and never their values', () => {
    const fields = [aField({ path: 'filter', before: 'value-before', after: 'value-after' }), aSecretField()];
    const drift = { ...EVENTS['drift.found'], fields };
    const change = anUpdate({ fields });
    const records = recordsOf([
      drift,
      { ...EVENTS['change.applied'], change },
      planned({ changes: [change] }),
    ]);
    expect(records[0]).toMatchObject({ class: 'drift', fields: ['filter', 'destination_conf'], heals: true });
    expect(JSON.stringify(records)).not.toMatch(/value-(before|after)/);
  });

  test('with zone or account, by the kind of the scope', () => {
    const account = aScope({ kind: 'account' });
    const [record] = recordsOf([{ ...EVENTS['job.adopted'], scope: account }]);
    expect(record).toMatchObject({ account: 'Acme' });
    expect(record).not.toHaveProperty('zone');
  });

  test('with what Cloudflare said, and the ray', () => {
    const [record] = recordsOf([EVENTS['scope.unreadable']]);
    expect(record).toMatchObject({
      error: NOT_ALLOWED.message,
      errorName: 'NotAllowedError',
      status: 403,
      codes: ['10000'],
      ray: '8f00aa-FRA',
      retry: 'next-pass',
    });
  });
});

describe('at the usual level', () => {
  test('a pass that finds nothing is one line', () => {
    const records = recordsOf(
      [STARTED, planned(), planned({ scope: aScope({ kind: 'account' }) }), finished()],
      'info',
    );
    expect(records.map((record) => record['event'])).toEqual(['pass.finished']);
  });

  test('a finding that refuses a job is an error with its place, once', () => {
    const origin = { file: 'm.yaml', line: 3, column: 9 };
    const found = {
      severity: 'error',
      code: 'unknown-field',
      origin,
      path: 'zones[0]',
      message: 'No.',
    } as const;
    const blocked = [{ name: 'held', reason: 'm.yaml:3:9: No.', origin, findings: [found] }];
    const desired = { ...aDesiredScope(), blocked };
    const event = planned({ withheld: [aWithheld()], desired });
    expect(recordsOf([event, event], 'info')).toMatchObject([
      { level: 'error', event: 'scope.planned', problems: ['m.yaml:3:9 unknown-field zones[0] No.'] },
    ]);
  });

  test('what is withheld is told when it is new, not on every pass', () => {
    const held = planned({ withheld: [aWithheld()] });
    const more = planned({ withheld: [aWithheld(), aWithheld({ name: 'other' })] });
    const events = recordsOf([held, held, more, more, planned(), held], 'info').map(
      (record) => record['withheld'],
    );
    expect(events).toEqual([1, 2, 1]);
  });
});

describe('the level says who has to act', () => {
  const rejected = new RejectedError({ action: 'create job "x"', status: 400, cause: 'bad filter' });

  test.each<[string, ReconcileEvent]>([
    ['error', EVENTS['manifest.rejected']],
    ['error', EVENTS['manifest.unreadable']],
    ['error', EVENTS['pass.refused']],
    ['error', EVENTS['scope.unreadable']],
    ['error', EVENTS['ledger.failed']],
    ['error', { ...EVENTS['change.failed'], error: rejected }],
    ['warn', EVENTS['manifest.accepted']],
    ['warn', EVENTS['drift.found']],
    ['warn', EVENTS['scope.unresolved']],
    ['warn', EVENTS['change.failed']],
    ['warn', EVENTS['change.skipped']],
    ['warn', { ...EVENTS['scope.unreadable'], error: UNREACHABLE }],
    ['warn', finished({ failed: 1 })],
    ['warn', finished({ unreadable: 1 })],
    ['warn', finished({ refused: true })],
    ['info', finished({ applied: 1 })],
    ['info', { ...EVENTS['manifest.accepted'], warnings: [] }],
    ['info', EVENTS['change.applied']],
    ['info', EVENTS['job.adopted']],
    ['info', EVENTS['daemon.watching']],
    ['debug', STARTED],
    ['debug', { ...EVENTS['change.failed'], error: new StoppedError('create job "x"') }],
  ])('%s', (level, event) => {
    expect(recordsOf([event])[0]).toMatchObject({ level });
  });
});

describe('for people', () => {
  test('a start on other ports than usual says so, and which were taken', () => {
    const taken = ['127.0.0.1:8787', '127.0.0.1:8080'];
    expect(textOf([{ ...EVENTS['daemon.started'], taken }])).toContain(
      '\n    other ports than usual: something else listens on 127.0.0.1:8787 and 127.0.0.1:8080',
    );
    expect(textOf([EVENTS['daemon.started']])).not.toContain('other ports');
  });

  test('a day reads as a story', () => {
    const day = [
      EVENTS['daemon.started'],
      { ...EVENTS['manifest.accepted'], warnings: [] },
      STARTED,
      planned({
        changes: [aCreate('http-archive'), anUpdate({ fields: [aField(), aSecretField()] })],
        withheld: [aWithheld()],
      }),
      { ...EVENTS['change.applied'], change: aCreate('http-archive'), id: 1 },
      EVENTS['change.applied'],
      finished({ applied: 2, withheld: 1 }),
      EVENTS['daemon.watching'],
      planned({ changes: [anUpdate({ class: 'drift', fields: [aField({ class: 'drift' })] })] }),
      { ...EVENTS['drift.found'], fields: [aField({ class: 'drift' })] },
      EVENTS['change.applied'],
      finished({ applied: 1, drift: 1 }),
      finished(),
      EVENTS['daemon.stopping'],
    ];
    expect(textOf(day)).toMatchInlineSnapshot(`
      "TIME  logpushd 0.1.0
          settings        config/logpushd.yaml
          Cloudflare API  http://127.0.0.1:9000/client/v4  the built-in sandbox, not the real one
          status page     http://127.0.0.1:8080
      TIME  manifest 4f2c1ab00000: 3 jobs in 1 entry, 2 files
      TIME  plan for example.com: 2 changes
          + create    http-archive
          ~ update    http (48213)
              enabled           false -> true
              destination_conf  (changed, not shown)
          . withheld  held: prune is never
      TIME  created http-archive (1) in example.com (212 ms)
      TIME  updated http (48213) in example.com (212 ms)
      TIME  2 applied, 1 withheld (1 scope, schedule + file-change, 2841 ms)
      TIME  watching config/manifest; full sweep at */15 * * * *; Ctrl-C stops
      TIME  plan for example.com: 1 change
          ~ update    http (48213)
      TIME warn  drift: http (48213) in example.com was changed behind our back; healing it
            enabled  false -> true
      TIME  updated http (48213) in example.com (212 ms)
      TIME  1 applied (1 scope, schedule + file-change, 2841 ms)
      TIME  in sync (1 scope, schedule + file-change, 2841 ms)
      TIME  stopping: SIGTERM
      "
    `);
  });

  test.each([
    ['create', true, 'drift: http in example.com was deleted behind our back; making it anew'],
    ['create', false, 'drift: http in example.com was deleted behind our back; only reported'],
    ['delete', true, 'drift: http (5) in example.com was made behind our back; deleting it'],
    ['replace', true, 'drift: http (5) in example.com was changed behind our back; healing it'],
  ] as const)('drift that takes a %s says what somebody did (healed: %s)', (action, heals, text) => {
    const id = action === 'create' ? undefined : 5;
    const event = { ...EVENTS['drift.found'], action, id, heals, fields: [] };
    expect(textOf([event])).toBe(`TIME warn  ${text}\n`);
    expect(recordsOf([event])).toMatchObject([{ action }]);
  });

  test('trouble says what and where', () => {
    const trouble = [
      EVENTS['manifest.rejected'],
      EVENTS['manifest.unreadable'],
      EVENTS['pass.refused'],
      EVENTS['scope.unreadable'],
      EVENTS['scope.unresolved'],
      EVENTS['change.failed'],
      EVENTS['change.skipped'],
      finished({ unreadable: 1, failed: 1, refused: true }),
    ];
    expect(textOf(trouble)).toMatchInlineSnapshot(`
      "TIME error  manifest 4f2c1ab00000 has errors and is not used
          zones/shop.yaml:12:23  error  out-of-range  zones[0].jobs[1].max_upload_bytes
            1000000 is below Cloudflare's minimum of 5000000 (5 MB).
      TIME error  The manifest config/manifest does not exist. Create it.
      TIME error  refused, nothing was written: 5 of 6 owned jobs would be removed; 3 are allowed.
          example.com/http: deleted
      TIME error  Cloudflare does not allow to list jobs of example.com: HTTP 403, Authentication error (10000). Either the token is wrong, expired or revoked, or it lacks the right: Logpush calls, reads included, need "Logs: Edit" on that zone or account, and listing zones needs "Zone: Read".
      TIME warn  shop.example skipped: No such zone.
      TIME warn  Cloudflare could not be reached to list jobs of example.com: connection refused. Nothing is lost by trying again; if it stays so, look at the network, the proxy and cloudflare.base_url.
      TIME warn  not done: delete old-job in example.com: The process is stopping.
      TIME warn  1 failed, 1 scope not readable (1 scope, schedule + file-change, 2841 ms)
      "
    `);
  });

  test('a field differs in the words of the plan: long values cut, of lists only what came and went', () => {
    const fields = [
      aField({ path: 'filter', before: null, after: 'x'.repeat(500) }),
      aField({ path: 'output_options', before: { sample_rate: 1 }, after: ['a', 'b'] }),
      aField({
        path: 'field_names',
        before: ['ClientIP', 'ZoneName', 'RayID'],
        after: ['ClientIP', 'RayID'],
      }),
    ];
    const text = textOf([planned({ changes: [anUpdate({ fields })] })]);
    expect(text).toContain(`(none) -> ${'x'.repeat(160)}…\n`);
    expect(text).toContain('{"sample_rate":1} -> ["a","b"]');
    expect(text).toContain('field_names     -ZoneName\n');
  });

  test.each([
    ['a plain value', (secret: string) => secret],
    ['a value in quotes', (secret: string) => `is ${secret}`],
    ['a name that came', (secret: string) => ['a', secret]],
    ['one of many names', (secret: string) => [...'abcdefghijklmnopqrst', secret]],
    ['a value that is cut within it', (secret: string) => `${'x'.repeat(150)}${secret}`],
  ])('a secret that was registered is not in a field: %s', (_, valueOf) => {
    const secret = 'correct-"horse"-battery-staple';
    const { logger, text } = capture({ format: 'pretty', level: 'info' });
    logger.registerSecret(new Secret(secret));
    const fields = [aField({ before: [], after: valueOf(secret) })];
    logEvents(logger)(planned({ changes: [anUpdate({ fields })] }));
    expect(text()).toContain('enabled  ');
    expect(text()).not.toMatch(/correct|battery/);
  });

  test('names from outside cannot forge a line', () => {
    const name = 'evil\nTIME  in sync\u001b[2J\u202e';
    const text = textOf([
      planned({
        scope: aScope({ name }),
        changes: [aCreate(name)],
        withheld: [aWithheld({ name, reason: name })],
      }),
      { ...EVENTS['job.adopted'], job: aLiveJob({ name }) },
      { ...EVENTS['scope.unresolved'], name, reason: name },
    ]);
    expect(text).not.toMatch(/^TIME {2}in sync/m);
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('\u202e');
  });

  test('every event has a text for people but the beginning of a pass, and a whole picture of which the changes are told', () => {
    const isForPrograms = (event: ReconcileEvent): boolean =>
      textOf([event], { level: 'debug' }).includes('passId=');
    expect(ALL.filter(isForPrograms).map(({ type }) => type)).toEqual([
      'pass.started',
      'scope.health',
      'scope.credentials',
    ]);
  });

  test('colours only mark; the text is the same', () => {
    const escape = String.fromCharCode(27);
    const coloured = textOf(ALL, { color: true });
    expect(coloured).toContain(escape);
    expect(coloured.replaceAll(new RegExp(`${escape}\\[\\d+m`, 'g'), '')).toBe(textOf(ALL));
  });
});

test('no secret of a job gets into a line, at any level and in any format', () => {
  const canaries = canaryDestinations().map(({ canary }) => canary);
  const challenge = aCanary('challenge');
  for (const { text: destination } of canaryDestinations()) {
    const fields = { destination_conf: destination, ownership_challenge: challenge.value };
    const live = aLiveJob({ fields });
    const desired = aDesiredJob({ fields });
    const update = { ...anUpdate({ live, fields: [aSecretField()] }), desired, body: desired.fields };
    const create = { ...aCreate(), desired, body: desired.fields };
    const plan = aPlan({
      changes: [update, create] as never,
      paired: [{ desired, live }],
      adoptable: [{ desired, live }],
      unmanaged: [live],
      live: [live],
    });
    const events = [
      { ...EVENTS['scope.planned'], plan },
      { ...EVENTS['job.adopted'], job: live },
      { ...EVENTS['change.applied'], change: update },
      { ...EVENTS['change.failed'], change: create },
      { ...EVENTS['change.skipped'], change: update },
    ] as readonly ReconcileEvent[];
    const output = JSON.stringify(recordsOf(events)) + textOf(events, { level: 'debug' });
    expect(leaksIn(output, [...canaries, challenge])).toEqual([]);
  }
});
