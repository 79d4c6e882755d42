import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { PARTS } from '../../src/cli/parts.ts';
import { type HttpOptions, type HttpServer, startHttp } from '../../src/edges/http/server.ts';
import { StandbyError } from '../../src/edges/http/standby-error.ts';
import type { ReconcileEvent } from '../../src/reconcile/event/events.ts';
import { StatusBoard } from '../../src/reconcile/status/status-board.ts';
import { aDesiredJob, aDesiredScope, aLiveJob } from '../builders.ts';
import { aWithheld, EVENTS, finished, planned } from '../edges/events.ts';
import { ran, type Ran } from './fake-shell.ts';

const TOKEN = 'a-token-of-the-test';
const NOW = Date.parse('2026-11-23T09:00:00Z');

/** A daemon's server on a free port; returns how to talk to it. */
async function daemon(options: Partial<HttpOptions> = {}) {
  const { url } = await served(options);
  return (...argv: readonly string[]) => asking(url, ...argv);
}

async function served(options: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    status: () => ({}),
    history: () => [],
    ready: () => ({ ready: true, reason: '' }),
    metrics: async () => '',
    reconcile: () => ({ unknown: 'There is no such scope.' }),
    approve: () => null,
    pause: async () => ({ unknown: 'There is no such scope.' }),
    resume: async () => ({ unknown: 'Nothing is paused.' }),
    token: new Secret(TOKEN),
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

function asking(url: string, ...argv: readonly string[]): Promise<Ran> {
  return ran([...argv, '--url', url], {
    parts: { askDaemon: PARTS.askDaemon },
    environment: { LOGPUSHD_HTTP_TOKEN: TOKEN },
  });
}

/** The board of a daemon that has looked at one zone. */
function boardAfter(...events: readonly Parameters<StatusBoard['emit']>[0][]): StatusBoard {
  const board = new StatusBoard({ now: () => NOW });
  for (const event of [EVENTS['manifest.accepted'], EVENTS['pass.started'], ...events, finished()])
    board.emit(event);
  return board;
}

const drifted = planned({
  desired: aDesiredScope({
    pauses: [
      { job: 'http', since: '2026-11-23T08:00:00.000Z', until: '2026-11-23T12:00:00.000Z', reason: 'INC-42' },
    ],
  }),
  withheld: [aWithheld({ class: 'drift' })],
});
const inSync = planned({
  paired: [{ desired: aDesiredJob({ name: 'http' }), live: aLiveJob({ name: 'http' }) }],
});

describe('history', () => {
  const entry = {
    at: '2026-11-23T08:00:00.000Z',
    last: '2026-11-23T09:00:00.000Z',
    times: 3,
    what: 'job changed by others',
    scope: { kind: 'zone', id: 'a', name: 'example.com' },
    job: 'http\u001b[31m',
    id: 7,
    fields: ['enabled', 'filter'],
    who: null,
    why: 'It is only reported.',
    revision: '4f2c1ab',
    ray: null,
  };

  it('shows what has happened, when, who and why, as asked for', async () => {
    const questions: unknown[] = [];
    const ask = await daemon({
      history: (question) => (questions.push(question), [entry, { ...entry, times: 1, who: 'logpushd' }]),
    });
    const { out, exitCode } = await ask('history', 'example.com', '--job', 'http', '--limit', '5');
    expect(exitCode).toBe(0);
    expect(questions).toEqual([{ scope: 'example.com', job: 'http', limit: 5 }]);
    expect(out).toBe(
      [
        '2026-11-23T08:00:00.000Z  job changed by others  example.com/http\\u{1b}[31m (7), 3 times, last 2026-11-23T09:00:00.000Z',
        '    fields: enabled, filter',
        '    It is only reported.',
        '    manifest 4f2c1ab',
        '2026-11-23T08:00:00.000Z  job changed by others by logpushd  example.com/http\\u{1b}[31m (7)',
        '    fields: enabled, filter',
        '    It is only reported.',
        '    manifest 4f2c1ab',
        '',
      ].join('\n'),
    );
  });

  it('answers scripts with the document itself, and says so when there is nothing', async () => {
    const { out } = await (await daemon({ history: () => [entry] }))('history', '--output', 'json');
    expect(JSON.parse(out)).toEqual({ entries: [entry] });
    expect((await (await daemon())('history')).out).toBe('Nothing is remembered.\n');
    const { out: ofJob } = await (await daemon())('history', 'example.com', '--job', 'http');
    expect(ofJob).toBe('Nothing is remembered of example.com/http.\n');
  });

  it('of what is not there is no empty history: it says so, and answers 3', async () => {
    const ask = await daemon({ history: () => ({ unknown: 'No zone "exmple.com".' }) });
    expect(await ask('history', 'exmple.com')).toMatchObject({
      out: '',
      err: 'error: No zone "exmple.com".\n',
      exitCode: 3,
    });
  });

  it('shows what the daemon says about a limit that cannot be', async () => {
    const { err, exitCode } = await (await daemon())('history', '--limit', '0');
    expect(err).toContain('limit from 1 to 500');
    expect(exitCode).toBe(3);
  });
});

describe('status', () => {
  it('shows every scope with what is paused there, and every job with why it is not in sync', async () => {
    const ask = await daemon({ status: () => boardAfter(drifted).toJson() });
    const { out, exitCode } = await ask('status');
    expect(out).toContain('manifest 4f2c1ab');
    expect(out).toContain(
      'paused http since 2026-11-23T08:00:00.000Z, until 2026-11-23T12:00:00.000Z: INC-42',
    );
    expect(out).toMatch(/^ {2}held +9 +drift +unknown\n {6}prune is never$/m);
    expect(exitCode).toBe(0);
  });

  it('says of a replica who leads, and what keeps it from the Lease', async () => {
    const shown = async (...events: readonly ReconcileEvent[]): Promise<string> =>
      (await (await daemon({ status: () => boardAfter(...events).toJson() }))('status')).out;
    expect(await shown(EVENTS['leader.standby'])).toContain(', standing by while pod-1_2 leads\n');
    expect(await shown(EVENTS['leader.elected'])).toContain(', leading as ');
    expect(await shown(EVENTS['leader.standby'], EVENTS['lease.failed'])).toMatch(/^! It was not possible/m);
    expect(await shown()).not.toContain('lead');
  });

  it('asks the leader for what only that one knows', async () => {
    const standingBy = (): never => {
      throw new StandbyError('This replica is standing by; pod-1_2 leads. Ask that one.');
    };
    const ask = await daemon({ history: standingBy, pause: standingBy, reconcile: standingBy });
    for (const words of [['history'], ['pause', 'example.com'], ['reconcile']])
      expect(await ask(...words)).toMatchObject({ out: '', err: expect.stringContaining('Ask that one.') });
  });

  it('wraps what is said of a job to the terminal, names three fields at most, and says what to do', async () => {
    const job = {
      name: 'http',
      id: 7,
      sync: 'drift',
      fields: ['a', 'b', 'c', 'd', 'e'],
      reason: 'The setting "mode" is "warn".',
      health: { state: 'failing', error: 'NoSuchBucket', cause: { text: 'No bucket.', next: 'Create it.' } },
    };
    const status = { scopes: [{ scope: { name: 'example.com', kind: 'zone' }, jobs: [job] }] };
    const { out } = await ran(['status'], {
      parts: { askDaemon: async () => ({ status: 200, body: status }) },
      shell: { columns: 40 },
    });
    expect(out.split('\n').slice(-9)).toEqual([
      'example.com zone',
      '  job   id  sync   delivery',
      '  http  7   drift  failing',
      '      a, b, c and 2 more: The setting',
      '      "mode" is "warn".',
      '      No bucket.',
      '      NoSuchBucket',
      '      Create it.',
      '',
    ]);
  });

  it.each([
    ['in sync', inSync, 0],
    ['drifted', drifted, 4],
    ['pending', planned({ withheld: [aWithheld()] }), 2],
    ['in conflict', planned({ withheld: [aWithheld({ class: 'conflict' })] }), 6],
    ['not readable', EVENTS['scope.unreadable'], 1],
    ['refused', EVENTS['pass.refused'], 1],
  ])('answers with --detailed-exitcode by what is %s', async (_, event, expected) => {
    const ask = await daemon({ status: () => boardAfter(event).toJson() });
    expect((await ask('status', '--detailed-exitcode')).exitCode).toBe(expected);
  });

  it('is the status of the daemon as it is with --output json', async () => {
    const status = boardAfter(drifted).toJson();
    const ask = await daemon({ status: () => status });
    expect(JSON.parse((await ask('status', '--output', 'json')).out)).toEqual(
      JSON.parse(JSON.stringify(status)),
    );
  });

  it('of a daemon without a pass is not well', async () => {
    const ask = await daemon({ status: () => new StatusBoard({ now: () => NOW }).toJson() });
    expect(await ask('status')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('no pass has ended yet'),
    });
  });

  it('says that nobody answers, where, and what to do', async () => {
    const { err, exitCode } = await asking('http://127.0.0.1:1', 'status');
    expect(err).toMatch(/No daemon answers at http:\/\/127\.0\.0\.1:1 \(--url\): .*logpushd run.*--url/);
    expect(exitCode).toBe(1);
  });

  it.each([
    [[], 'http://127.0.0.1:8080 (the default of the setting http)'],
    [['--http', '127.0.0.1:1'], 'http://127.0.0.1:1 (the setting http)'],
  ])('says who told it to look there: %j', async (argv, place) => {
    const askDaemon = async () => ({ unreachable: 'the connection is refused' });
    const { err } = await ran(['status', ...argv], { parts: { askDaemon } });
    expect(err).toContain(`No daemon answers at ${place}: the connection is refused.`);
  });

  it('takes nobody else for a daemon', async () => {
    const askDaemon = async () => ({ status: 404, body: null });
    const { err, exitCode } = await ran(['status'], { parts: { askDaemon } });
    expect(err).toMatch(/answers 404, as no daemon does: something else listens there\. .*--url/);
    expect(exitCode).toBe(3);
  });

  it.each([
    ['--http', 'off'],
    ['--http', '127.0.0.1:0'],
    ['--url', 'ftp://example.com'],
  ])('is wrong usage where the address is none: %s %s', async (...argv) => {
    expect(await ran(['status', ...argv])).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('--url'),
    });
  });
});

describe('pause and resume', () => {
  it('pause what is named for the time and the reason that are given', async () => {
    const asked: unknown[] = [];
    const ask = await daemon({
      pause: async (target, terms) => {
        asked.push([target, terms]);
        return { target, pause: { since: '2026-11-23T09:00:00.000Z', until: '2026-11-23T13:00:00.000Z' } };
      },
    });
    const { out, exitCode } = await ask(
      'pause',
      'example.com/http',
      '--for',
      '4h',
      '--reason',
      'INC-42 & more',
    );
    expect(asked).toEqual([['example.com/http', { ms: 14_400_000, reason: 'INC-42 & more' }]]);
    expect([out, exitCode]).toEqual(['example.com/http paused until 2026-11-23T13:00:00.000Z\n', 0]);
  });

  it('resume it', async () => {
    const ask = await daemon({
      resume: async (target) => ({ target, pause: { since: '2026-11-23T09:00:00.000Z' } }),
    });
    expect(await ask('resume', 'example.com')).toMatchObject({ out: 'example.com resumed\n', exitCode: 0 });
  });

  it('say why there is nothing to pause, and answer 3', async () => {
    const ask = await daemon();
    expect(await ask('pause', 'typo.example')).toMatchObject({
      err: 'error: There is no such scope.\n',
      exitCode: 3,
    });
  });

  it.each([
    ['have another', { LOGPUSHD_HTTP_TOKEN: 'another-token-of-the-test' }, /was started with another token/],
    ['have none', {}, /obeys only who has its token\. .*where this command runs/],
  ])('name where both have the token from when they %s', async (_, environment, why) => {
    const { url } = await served();
    const askDaemon = PARTS.askDaemon;
    const { err, exitCode } = await ran(['pause', 'a', '--url', url], { parts: { askDaemon }, environment });
    expect(err).toMatch(why);
    expect(err).toContain('LOGPUSHD_HTTP_TOKEN, or the file that LOGPUSHD_HTTP_TOKEN_FILE names');
    expect(err).not.toMatch(/Bearer|header/);
    expect(exitCode).toBe(3);
  });

  it('say how to give a daemon a token that has none', async () => {
    const ask = await daemon({ token: null });
    expect(await ask('pause', 'a')).toMatchObject({
      err: expect.stringMatching(
        /has no token, so it obeys nobody\. Start it with one, in LOGPUSHD_HTTP_TOKEN/,
      ),
      exitCode: 3,
    });
  });

  it('refuse a time that is none before anybody is asked', async () => {
    expect(await ran(['pause', 'a', '--for', 'ever'])).toMatchObject({
      err: expect.stringMatching(/^error: --for ever is no time\. .*90m/),
      exitCode: 3,
    });
  });
});

describe('reconcile', () => {
  it('has one scope looked at, or all', async () => {
    const asked: (string | null)[] = [];
    const ask = await daemon({
      reconcile: (scope) => (asked.push(scope), { queued: scope === null ? [] : ['zone.a'] }),
    });
    const { out, exitCode } = await ask('reconcile', 'example.com');
    expect(out).toBe('1 scope is looked at now. "logpushd status" shows what came of it.\n');
    expect(exitCode).toBe(0);
    expect((await ask('reconcile')).out).toMatch(/^All scopes are looked at now\. /);
    expect(JSON.parse((await ask('reconcile', 'a', '--output', 'json')).out)).toEqual({ queued: ['zone.a'] });
    expect(asked).toEqual(['example.com', null, 'a']);
  });

  it('says what is wrong with a scope that there is not', async () => {
    const { out, err, exitCode } = await (await daemon())('reconcile', 'exmaple.com');
    expect([out, exitCode]).toEqual(['', 3]);
    expect(err).toBe('error: There is no such scope.\n');
  });
});

describe('approve', () => {
  it('has exactly the digest let through that is named', async () => {
    const asked: string[] = [];
    const ask = await daemon({
      approve: (digest) => (asked.push(digest), digest === 'd1' ? { queued: ['zone.a'] } : null),
    });
    const { out, exitCode } = await ask('approve', 'd1');
    expect(asked).toEqual(['d1']);
    expect(out).toBe('d1 approved; 1 scope is looked at now. "logpushd status" shows what came of it.\n');
    expect(exitCode).toBe(0);
    expect(JSON.parse((await ask('approve', 'd1', '--output', 'json')).out)).toEqual({ queued: ['zone.a'] });
  });

  it('says where to look when nothing of this digest is held back', async () => {
    const { out, err, exitCode } = await (await daemon())('approve', 'd2');
    expect([out, exitCode]).toEqual(['', 3]);
    expect(err).toContain('Nothing of this digest is held back now. "logpushd status"');
  });
});
