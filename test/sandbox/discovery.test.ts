import { describe, expect, it } from 'vitest';
import { openSandbox } from './open-sandbox.ts';

async function manyZones() {
  const sandbox = await openSandbox({
    accounts: ['Example Inc', 'Other Ltd'],
    zones: [
      'example.com',
      'shop.example.com',
      { name: 'pending.example', status: 'pending' },
      { name: 'other.example', account: 'Other Ltd' },
      { name: 'inner.example', type: 'internal' },
    ],
  });
  const names = async (query: string): Promise<string[]> =>
    (await sandbox.call('GET', `/zones?${query}`)).json.result.map((zone: any) => zone.name);
  return { ...sandbox, names };
}

describe('zones', () => {
  it('have ids made from their names', async () => {
    const one = await openSandbox({ zones: ['example.com'] });
    const other = await openSandbox({ zones: ['example.com'] });
    expect(one.zone).toMatch(/^[0-9a-f]{32}$/);
    expect(one.zone).toBe(other.zone);
  });

  it('are three when none are given, in one account', async () => {
    for (const sandbox of [await openSandbox(), await openSandbox({ zones: [] })]) {
      expect(sandbox.model.zones().map((zone) => zone.name)).toEqual([
        'example.com',
        'shop.example.com',
        'example.org',
      ]);
      expect(sandbox.model.accounts().map((account) => account.name)).toEqual(['Example Inc']);
    }
  });

  it.each([
    ['', ['example.com', 'other.example', 'pending.example', 'shop.example.com']],
    ['name=example.com', ['example.com']],
    ['name=contains:SHOP', ['shop.example.com']],
    ['name=starts_with:o', ['other.example']],
    ['name=ends_with:.com', ['example.com', 'shop.example.com']],
    ['name=not_equal:example.com', ['other.example', 'pending.example', 'shop.example.com']],
    ['status=pending', ['pending.example']],
    ['account.name=Other%20Ltd', ['other.example']],
    ['account.name=Other%20Ltd&status=pending', []],
    ['account.name=Other%20Ltd&status=pending&match=any', ['other.example', 'pending.example']],
    ['type=internal', ['inner.example']],
    [
      'type=full,internal&direction=desc',
      ['shop.example.com', 'pending.example', 'other.example', 'inner.example', 'example.com'],
    ],
    [
      'order=account.name&direction=desc',
      ['other.example', 'shop.example.com', 'pending.example', 'example.com'],
    ],
  ])('are found by "%s"', async (query, expected) => {
    const { names } = await manyZones();
    expect(await names(query)).toEqual(expected);
  });

  it('are found by the id of their account', async () => {
    const { names, model } = await manyZones();
    expect(await names(`account.id=${model.scope('Other Ltd')?.id}`)).toEqual(['other.example']);
  });

  it.each([
    'per_page=4',
    'per_page=51',
    'page=0',
    'page=x',
    'status=gone',
    'type=odd',
    'order=size',
    'name=like:x',
  ])('refuse "%s"', async (query) => {
    const { call } = await openSandbox();
    expect((await call('GET', `/zones?${query}`)).status).toBe(400);
  });

  it('come in pages that hold each of them once', async () => {
    const { call, model } = await openSandbox();
    for (let index = 0; index < 20; index += 1) model.addZone({ name: `z${index}.example` });
    const seen: string[] = [];
    for (const page of [1, 2, 3, 4, 5]) {
      const { json } = await call('GET', `/zones?per_page=5&page=${page}`);
      expect(json.result_info).toMatchObject({
        page,
        per_page: 5,
        total_count: 23,
        total_pages: 5,
        count: page < 5 ? 5 : 3,
      });
      seen.push(...json.result.map((zone: any) => zone.name));
    }
    expect(new Set(seen).size).toBe(23);
    expect((await call('GET', '/zones?per_page=5&page=6')).json.result).toEqual([]);
  });

  it('can be read alone', async () => {
    const { call, zone, account } = await openSandbox();
    expect((await call('GET', `/zones/${zone}`)).json.result).toMatchObject({
      id: zone,
      name: 'example.com',
      status: 'active',
      account: { id: account, name: 'Example Inc' },
    });
  });
});

describe('accounts', () => {
  it('are listed, filtered, ordered and read alone', async () => {
    const { call, account } = await manyZones();
    const names = async (query: string) =>
      (await call('GET', `/accounts?${query}`)).json.result.map((one: any) => one.name);
    expect(await names('')).toEqual(['Example Inc', 'Other Ltd']);
    expect(await names('direction=desc')).toEqual(['Other Ltd', 'Example Inc']);
    expect(await names('name=Other%20Ltd')).toEqual(['Other Ltd']);
    expect((await call('GET', '/accounts')).json.result_info).toMatchObject({
      total_pages: 1,
      total_count: 2,
    });
    expect((await call('GET', `/accounts/${account}`)).json.result).toMatchObject({
      id: account,
      name: 'Example Inc',
    });
  });
});
