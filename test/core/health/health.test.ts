import { describe, expect, it } from 'vitest';
import type { Attribution } from '../../../src/core/audit/attribution.ts';
import { healthOf, type KnownOfJob } from '../../../src/core/health/health.ts';
import { healthRules } from '../../../src/core/health/rules.ts';
import { aLiveJob } from '../../builders.ts';
import { ADA } from '../audit/entries.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const at = new Date(NOW).toISOString();
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
const HOURS = 60;

interface Facts {
  readonly enabled?: boolean;
  readonly dataset?: string;
  readonly filter?: string;
  readonly complete?: number;
  readonly error?: number;
}

function stateOf(
  { enabled = true, dataset = 'http_requests', filter, complete, error }: Facts,
  known: Partial<KnownOfJob> = {},
  rules = healthRules(),
): string {
  const live = aLiveJob({
    fields: { enabled, dataset, filter },
    delivery: {
      lastComplete: complete === undefined ? null : ago(complete),
      lastError: error === undefined ? null : ago(error),
      errorMessage: error === undefined ? null : 'error uploading object: DNSError (1105)',
    },
  });
  return healthOf(live, at, { wantsEnabled: true, former: null, writtenAt: null, ...known }, rules).state;
}

describe('the health of an enabled job', () => {
  it.each<[string, Facts, string]>([
    ['delivered a minute ago', { complete: 1 }, 'healthy'],
    ['delivered an hour ago', { complete: 60 }, 'healthy'],
    ['delivered longer ago, of a busy dataset', { complete: 61 }, 'lagging'],
    ['delivered longer ago, of a quiet dataset', { complete: 61, dataset: 'audit_logs' }, 'idle'],
    ['delivered longer ago, of a dataset nobody knows', { complete: 61, dataset: 'new_logs' }, 'idle'],
    [
      'delivered longer ago, of what a filter keeps',
      { complete: 61, filter: '{"where":{"key":"A"}}' },
      'idle',
    ],
    [
      'delivered longer ago, with a filter that keeps all',
      { complete: 61, filter: '{"where":{}}' },
      'lagging',
    ],
    ['failed after its last delivery', { complete: 10, error: 1 }, 'failing'],
    ['failed and never delivered', { error: 1 }, 'failing'],
    ['delivered after its last failure', { complete: 1, error: 10 }, 'healthy'],
    ['did neither', {}, 'never_ran'],
  ])('that %s', (_, facts, state) => {
    expect(stateOf(facts)).toBe(state);
  });

  it('follows what the settings say of its dataset', () => {
    const rules = healthRules([
      { dataset: 'http_requests', minutes: 0 },
      { dataset: 'audit_logs', minutes: 30 },
    ]);
    expect(stateOf({ complete: 600 }, {}, rules)).toBe('idle');
    expect(stateOf({ complete: 31, dataset: 'audit_logs' }, {}, rules)).toBe('lagging');
    expect(stateOf({ complete: 600, dataset: 'dns_logs' }, {}, rules)).toBe('lagging');
  });

  it('is unknown rather than bad for a quarter of an hour after a write', () => {
    expect(stateOf({ error: 1 }, { writtenAt: ago(14) })).toBe('unknown');
    expect(stateOf({ complete: 600 }, { writtenAt: ago(14) })).toBe('unknown');
    expect(stateOf({ complete: 1 }, { writtenAt: ago(14) })).toBe('healthy');
    expect(stateOf({ error: 1 }, { writtenAt: ago(15) })).toBe('failing');
  });

  it('stays bad over a write that does not help', () => {
    const former = { state: 'failing', since: ago(60) } as const;
    expect(stateOf({ error: 1 }, { writtenAt: ago(1), former })).toBe('failing');
  });
});

function writtenBy(way: 'dashboard' | 'cloudflare', minutesAgo: number): Attribution {
  return { ...ADA, way, at: ago(minutesAgo), action: 'update', others: 0 };
}

describe('a disabled job', () => {
  const disabled = { enabled: false } as const;
  const healthy = { state: 'healthy', since: ago(600) } as const;

  it.each<[string, Facts, Partial<KnownOfJob>, string]>([
    ['is off where the manifest wants it so', { error: 1 }, { wantsEnabled: false }, 'off'],
    [
      'that failed for a day was disabled by Cloudflare',
      { complete: 30 * HOURS, error: 6 * HOURS },
      {},
      'disabled_by_cloudflare',
    ],
    [
      'that failed and never delivered was disabled by Cloudflare',
      { error: 1 },
      {},
      'disabled_by_cloudflare',
    ],
    [
      'that failed for a day by the clock of Cloudflare was disabled by it, whatever ours says',
      { complete: 60, error: -25 * HOURS },
      {},
      'disabled_by_cloudflare',
    ],
    [
      'was disabled by whom the audit log names, though it failed for a day',
      { complete: 30 * HOURS, error: 6 * HOURS },
      { lastWrite: writtenBy('dashboard', 5 * HOURS) },
      'disabled_by_person',
    ],
    [
      'was not disabled by somebody after whom it still tried to deliver',
      { complete: 30 * HOURS, error: 6 * HOURS },
      { lastWrite: writtenBy('dashboard', 7 * HOURS) },
      'disabled_by_cloudflare',
    ],
    [
      'was disabled by Cloudflare where the audit log says so, whatever its fields say',
      { complete: 60 },
      { lastWrite: writtenBy('cloudflare', 1) },
      'disabled_by_cloudflare',
    ],
    [
      'that failed for less than a day was disabled by a person',
      { complete: 5 * HOURS, error: 1 },
      {},
      'disabled_by_person',
    ],
    [
      'whose last delivery did not fail was disabled by a person',
      { complete: 30 * HOURS },
      {},
      'disabled_by_person',
    ],
    [
      'whose last error was over before its last delivery was disabled by a person',
      { complete: 30 * HOURS, error: 31 * HOURS },
      {},
      'disabled_by_person',
    ],
    [
      'that was seen enabled and did not fail was disabled by a person',
      {},
      { former: healthy },
      'disabled_by_person',
    ],
    ['of which nothing is known tells nothing', {}, {}, 'disabled'],
    [
      'of which nothing is known tells nothing on the next look either',
      {},
      { former: { state: 'disabled', since: ago(5) } },
      'disabled',
    ],
    [
      'that the manifest leaves to others is judged alike',
      { complete: 30 },
      { wantsEnabled: null },
      'disabled_by_person',
    ],
  ])('%s', (_, facts, known, state) => {
    expect(stateOf({ ...disabled, ...facts }, known)).toBe(state);
  });

  it('is judged by when it was first seen disabled, however long ago that is', () => {
    const former = { state: 'disabled_by_person', since: ago(40 * HOURS) } as const;
    expect(stateOf({ ...disabled, complete: 45 * HOURS, error: 41 * HOURS }, { former })).toBe(
      'disabled_by_person',
    );
    expect(stateOf({ ...disabled, complete: 65 * HOURS, error: 41 * HOURS }, { former })).toBe(
      'disabled_by_cloudflare',
    );
  });
});

describe('the cause', () => {
  const causeOf = (errorMessage: string, enabled = true) => {
    const delivery = { lastComplete: null, lastError: ago(1), errorMessage };
    return healthOf(aLiveJob({ fields: { enabled }, delivery }), at).cause;
  };

  it.each([
    ['error uploading object: ConnectionError (1101)', 'no-connection'],
    ['error uploading object: ConnectionTimeout (1102)', 'timeout'],
    ['InternalLogpushError (1103)', 'cloudflare-error'],
    ['ConfigError (1104)', 'bad-settings'],
    ['DNSError (1105)', 'dns-error'],
    ['dial tcp: lookup logs.example.com: no such host', 'dns-error'],
    ['Timeout (1106)', 'timeout'],
    ['RequestError (1107)', 'destination-error'],
    ['TransferError (1108)', 'destination-error'],
    ['FlushMaxLag (1201)', 'behind'],
    ['PutObject: AccessDenied: Access Denied, status code: 403', 'not-permitted'],
    ['NoSuchBucket: The specified bucket does not exist', 'no-such-place'],
    ['AuthenticationFailed: Signature not valid in the specified time frame', 'sas-expired'],
    ['HTTP 401 Unauthorized', 'bad-credential'],
    ['server returned 429 Too Many Requests', 'throttled'],
    ['413 Request Entity Too Large', 'too-large'],
    ['x509: certificate has expired', 'bad-certificate'],
    ['503 Service Unavailable', 'destination-error'],
    ['what nobody has seen before', 'other-error'],
  ])('of "%s" is %s', (message, code) => {
    expect(causeOf(message)).toMatchObject({ code, next: expect.stringMatching(/\.$/) });
  });

  it('of a disabled job says that Cloudflare does not enable it again', () => {
    expect(causeOf('NoSuchBucket', false)).toMatchObject({
      code: 'no-such-place',
      text: expect.stringContaining('does not exist'),
      next: expect.stringContaining('enable the job again'),
    });
  });

  it('of a job that delivers is none', () => {
    const delivery = { lastComplete: ago(1), lastError: null, errorMessage: null };
    expect(healthOf(aLiveJob({ delivery }), at).cause).toBeNull();
  });
});
