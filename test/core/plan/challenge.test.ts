import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { aDesiredJob } from '../../builders.ts';
import { planOf } from './planning.ts';
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

describe('jobs that wait for a proof of one destination', () => {
  const to = (name: string, destination: string, proof?: Secret) =>
    aDesiredJob({
      name,
      fields: {
        destination_conf: new Secret(destination),
        ...(proof && { ownership_challenge: proof }),
      },
    });
  const reasonsOf = (...jobs: readonly ReturnType<typeof to>[]) =>
    Object.fromEntries(
      planOf({ jobs, policy: { challenges: { readers: [] } } }).withheld.map(({ name, reason, waitsFor }) => {
        expect(waitsFor).toBe('challenge');
        return [name, reason];
      }),
    );

  it('are told once how it is had, and then which job has it', () => {
    const reasons = reasonsOf(
      to('s', 's3://acme/logs?region=r'),
      to('a', 's3://acme/logs?region=r'),
      to('other', 's3://acme/logs/other?region=r'),
    );
    expect(reasons['a']).toContain('logpushd challenge request --zone example.com --job a"');
    expect(reasons['s']).toMatch(/^waiting-for-challenge: .* the same as for job "a": write/);
    expect(reasons['s']).not.toContain('challenge request');
    expect(reasons['other']).toContain('--job other"');
  });

  it('are told apart by what is secret in it', () => {
    const sas = (sig: string) => `azure://acme.blob.core.windows.net/logs?sig=${sig}`;
    const reasons = reasonsOf(to('a', sas('one')), to('b', sas('two')));
    expect(reasons['b']).toContain('challenge request');
  });

  it('are told which job shows one already', () => {
    const s3 = 's3://acme/logs?region=r';
    const reasons = reasonsOf(
      to('a', s3),
      to('b', s3, claims({ exp: 1 })),
      to('c', s3, claims({ exp: 4_000_000_000 })),
    );
    expect(Object.keys(reasons)).toEqual(['a', 'b']);
    for (const reason of Object.values(reasons)) expect(reason).toContain('the same as for job "c"');
  });
});
