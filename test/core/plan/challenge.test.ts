import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { expiryOf, flagsOf, isUsableFilename, tokenIn } from '../../../src/core/plan/challenge.ts';

const claims = (value: unknown): Secret =>
  new Secret(`head.${Buffer.from(JSON.stringify(value)).toString('base64url')}.sign`);

describe('a token', () => {
  it.each([
    ['with an end', claims({ exp: 1_000 }), 1_000_000],
    ['without one', claims({}), null],
    ['whose end is no number', claims({ exp: 'soon' }), null],
    ['that is no object', claims(null), null],
    ['that is no JWT', new Secret('a-token'), null],
    ['that is empty', new Secret(''), null],
  ])('%s says until when', (_, token, expected) => {
    expect(expiryOf(token)).toBe(expected);
  });

  it('is only what Cloudflare takes, and whatever the text, reading it never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const token = tokenIn(text);
        expect(token === null).toBe(!/^[a-zA-Z0-9/+.\-_]+$/.test(text.trim()));
        expect(() => expiryOf(new Secret(text))).not.toThrow();
      }),
    );
    expect(tokenIn('x'.repeat(4096))).not.toBeNull();
    expect(tokenIn('x'.repeat(4097))).toBeNull();
  });
});

describe('the name of a challenge file', () => {
  it.each(['a.txt', 'http/20261123/ownership-challenge.txt', 'a b/ü.txt', '..a/b..', '/a.txt'])(
    'may be %s',
    (name) => {
      expect(isUsableFilename(name)).toBe(true);
    },
  );

  it.each(['', '..', '../a', 'a/../b', './a', 'a\\b', 'a\nb', 'a\0', 'x'.repeat(1025)])(
    'may not be %j',
    (name) => {
      expect(isUsableFilename(name)).toBe(false);
    },
  );
});

describe('the flags that name a job', () => {
  it('are safe to paste into a shell', () => {
    const scope = { kind: 'zone', id: '0', name: 'example.com' } as const;
    expect(flagsOf(scope, 'http-archive')).toBe('--zone example.com --job http-archive');
    expect(flagsOf(scope, "it's; $(rm)")).toBe("--zone example.com --job 'it'\\''s; $(rm)'");
    expect(flagsOf(scope, '--force')).toBe("--zone example.com --job '--force'");
  });
});
