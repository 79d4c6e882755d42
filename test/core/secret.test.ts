import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { aCanary, leaksIn } from '../canaries.ts';

const canary = aCanary('inside a secret');
const secret = new Secret(canary.value);

class Holder {
  readonly field = secret;
  readonly #hidden = secret;
  get got(): Secret {
    return this.#hidden;
  }
}

const PRINTS: readonly (readonly [string, () => unknown])[] = [
  ['String()', () => String(secret)],
  ['a template', () => `a ${secret as unknown as string} z`],
  ['adding it to a text', () => 'a ' + (secret as unknown as string)],
  ['JSON', () => JSON.stringify({ secret, list: [secret] }, null, 2)],
  ['JSON of its own properties', () => JSON.stringify({ ...secret })],
  ['its keys and symbols', () => inspect([Reflect.ownKeys(secret), Object.entries(secret)])],
  ['inspect', () => inspect(secret, { depth: Infinity, showHidden: true, customInspect: true })],
  ['inspect without its own word', () => inspect(secret, { showHidden: true, customInspect: false })],
  ['inspect with getters', () => inspect(new Holder(), { getters: true, showHidden: true, depth: 9 })],
  ['inspect of a proxy', () => inspect(new Proxy(secret, {}), { showProxy: true, showHidden: true })],
  ['the formats of console', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['a key of a map, and a set', () => inspect([new Map([[secret, secret]]), new Set([secret])])],
  ['a structured clone', () => inspect(structuredClone({ secret }), { showHidden: true })],
  ['the cause of an error', () => inspect(new Error('x', { cause: secret }), { depth: 9 })],
  [
    'an error of many',
    () => inspect(new AggregateError([new Error('x', { cause: { secret } })]), { depth: 9 }),
  ],
  ['what it throws when called', () => thrownBy(() => (secret as unknown as () => void)())],
  [
    'Object.assign',
    () => inspect(Object.assign({}, secret, { [Symbol('s')]: secret }), { showHidden: true }),
  ],
];

function thrownBy(act: () => void): string {
  try {
    act();
    return '';
  } catch (error) {
    return inspect(error);
  }
}

it.each(PRINTS)('a secret does not show in %s', (_, print) => {
  expect(leaksIn(String(print()), [canary])).toEqual([]);
});

it('a secret is there for who asks for it', () => {
  expect(secret.reveal()).toBe(canary.value);
  expect(secret.equals(new Secret(canary.value))).toBe(true);
});
