import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
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
  'UTF-16': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'UTF-16 in JSON': (text) => JSON.stringify(Buffer.from(text, 'utf16le').toString('latin1')),
  'UTF-16 in base64': (text) => Buffer.from(text, 'utf16le').toString('base64'),
  'UTF-16 in hex': (text) => Buffer.from(text, 'utf16le').toString('hex'),
  gzip: (text) => gzipSync(text).toString('latin1'),
  'gzip in base64': (text) => gzipSync(text).toString('base64'),
  'gzip in base64, cut off': (text) => gzipSync(text.repeat(3)).toString('base64').slice(0, -12),
  'zlib in hex': (text) => deflateSync(text).toString('hex'),
  'reversed hex': (text) => Buffer.from(text).toString('hex').split('').toReversed().join(''),
};

const TEXT_FILES = ['../README.md', '../docs/manifest.md', '../package-lock.json', './canaries.ts'];

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

/** What looks like a secret and is none, and what comes close to a canary. */
const CLEAN: readonly string[] = [
  '',
  '{"level":30,"time":1700000000000,"scope":"zone.023e105f4ecef8ad9ca31a8372d0c353","fields":["filter"]}',
  canary.label,
  canary.label.repeat(20),
  'f3b1c2d4',
  '[redacted]',
  gzipSync(Buffer.from('abc'.repeat(2_000))).toString('base64'),
  gzipSync(Buffer.from('abc'.repeat(2_000))).toString('latin1'),
  ...[0, 3, 16, 33].map((from) => `…${canary.core.slice(from, from + 7)}…`),
  ...Object.keys(ENCODINGS).map((form) => ENCODINGS[form]!(canary.core.slice(3, 10))),
  ...Array.from({ length: 12 }, (_, n) => aCanary(`another world ${n}`).value),
  ...[1, 2, 3].map((n) => Buffer.from(aCanary(`another world ${n}`).core).toString('base64')),
  ...Array.from({ length: 4 }, (_, n) => readFileSync(new URL(TEXT_FILES[n]!, import.meta.url), 'utf8')),
];

describe('the canary scanner', () => {
  it('knows at least 50 planted leaks', () => {
    expect(planted.length).toBeGreaterThanOrEqual(50);
  });

  it.each(planted)('finds a leak: %s', (_, leak) => {
    const text = `{"level":30,"msg":"update failed","detail":"${leak}","ray":"8f2a"}\nnext line, 100% fine`;

    expect(leaksIn(text, [...others, canary]).map(({ label }) => label)).toEqual(['planted']);
  });

  it.each(CLEAN.map((text, n) => [n, text] as const))('is silent about clean text %i', (_, text) => {
    expect(leaksIn(text, [...others, canary])).toEqual([]);
  });

  it('knows at least 50 clean texts', () => {
    expect(new Set(CLEAN).size).toBeGreaterThanOrEqual(50);
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
