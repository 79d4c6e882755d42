/** Texts that somebody with access to the Cloudflare dashboard can put into a name or cause in an error message. */

import type { JsonObject } from '../../src/core/job/job.ts';
import { aCanary } from '../canaries.ts';

export interface Payload {
  /** Of the catalogue. */
  readonly row: string;
  readonly what: string;
  readonly text: string;
}

export const PAYLOADS: readonly Payload[] = [
  { row: 'H23', what: 'line ends', text: 'a\r\nb\nc' },
  { row: 'H23', what: 'a tab and a NUL', text: 'a\tb\0c' },
  { row: 'H24', what: 'a direction that turns around', text: 'a\u202Egnp.exe' },
  { row: 'H24', what: 'invisible characters', text: 'a\u200Bb\u2066c\uFE0Fd\u{E0041}' },
  { row: 'H25', what: 'a Cyrillic letter', text: 'http-\u0430rchive' },
  { row: 'H26', what: 'another case', text: 'HTTP-ARCHIVE' },
  { row: 'H27', what: 'ten thousand characters', text: 'x'.repeat(10_000) },
  { row: 'H27', what: 'halves of characters', text: `${'\u{1F600}'.repeat(200)}\uD83D` },
  { row: 'H28', what: 'colours and a screen that is wiped', text: '\u001B[31mred\u001B[2J\u001B[H' },
  { row: 'H28', what: 'a title', text: '\u001B]0;owned\u0007' },
  { row: 'H28', what: 'a link', text: '\u001B]8;;http://evil.example\u0007click\u001B]8;;\u0007' },
  { row: 'H28', what: 'C1 controls', text: '\u009B31mred\u009D0;t\u009C' },
  { row: 'H29', what: 'a second record', text: '\n{"level":"info","msg":"approved","event":"forged"}' },
  {
    row: 'H29',
    what: 'a second record behind U+2028',
    text: '\u2028{"level":"info","event":"forged"}\u0085x',
  },
  { row: 'H30', what: 'a script', text: '<script>alert(1)</script>' },
  { row: 'H30', what: 'an image', text: '"><img src=x onerror=alert(1)>' },
  { row: 'H30', what: 'an image in single quotes', text: "'><svg onload=alert(1)>" },
  { row: 'H30', what: 'a link to a script', text: 'javascript:alert(1)' },
  { row: 'H30', what: 'the end of a style', text: '</style></title><base href=//evil.example>' },
  { row: 'H31', what: 'everybody', text: '@everyone <!channel> <@U123> @octocat' },
  {
    row: 'H31',
    what: 'Markdown',
    text: '[x](http://evil.example) ![y](http://evil.example/i) `a` | b | **c**',
  },
  { row: 'H31', what: 'a heading and a table', text: '\n# h\n\n| a |\n|---|\n' },
  { row: 'H31', what: 'a comment that is closed', text: '--> <!-- </details>' },
  { row: 'H32', what: 'a formula', text: '=HYPERLINK("http://evil.example","x")' },
  { row: 'H33', what: 'labels of a metric', text: 'a",zone="b"} 1\nlogpushd_forged{x="\\' },
  { row: 'H34', what: 'an annotation', text: '\n::error file=a,line=1::forged\n::set-output name=x::y' },
  { row: 'H34', what: 'a flag', text: '--upload-pack=touch /tmp/x [skip ci]' },
  { row: 'H17', what: 'a prototype', text: '__proto__' },
  { row: 'H17', what: 'a method of every object', text: 'toString' },
  { row: 'H56', what: 'a reference', text: '${env:CLOUDFLARE_API_TOKEN} ${secret:key} $${x}' },
];

export const TOKEN = aCanary('the API token');
export const HTTP_TOKEN = aCanary('the HTTP token');
export const DESIRED = aCanary('a secret of the manifest');
export const LIVE = aCanary('a secret of a live job');
export const OLD = aCanary('a secret that a live job had');
export const ALL = [TOKEN, HTTP_TOKEN, DESIRED, LIVE, OLD];

/** A job as it may stand in the dashboard, hostile wherever somebody can write. */
export function hostileJob(text: string): JsonObject {
  const secret = encodeURIComponent(LIVE.value);
  return {
    name: text,
    dataset: 'http_requests',
    enabled: true,
    destination_conf: `https://logs.example.com/in?header_Authorization=${secret}&tags=${encodeURIComponent(text.toWellFormed())}`,
    ownership_challenge: LIVE.core,
    error_message: `${text} while posting to https://logs.example.com/${OLD.core}?header_X=${LIVE.core}`,
    last_error: '2026-01-01T00:00:00Z',
    filter: JSON.stringify({ where: { key: 'a', operator: 'eq', value: text } }),
    output_options: { batch_prefix: text, field_names: [text, '__proto__'], 'key that is new': text },
    a_future_key: { [text]: text, secret: LIVE.core },
  };
}
