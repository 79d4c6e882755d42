import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { REASONS } from '../../src/core/alert/reasons.ts';
import { loadSettings, type LoadedSettings } from '../../src/settings.ts';

function load(alerts: unknown): LoadedSettings {
  return loadSettings({
    flags: { alerts: JSON.stringify(alerts) },
    environment: {},
    cwd: import.meta.dirname,
    credentials: 'unused',
    logToTerminal: false,
  });
}

const SLACK = { type: 'slack', url: '${secret:slack}' };
const MAIL = { type: 'email', host: 'smtp.example.com', from: 'l@example.com', to: ['o@example.com'] };
const CANARY = 'xoxb-canary-1234567890';

describe('the receivers of alerts', () => {
  it('have usual values for what is not written', () => {
    const { settings, findings } = load([SLACK, MAIL, { type: 'alertmanager', url: 'http://am:9093' }]);
    expect(findings).toEqual([]);
    const filter = { minSeverity: 'warning', reasons: [], scopes: [], labels: {} };
    expect(settings?.alerts).toEqual([
      {
        name: 'slack',
        filter,
        repeatMs: 14_400_000,
        timeoutMs: 10_000,
        type: 'slack',
        url: '${secret:slack}',
      },
      { ...MAIL, name: 'email', filter, repeatMs: 14_400_000, timeoutMs: 10_000, port: 587, tls: 'starttls' },
      {
        name: 'alertmanager',
        filter,
        repeatMs: 300_000,
        timeoutMs: 10_000,
        type: 'alertmanager',
        url: 'http://am:9093',
      },
    ]);
  });

  it.each<readonly [why: string, receivers: readonly object[], message: RegExp]>([
    [
      'an address of a channel is written out',
      [{ type: 'slack', url: `https://hooks.slack.com/${CANARY}` }],
      /is a credential/,
    ],
    ['a token is written out', [{ type: 'pagerduty', token: CANARY }], /a credential stands in a file/],
    [
      'a password is written out',
      [{ ...MAIL, username: 'me', password: CANARY }],
      /a credential stands in a file/,
    ],
    ['a token is a number', [{ type: 'pagerduty', token: 12_345_678_901 }], /A number is not a text/],
    [
      'a query is written out',
      [{ type: 'webhook', url: `https://h.example/?key=${CANARY}` }],
      /may be a credential/,
    ],
    [
      'a token would go unencrypted',
      [{ type: 'webhook', url: 'http://h.example/', token: '${secret:t}' }],
      /unencrypted/,
    ],
    [
      'a password would go unencrypted',
      [{ ...MAIL, tls: 'none', username: 'me', password: '${secret:p}' }],
      /unencrypted/,
    ],
    ['two have one name', [SLACK, SLACK], /called "slack" already/],
    ['there is no such type', [{ ...SLACK, type: 'slak' }], /Did you mean "slack"/],
    ['there is no such reason', [{ ...SLACK, reasons: ['DriftDetectd'] }], /Did you mean "DriftDetected"/],
    ['there is no such label', [{ ...SLACK, labels: { team: 'x' } }], /no label "team"/],
    ['it lacks a key', [{ type: 'github', token: '${secret:t}' }], /needs the key "repository"/],
    ['it has a key of another type', [{ ...SLACK, host: 'x' }], /has no key "host"/],
    ['it would be told too often', [{ ...SLACK, repeat_seconds: 5 }], /at least 60/],
    ['half a login is there', [{ ...MAIL, username: 'me' }], /only one is set/],
  ])('are refused where %s, without a word of the credential', (_, receivers, message) => {
    const { settings, findings } = load(receivers);
    expect(settings).toBeNull();
    expect(findings.map((finding) => finding.message)).toEqual([expect.stringMatching(message)]);
    expect(JSON.stringify(findings)).not.toMatch(/canary|12345678901/);
  });

  it('are not shown where they are no JSON', () => {
    const { findings } = loadSettings({
      flags: { alerts: `[{"type":"slack","url":"${CANARY}"` },
      environment: {},
      cwd: import.meta.dirname,
      credentials: 'unused',
      logToTerminal: false,
    });
    expect(findings).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain('canary');
  });
});

describe('docs/alerts.md', () => {
  const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');

  it('has every reason with its severity and meaning', () => {
    const text = page.replaceAll(/ +/g, ' ');
    const missing = Object.entries(REASONS).filter(
      ([name, { severity, means }]) => !text.includes(`| \`${name}\` | ${severity} | ${means} |`),
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it('has an example of every receiver that the settings take', () => {
    const examples = [...page.matchAll(/```yaml\n([^`]+)```/g)].flatMap(([, text]) => {
      const value: unknown = parse(text ?? '');
      const list = Array.isArray(value) ? value : (value as { alerts?: unknown[] }).alerts;
      return list ?? [];
    });
    const types = new Set(examples.map((one: { type?: string }) => one.type));
    expect(types.size).toBe(11);
    for (const example of examples) expect(load([example]).findings).toEqual([]);
  });
});
