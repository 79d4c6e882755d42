import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aCanary, type Canary, canaryDestinations, leaksIn } from './canaries.ts';

/** How a secret can leave. Each takes the plain text and gives what might stand in a log. */
const ENCODINGS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  'percent-encoded': encodeURIComponent,
  'percent-encoded, every byte': percentBytes,
  'double percent-encoded': (text) => encodeURIComponent(encodeURIComponent(text)),
  'double percent-encoded, every byte': (text) => encodeURIComponent(percentBytes(text)),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 after one byte': (text) => Buffer.from(`x${text}`).toString('base64'),
  'base64 after two bytes': (text) => Buffer.from(`xy${text}`).toString('base64'),
  'base64 behind letters': (text) => `abc${Buffer.from(text).toString('base64')}`,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 twice': (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64'),
  'percent-encoded base64': (text) => encodeURIComponent(Buffer.from(`??>>${text}`).toString('base64')),
  hex: (text) => Buffer.from(text).toString('hex'),
  'upper-case hex': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hex after an odd digit': (text) => `f${Buffer.from(text).toString('hex')}`,
  'inspected buffer': (text) => inspect(Buffer.from(text)),
  'serialised buffer': (text) => JSON.stringify(Buffer.from(text)),
  'JSON string': (text) => JSON.stringify(text),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify({ text })),
  'unicode escapes': (text) =>
    text
      .split('')
      .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  'hex escapes': (text) =>
    text
      .split('')
      .map((c) => `\\x${c.charCodeAt(0).toString(16)}`)
      .join(''),
  'html references': (text) =>
    text
      .split('')
      .map((c) => `&#${c.charCodeAt(0)};`)
      .join(''),
  'upper case': (text) => text.toUpperCase(),
  'lower case': (text) => text.toLowerCase(),
  reversed: (text) => text.split('').toReversed().join(''),
  'reversed base64': (text) => Buffer.from(text).toString('base64').split('').toReversed().join(''),
  'reversed, lower case': (text) => text.toLowerCase().split('').toReversed().join(''),
  'inspected object': (text) => inspect({ deep: { text } }),
  yaml: (text) => stringify({ text }),
};

const canary = aCanary('planted');
const others = canaryDestinations().map((entry) => entry.canary);

const planted = [
  ...Object.entries(ENCODINGS).map(([form, encode]) => [form, encode(canary.value)] as const),
  ...[0, 7, 12, 24, 32].flatMap((from) =>
    ['raw', 'percent-encoded, every byte', 'base64 after one byte', 'hex', 'reversed'].map(
      (form) =>
        [`8 characters from ${from}, ${form}`, ENCODINGS[form]!(canary.core.slice(from, from + 8))] as const,
    ),
  ),
];

describe('the canary scanner', () => {
  it('knows at least 50 planted leaks', () => {
    expect(planted.length).toBeGreaterThanOrEqual(50);
  });

  it.each(planted)('finds a leak: %s', (_, leak) => {
    const text = `{"level":30,"msg":"update failed","detail":"${leak}","ray":"8f2a"}\nnext line, 100% fine`;

    expect(leaksIn(text, [...others, canary]).map(({ label }) => label)).toEqual(['planted']);
  });

  it.each([
    [
      'an ordinary log',
      '{"level":30,"time":1700000000000,"scope":"zone.023e105f4ecef8ad9ca31a8372d0c353","fields":["filter"]}',
    ],
    ['seven characters of a core', `…${canary.core.slice(3, 10)}…`],
    ['the label of a canary', canary.label],
    ['a fingerprint', 'f3b1c2d4'],
    ['noise', gzipSync(Buffer.from('abc'.repeat(2_000))).toString('base64')],
    ['nothing', ''],
  ])('is silent about %s', (_, text) => {
    expect(leaksIn(text, [...others, canary])).toEqual([]);
  });

  it('names every canary that leaks, once each', () => {
    const [first, second] = others as [Canary, Canary];

    const labels = leaksIn(`${first.core} ${second.core} ${first.core}`, others).map(({ label }) => label);

    expect(labels).toEqual([first.label, second.label]);
  });

  it('plants each canary in its own destination, and finds it there', () => {
    for (const entry of canaryDestinations()) {
      expect(leaksIn(entry.text, others).map(({ label }) => label)).toEqual([entry.canary.label]);
    }
  });
});

function percentBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
