import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionOf } from '../../../src/core/audit/action.ts';
import { entryOf } from '../../../src/core/audit/entry.ts';
import type { JsonObject } from '../../../src/core/job/job.ts';
import { ACCOUNT, anAction, listed, row, ZONE } from './entries.ts';

const read = (value: JsonObject) => actionOf(entryOf(value));

describe('an entry of the audit log', () => {
  it('tells which job was changed, by whom, how, when and from where', () => {
    expect(read(listed())).toEqual(anAction());
  });

  it('tells the same as a row that Logpush delivers', () => {
    expect(read(row())).toEqual(anAction());
  });

  it.each([
    ['RFC 3339', '2026-11-23T10:41:02Z'],
    ['seconds', 1_795_430_462],
    ['milliseconds', 1_795_430_462_000],
    ['nanoseconds', 1_795_430_462_000_000_000],
    ['nanoseconds in a text', '1795430462000000000'],
  ])('may have its time in %s', (_, ActionTimestamp) => {
    expect(read(row({ ActionTimestamp }))?.at).toBe(Date.parse('2026-11-23T10:41:02Z'));
  });

  it.each([
    ['POST', `/client/v4/zones/${ZONE}/logpush/jobs`, { kind: 'zone', id: ZONE }, 'create'],
    ['DELETE', `/client/v4/accounts/${ACCOUNT}/logpush/jobs/7`, { kind: 'account', id: ACCOUNT }, 'delete'],
    [
      'PUT',
      `https://dash.cloudflare.com/api/v4/zones/${ZONE}/logpush/jobs/7?x=1`,
      { kind: 'zone' },
      'update',
    ],
  ])('knows a %s to %s', (method, uri, scope, action) => {
    expect(read(listed({ raw: { method, uri } }))).toMatchObject({ scope, action, job: 7 });
  });

  it.each([
    ['a look', { raw: { method: 'GET' } }],
    ['a refused write', { action: { result: 'failure' } }],
    ['a write with an error status', { raw: { status_code: 400 } }],
    ['another endpoint of Logpush', { raw: { uri: `/client/v4/zones/${ZONE}/logpush/ownership` } }],
    ['Instant Logs', { raw: { uri: `/client/v4/zones/${ZONE}/logpush/edge/jobs` } }],
    ['another product', { raw: { uri: `/client/v4/zones/${ZONE}/dns_records/7` } }],
    ['an id that is none', { raw: { uri: '/client/v4/zones/example.com/logpush/jobs/7' } }],
    ['no time', { action: { time: '' } }],
  ])('is not about a change of a job: %s', (_, parts: { readonly [part: string]: JsonObject }) => {
    expect(read(listed(parts))).toBeNull();
  });

  it('takes the id of a new job from the resource, or from what Cloudflare answered', () => {
    const raw = { method: 'POST', uri: `/client/v4/zones/${ZONE}/logpush/jobs` };
    expect(read(listed({ raw, resource: { id: '', response: { id: 12 } } }))?.job).toBe(12);
    expect(read(listed({ raw, resource: { id: '' } }))?.job).toBeNull();
  });

  it('without an address is about what its resource says', () => {
    const raw = { uri: '', method: '' };
    const actor = { type: 'system', context: '', email: '' };
    expect(read(listed({ raw, actor }))).toMatchObject({
      job: 7,
      scope: { kind: 'zone', id: ZONE },
      by: { way: 'cloudflare', email: null },
    });
    expect(read(listed({ raw, resource: { type: 'logpush_transformer' } }))?.job).toBeNull();
    expect(read(listed({ raw, resource: { type: 'zone', product: 'dns' } }))).toBeNull();
  });

  it.each([
    ['dash', 'user', 'dashboard'],
    ['api_token', 'user', 'api_token'],
    ['api_token', 'account', 'api_token'],
    ['oauth', 'user', 'oauth'],
    ['', 'system', 'cloudflare'],
    ['dash', 'cloudflare_admin', 'cloudflare'],
    ['something new', 'user', 'unknown'],
  ])('by %s and %s was made through: %s', (context, type, way) => {
    expect(read(listed({ actor: { context, type } }))?.by.way).toBe(way);
  });

  it('names the token where the row does, whatever the docs leave open about its keys', () => {
    for (const ActorTokenDetails of [
      { token_id: 't1', token_name: 'ci' },
      { TokenID: 't1', TokenName: 'ci' },
      { id: 't1', name: 'ci' },
    ]) {
      expect(read(row({ ActorTokenDetails }))?.by).toMatchObject({ tokenId: 't1', tokenName: 'ci' });
    }
  });

  it('has the ray without the data centre that a header adds to it', () => {
    expect(read(listed({ raw: { cf_ray_id: '8f00c0ffee-FRA' } }))?.by.ray).toBe('8f00c0ffee');
  });

  it('shows no text of others that is long or not printable', () => {
    const actor = {
      email: `a\u202e\u001b[31m${'x'.repeat(9_000)}`,
      ip_address: '<script>',
      token_name: '\n',
    };
    const by = read(listed({ actor, raw: { user_agent: '\u0000'.repeat(5_000) } }))?.by;
    expect(by?.address).toBeNull();
    for (const text of [by?.email, by?.tokenName, by?.agent]) {
      expect(text ?? '').toMatch(/^[\u0020-\u007e…]*$/u);
      expect((text ?? '').length).toBeLessThanOrEqual(255);
    }
  });
});

it('any object is read without a throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(() => read(JSON.parse(JSON.stringify(value)))).not.toThrow();
    }),
  );
});
