import { describe, expect, it } from 'vitest';
import { hangsOnToken, isOurs } from '../../../src/core/audit/ours.ts';
import { ADA, anAction } from './entries.ts';

const US = { rays: new Set(['8f00beef']), tokenId: 'our-token' };
const AGENT = 'logpushd/1.2.3 (+https://github.com/logpushd/logpushd)';

describe('a write in the log', () => {
  it.each([
    ['with the ray of one of our answers', { ray: '8f00beef', agent: null }, true],
    ['by our program with our token, of which no answer came', { agent: AGENT, tokenId: 'our-token' }, true],
    ['by our program, where the log names no token', { agent: AGENT, tokenId: null }, true],
    ['with our token, where the log names no program', { agent: null, tokenId: 'our-token' }, true],
    ['by another program with our token', { agent: 'curl/8.7.1', tokenId: 'our-token' }, false],
    ['by another installation of logpushd', { agent: AGENT, tokenId: 'another-token' }, false],
    ['by a person', {}, false],
    ['by nobody that is named', { agent: null, ray: null, email: null }, false],
    ['by who only names us', { agent: `curl ${AGENT}` }, false],
  ])('%s is ours: %s', (_, by, ours) => {
    expect(isOurs(anAction({ by: { ...ADA, ...by } }), US)).toBe(ours);
  });

  it.each([
    ['our program and another token than is known', { agent: AGENT, tokenId: 'new' }, true],
    ['a token alone', { agent: null, tokenId: 'new' }, true],
    ['our token', { agent: AGENT, tokenId: 'our-token' }, false],
    ['another program', { agent: 'curl/8.7.1', tokenId: 'new' }, false],
    ['our ray', { ray: '8f00beef', agent: AGENT, tokenId: 'new' }, false],
    ['no token', { agent: AGENT, tokenId: null }, false],
  ])('with %s hangs on which token is ours: %s', (_, by, hangs) => {
    expect(hangsOnToken(anAction({ by: { ...ADA, ...by } }), US)).toBe(hangs);
  });

  it('by our program is ours where we do not know our token, as with a global key', () => {
    const action = anAction({ by: { ...ADA, agent: AGENT, tokenId: 'any' } });
    expect(isOurs(action, { ...US, tokenId: null })).toBe(true);
    expect(isOurs(anAction({ by: { ...ADA, agent: null } }), { ...US, tokenId: null })).toBe(false);
  });
});
