import { describe, expect, test } from 'vitest';
import type { LogFields } from '../../../src/edges/log/logger.ts';
import { Secret } from '../../../src/core/secret.ts';
import { aCanary, leaksIn } from '../../canaries.ts';
import { capture } from './lines.ts';

describe('a line', () => {
  test('is one object with level, time, event, fields and message', () => {
    const { logger, records } = capture();
    logger.log({
      level: 'info',
      event: 'change.applied',
      message: 'change applied',
      fields: { zone: 'example.com', jobId: 7, fields: ['enabled'], heals: true, ray: undefined },
    });
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        event: 'change.applied',
        zone: 'example.com',
        jobId: 7,
        fields: ['enabled'],
        heals: true,
        msg: 'change applied',
      },
    ]);
  });

  test.each([
    ['error', ['error']],
    ['warn', ['error', 'warn']],
    ['info', ['error', 'warn', 'info']],
    ['debug', ['error', 'warn', 'info', 'debug']],
  ])('is written at level %s when it is as loud', (level, levels) => {
    const { logger, records } = capture({ level });
    for (const one of ['error', 'warn', 'info', 'debug'] as const) {
      logger.log({ level: one, event: 'a.b', message: 'm' });
      expect(logger.isEnabled(one)).toBe(levels.includes(one));
    }
    expect(records().map((record) => record['level'])).toEqual(levels);
  });

  test('holds nothing but the known fields, with plain values', () => {
    const { logger, text } = capture();
    const error = Object.assign(new Error('boom'), { config: { headers: { Authorization: 'hunter2' } } });
    const smuggled = { error, zone: { name: 'hunter2' }, request: 'hunter2', jobs: [{ hunter2: 1 }] };
    logger.log({ level: 'error', event: 'a.b', message: 'm', fields: smuggled as unknown as LogFields });
    expect(text()).not.toContain('hunter2');
    expect(text()).not.toContain('boom');
  });

  test('stays one line, whatever the fields hold', () => {
    const { logger, records } = capture();
    const nasty = 'x\n{"level":"info","msg":"approved"}\r\u2028\u001b[31m"\\';
    logger.log({ level: 'info', event: 'a.b', message: 'm', fields: { logpushJob: nasty } });
    expect(records()).toHaveLength(1);
    expect(records()[0]?.['logpushJob']).toBe(nasty);
  });
});

describe('the last net', () => {
  const secrets = ['hunter2hunter2', 'with"quote\\and\nline', 'a+b/c=d&e f%g', '$&$1$$.*[(', 'пароль-пароль'];

  const forms: readonly [string, (value: string) => string][] = [
    ['as it is', (value) => value],
    ['percent-encoded', encodeURIComponent],
    [
      'percent-encoded in lower case',
      (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['percent-encoded twice', (value) => encodeURIComponent(encodeURIComponent(value))],
    ['as a form', (value) => new URLSearchParams({ value }).toString().slice('value='.length)],
    ['as JSON', (value) => JSON.stringify(value)],
    ['as JSON in JSON', (value) => JSON.stringify(JSON.stringify(value))],
    ['as hex', (value) => Buffer.from(value).toString('hex')],
    ['as base64', (value) => Buffer.from(value).toString('base64')],
    ['as base64 for URLs', (value) => Buffer.from(value).toString('base64url')],
    ['as base64 behind one character', (value) => Buffer.from(`a${value}`).toString('base64')],
    ['as base64 behind two characters', (value) => Buffer.from(`ab${value}`).toString('base64')],
    ['as base64 behind a user name', (value) => Buffer.from(`user@example.com:${value}`).toString('base64')],
  ];

  for (const format of ['json', 'pretty'] as const) {
    test.each(forms)(
      `takes a secret ${format === 'json' ? 'out of a line' : 'from a person'} %s`,
      (_, form) => {
        for (const secret of secrets) {
          let caught = 0;
          const { logger, text } = capture({ format, onRedaction: () => (caught += 1) });
          logger.log({
            level: 'info',
            event: 'a.b',
            message: 'm',
            fields: { error: `before ${form(secret)} after` },
          });
          const shown = text();
          logger.registerSecret(new Secret(secret));
          logger.log({
            level: 'info',
            event: 'a.b',
            message: 'm',
            fields: { error: `before ${form(secret)} after` },
          });
          const hidden = text().slice(shown.length);
          expect(hidden).toContain('[redacted]');
          expect(hidden).toMatch(/before .* after/);
          expect(caught).toBeGreaterThan(0);
        }
      },
    );
  }

  test('leaves no 8 characters of a canary, wherever it stands', () => {
    const canary = aCanary('log line');
    const { logger, text, records } = capture();
    logger.registerSecret(new Secret(canary.value));
    for (const [, form] of forms) {
      const value = form(canary.value);
      logger.log({
        level: 'warn',
        event: value,
        message: value,
        fields: { error: value, fields: [value, `x${value}y`] },
      });
    }
    expect(leaksIn(text(), [canary])).toEqual([]);
    expect(records()).toHaveLength(forms.length);
  });

  test('takes the longer of two that begin alike, whichever came first', () => {
    for (const order of [
      ['hunter2hunter2', 'hunter2hunter2-and-more'],
      ['hunter2hunter2-and-more', 'hunter2hunter2'],
    ]) {
      const { logger, text } = capture();
      for (const secret of order) logger.registerSecret(new Secret(secret));
      logger.log({ level: 'info', event: 'a.b', message: 'hunter2hunter2-and-more' });
      expect(text()).not.toContain('more');
    }
  });

  test('leaves ordinary words alone', () => {
    const { logger, records } = capture();
    for (const short of ['', 'a', 'info', 'true', '1234567']) logger.registerSecret(new Secret(short));
    logger.log({ level: 'info', event: 'a.b', message: 'true information 1234567' });
    expect(records()[0]?.['msg']).toBe('true information 1234567');
  });
});

describe('for people', () => {
  test('a line is the time and the text, and says how bad it is', () => {
    const { logger, text } = capture({ format: 'pretty' });
    logger.log({ level: 'info', event: 'a.b', message: 'all well', fields: { zone: 'example.com' } });
    logger.log({ level: 'warn', event: 'a.b', message: 'm', human: 'two\n    lines' });
    logger.log({ level: 'error', event: 'a.b', message: 'm', human: 'bad: very' });
    expect(text().replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')).toBe(
      'TIME  all well  zone=example.com\nTIME warn  two\n    lines\nTIME error  bad: very\n',
    );
  });

  test('a line cannot move the cursor or write another line', () => {
    const { logger, text } = capture({ format: 'pretty' });
    logger.log({ level: 'info', event: 'a.b', message: 'm', fields: { error: 'x\n\u001b[2J\u202e\u0007y' } });
    expect(text()).toContain('error=x\\u{a}\\u{1b}[2J\\u{202e}\\u{7}y');
  });

  test('colours are there only when somebody sees them', () => {
    const plain = capture({ format: 'pretty' });
    const coloured = capture({ format: 'pretty', color: true });
    for (const { logger } of [plain, coloured]) logger.log({ level: 'error', event: 'a.b', message: 'm' });
    expect(plain.text()).not.toContain('\u001b');
    expect(coloured.text()).toContain('\u001b[31merror');
  });
});
