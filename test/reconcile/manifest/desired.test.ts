import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FieldCatalogue } from '../../../src/reconcile/manifest/catalogue.ts';
import { digestOf } from '../../../src/reconcile/manifest/desired.ts';
import { Directory } from '../../../src/reconcile/manifest/directory.ts';
import { UnreachableError } from '../../../src/reconcile/errors.ts';
import { aDesiredJob, aDesiredScope, aScope } from '../../builders.ts';
import { ManualClock } from '../../manual-clock.ts';
import { FakeCloudflare } from '../fake-cloudflare.ts';

const call = { signal: new AbortController().signal, priority: 'sweep' } as const;
const fingerprint = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex');

describe('the digest of what is wanted in a scope', () => {
  const scope = aDesiredScope({ jobs: [aDesiredJob({ name: 'http' })] });
  const digest = (over: object = {}) => digestOf({ ...scope, ...over }, fingerprint);

  it('is the same wherever in the files it stands', () => {
    const origin = { file: 'other.yaml', line: 99, column: 9 };
    expect(digest({ jobs: [aDesiredJob({ name: 'http', origin })] })).toBe(digest());
  });

  it.each([
    ['a field', { jobs: [aDesiredJob({ name: 'http', fields: { enabled: false } })] }],
    ['a job', { jobs: [] }],
    ['its protection', { jobs: [aDesiredJob({ name: 'http', protect: true })] }],
    ['what is ignored', { jobs: [aDesiredJob({ name: 'http', ignore: ['filter'] })] }],
    ['the mode', { mode: 'observe' }],
    ['what is pruned', { prune: 'never' }],
    [
      'a job that cannot be rendered',
      { blocked: [{ name: 'x', reason: 'y', origin: scope.jobs[0]?.origin }] },
    ],
    ['the name of the scope', { scope: aScope({ name: 'renamed.example' }) }],
  ])('moves with %s', (_, over) => {
    expect(digest(over)).not.toBe(digest());
  });

  it('moves with a secret, and is made of its fingerprint alone', () => {
    const texts: string[] = [];
    const spy = (text: string): string => {
      texts.push(text);
      return fingerprint(text);
    };
    const withSecret = (value: string) =>
      digestOf(
        aDesiredScope({ jobs: [aDesiredJob({ fields: { destination_conf: `s3://b?secret=${value}` } })] }),
        spy,
      );
    expect(withSecret('first-secret')).not.toBe(withSecret('other-secret'));
    const whole = texts.filter((text) => text.startsWith('{'));
    expect(whole).toHaveLength(2);
    expect(whole.join('')).not.toMatch(/first-secret|other-secret/);
  });
});

describe('the directory of zones', () => {
  function setUp() {
    const clock = new ManualClock();
    const cloudflare = new FakeCloudflare();
    cloudflare.zone('a.example');
    return { clock, cloudflare, directory: new Directory(cloudflare.api, clock) };
  }

  it('asks Cloudflare once in five minutes', async () => {
    const { clock, cloudflare, directory } = setUp();
    await directory.zones(call);
    await clock.advance(299_999);
    await directory.zones(call);
    expect(cloudflare.calls).toEqual(['zones']);
    await clock.advance(1);
    await directory.zones(call);
    expect(cloudflare.calls).toEqual(['zones', 'zones']);
  });

  it('asks anew for a name it does not have, unless it has just asked', async () => {
    const { clock, cloudflare, directory } = setUp();
    expect(directory.forget()).toBe(false);
    await directory.zones(call);
    await directory.accounts(call);
    expect(directory.forget()).toBe(false);
    await clock.advance(10_000);
    expect(directory.forget()).toBe(true);
    await directory.zones(call);
    await directory.accounts(call);
    expect(cloudflare.calls).toEqual(['zones', 'accounts', 'zones', 'accounts']);
  });

  it('remembers nothing of a listing that failed', async () => {
    const { cloudflare, directory } = setUp();
    cloudflare.fail('zones', new UnreachableError({ action: 'list the zones' }));
    await expect(directory.zones(call)).rejects.toThrow(UnreachableError);
    expect(await directory.zones(call)).toMatchObject([{ name: 'a.example' }]);
  });
});

describe('the catalogue of fields', () => {
  it('asks once an hour for each dataset of each scope', async () => {
    const clock = new ManualClock();
    const cloudflare = new FakeCloudflare();
    const catalogue = new FieldCatalogue(cloudflare.api, clock);
    const one = aScope({ name: 'a.example' });
    const two = aScope({ id: 'b'.repeat(32), name: 'b.example' });
    const ask = async (): Promise<void> => {
      await catalogue.list(one, 'http_requests', 'all', call);
      await catalogue.list(one, 'http_requests', 'default', call);
      await catalogue.list(one, 'dns_logs', 'all', call);
      await catalogue.list(two, 'http_requests', 'all', call);
    };
    await ask();
    await clock.advance(3_599_999);
    await ask();
    expect(cloudflare.calls).toHaveLength(4);
    await clock.advance(1);
    await ask();
    expect(cloudflare.calls).toHaveLength(8);
  });

  it('asks for the one list that is needed, in the order in which Cloudflare gives it', async () => {
    const cloudflare = new FakeCloudflare();
    const catalogue = new FieldCatalogue(cloudflare.api, new ManualClock());
    cloudflare.fail('default fields http_requests example.com', new UnreachableError({ action: 'list' }));
    const { all } = cloudflare.fields;
    expect(await catalogue.list(aScope(), 'http_requests', 'all', call)).toEqual(all);
    await expect(catalogue.list(aScope(), 'http_requests', 'default', call)).rejects.toThrow(
      UnreachableError,
    );
  });
});
