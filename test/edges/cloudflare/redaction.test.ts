import { describe, expect, it } from 'vitest';
import { cleanerFor } from '../../../src/edges/cloudflare/redaction.ts';
import { canaryDestinations, leaksIn } from '../../canaries.ts';

const KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY';
const DESTINATION = `s3://acme-logs/http/{DATE}?region=us-west-2&access-key-id=AKIA0123456789ABCDEF&secret-access-key=${encodeURIComponent(KEY)}&endpoint=s3.example.com`;

describe('a message of Cloudflare', () => {
  const forms: readonly [string, string][] = [
    ['as it is', KEY],
    ['percent-encoded', encodeURIComponent(KEY)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(KEY).replaceAll('%2F', '%2f').replaceAll('%2B', '%2b'),
    ],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(KEY))],
    ['JSON-escaped', JSON.stringify(KEY)],
    ['in upper case', KEY.toUpperCase()],
    ['in lower case', KEY.toLowerCase()],
    ['in base64', Buffer.from(KEY).toString('base64')],
    ['in base64 for addresses', Buffer.from(KEY).toString('base64url')],
    ['in hex', Buffer.from(KEY).toString('hex')],
    ['cut short', KEY.slice(0, 12)],
    ['without its beginning', KEY.slice(9)],
    ['in the whole destination', DESTINATION],
    ['in the destination cut short', DESTINATION.slice(0, -20)],
    ['twice', `${KEY} and ${KEY}`],
  ];
  it.each(forms)('shows no secret that it quotes %s', (_, quoted) => {
    const clean = cleanerFor([DESTINATION])(`error validating destination: "${quoted}" is wrong`);
    for (let at = 0; at + 8 <= KEY.length; at += 1) {
      expect(clean.toLowerCase()).not.toContain(KEY.slice(at, at + 8).toLowerCase());
      expect(clean).not.toContain(
        Buffer.from(KEY)
          .toString('base64')
          .slice(at, at + 8),
      );
      expect(clean).not.toContain(
        Buffer.from(KEY)
          .toString('hex')
          .slice(at, at + 8),
      );
    }
    expect(clean).toMatch(/^error validating destination: /);
    expect(clean).toMatch(/is wrong$/);
  });

  it.each(canaryDestinations().map(({ canary, text }) => [canary.label, canary, text] as const))(
    'shows nothing of a secret in: %s',
    (_, canary, text) => {
      const clean = cleanerFor([text]);
      for (const quoted of [text, decodeURIComponent(text), canary.value, canary.core, text.slice(7, -3)]) {
        expect(leaksIn(clean(`bad thing ${quoted} here`), [canary])).toEqual([]);
      }
    },
  );

  it('keeps what may be shown: bucket, path, region, host and the reason', () => {
    const text = 'bucket acme-logs in us-west-2 (s3.example.com): path http/{DATE} denied, status 403';
    expect(cleanerFor([DESTINATION])(text)).toBe(text);
  });

  it('shows no token, wherever it stands', () => {
    expect(cleanerFor(['cfut_abcdefgh'])('token cfut_abcdefgh, Bearer cfut_abcdefgh, xcfut_abcdefghx')).toBe(
      'token […], Bearer […], x[…]x',
    );
  });

  it('takes a secret as text, not as a pattern', () => {
    const secret = 'a.*+?^${}()|[]\\b$&$1';
    expect(cleanerFor([secret])(`<${secret}> and aXXXb`)).toBe('<[…]> and aXXXb');
  });

  it('masks what has the name of a secret though it is not ours', () => {
    const quoted =
      'job 7: splunk://h/c?channel=1&header_Authorization=Splunk%20abc123def&sig=zzz999 and Authorization: Bearer qwertyuiop';
    expect(cleanerFor([])(quoted)).toBe(
      'job 7: splunk://h/c?channel=1&header_Authorization=[…]&sig=[…] and Authorization: Bearer […]',
    );
  });

  it('loses control characters and tricks with the direction of text', () => {
    expect(cleanerFor([])('a\u0000b\r\nc\u001b[31md\u202ee\u2028f')).toBe('a b c [31md e f');
  });

  it.each(['key', 'k', 'header_', 'token-', '-', 'bearer '])(
    'takes no longer to read when it is nothing but %j again and again',
    (piece) => {
      const startedAt = process.threadCpuUsage().user;
      cleanerFor([DESTINATION])(piece.repeat(4_000 / piece.length));
      expect((process.threadCpuUsage().user - startedAt) / 1_000).toBeLessThan(1_000);
    },
  );

  it('masks a parameter that stands in the value of another', () => {
    expect(cleanerFor([])('a=b;xkey=abcdef&c=d')).toBe('a=b;xkey=[…]&c=d');
  });

  it('is cut to 300 characters', () => {
    const clean = cleanerFor([])('é'.repeat(100_000));
    expect(clean).toHaveLength(300);
    expect(clean.endsWith('é…')).toBe(true);
  });

  it.each(['\ud800broken', '%zz%', 'İİİİİİİİİİ'])('survives a secret like %j', (secret) => {
    expect(cleanerFor([secret])(`x ${secret} y`)).toBe('x […] y');
  });
});
