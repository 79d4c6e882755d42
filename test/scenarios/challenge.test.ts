import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openS3Store } from '../edges/challenge/s3-store.ts';
import { World } from './world.ts';

const KEYS = { accessKeyId: 'AKIAREADERREADER', secretAccessKey: 'a-secret-of-the-reader' };
const JOB = `
zones:
  - zone: example.com
    jobs:
      - { name: http, dataset: http_requests, enabled: true, destination: { type: s3, bucket: acme-logs, path: 'http/{DATE}', region: eu-west-1 } }
`;

/** A Cloudflare that wants challenges, and a bucket that both it and the reader reach. */
async function withBucket() {
  const store = await openS3Store(KEYS);
  const world = await World.open({ challengeEndpoint: store.url });
  await world.secret('reader-id', KEYS.accessKeyId);
  await world.secret('reader-key', KEYS.secretAccessKey);
  const reader = {
    destinations: ['s3://acme-*'],
    via: 's3',
    endpoint: store.url,
    access_key_id: '${secret:reader-id}',
    secret_access_key: '${secret:reader-key}',
  };
  world.settings({ 'challenge.readers': JSON.stringify([reader]) });
  await world.manifest(JOB);
  return { world, store };
}

async function withFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-bucket-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const world = await World.open({ challengeDir: folder });
  const reader = { destinations: ['*'], via: 'folder', path: `${folder}/{bucket}` };
  world.settings({ 'challenge.readers': JSON.stringify([reader]) });
  return world;
}

describe('a job to a bucket that wants a proof of ownership', () => {
  it('is made in one apply, with the challenge read from the bucket, and plans to nothing afterwards', async () => {
    const { world, store } = await withBucket();
    const calls = await world.callsDuring(() => world.settle());
    expect(calls.filter((call) => /ownership/.test(call))).toEqual([
      'POST /zones/ID/logpush/ownership',
      'POST /zones/ID/logpush/ownership/validate',
    ]);
    expect(Object.keys(world.jobs())).toEqual(['http']);
    expect([...store.objects.keys()]).toEqual([
      expect.stringMatching(/^acme-logs\/http\/\d{8}\/ownership-challenge-\w+\.txt$/),
    ]);
    const { plans } = await world.plan();
    expect(plans.flatMap(({ changes, withheld }) => [...changes, ...withheld])).toEqual([]);
    const again = await world.callsDuring(() => world.settle());
    expect(again.filter((call) => /ownership/.test(call))).toEqual([]);
  });

  it('is not asked for by plan, which shows the job as one that will be made', async () => {
    const { world } = await withBucket();
    const calls = await world.callsDuring(() => world.plan());
    expect(calls.filter((call) => !call.startsWith('GET '))).toEqual([]);
    const { plans } = await world.plan();
    expect(plans[0]?.changes).toMatchObject([{ action: 'create', name: 'http' }]);
  });

  it('that the reader may not read is made as soon as it may, with the file that was asked for', async () => {
    const { world, store } = await withBucket();
    await world.secret('reader-key', 'the-key-of-somebody-else');
    const first = await world.apply();
    expect(first.outcomes).toMatchObject([
      { result: 'failed', error: { message: expect.stringContaining('forbidden') } },
    ]);
    await world.secret('reader-key', KEYS.secretAccessKey);
    await world.settle();
    expect([...store.objects.keys()]).toHaveLength(1);
    expect(Object.keys(world.jobs())).toEqual(['http']);
  });

  it('is made anew with the same file when the process ended between request and create', async () => {
    const { world, store } = await withBucket();
    // The third POST is the create.
    world.sandbox.faults.add({ method: 'POST', nth: 3, times: 1, outcome: { kind: 'drop', when: 'before' } });
    await world.apply();
    expect(Object.keys(world.jobs())).toEqual([]);
    await world.agePastDoubts();
    await world.settle();
    expect([...store.objects.keys()]).toHaveLength(1);
    expect(Object.keys(world.jobs())).toEqual(['http']);
  });

  it('leaves no token behind', async () => {
    const { world, store } = await withBucket();
    await world.settle();
    const [token = ''] = store.objects.values();
    expect(token.split('.')).toHaveLength(3);
    expect(JSON.stringify(world.events)).not.toContain(token);
    for (const file of await readdir(join(world.folder, 'state'))) {
      expect(await readFile(join(world.folder, 'state', file), 'utf8')).not.toContain(token);
    }
  });
});

describe('a job to any store that is mounted', () => {
  const to = (destination: string): string => `
zones:
  - zone: example.com
    jobs:
      - { name: http, dataset: http_requests, enabled: true, destination_conf: '${destination}' }
`;

  it.each([
    's3://acme-logs/http/{DATE}?region=eu-west-1',
    'gs://acme-logs/http/{DATE}',
    'gs://acme-logs/',
    'azure://container/http/{DATE}?sv=2024-11-04&sp=w&sig=${secret:sas}',
  ])('is made with the challenge of %s', async (destination) => {
    const world = await withFolder();
    const sas = 'c2lnbmF0dXJlLW9mLWNsb3VkZmxhcmU';
    await world.secret('sas', sas);
    await world.manifest(to(destination));
    await world.settle();
    expect(world.jobs()).toMatchObject({
      http: { destination_conf: destination.replace('${secret:sas}', sas) },
    });
  });

  it('follows its destination to another path with another challenge', async () => {
    const world = await withFolder();
    await world.manifest(to('gs://acme-logs/one'));
    await world.settle();
    await world.manifest(to('gs://acme-logs/two'));
    await world.settle();
    expect(world.jobs()).toMatchObject({ http: { destination_conf: 'gs://acme-logs/two' } });
  });
});

describe('a job that nothing can read the challenge of', () => {
  it('waits for one, and nothing is asked of Cloudflare', async () => {
    const world = await World.open();
    await world.manifest(JOB);
    const calls = await world.callsDuring(() => world.apply());
    expect(calls.filter((call) => !call.startsWith('GET '))).toEqual([]);
    const { plans } = await world.plan();
    expect(plans[0]?.withheld).toMatchObject([
      { name: 'http', waitsFor: 'challenge', reason: expect.stringContaining('waiting-for-challenge') },
    ]);
  });

  it('is sent as it is where the settings say that Cloudflare decides', async () => {
    const world = await World.open({ switches: { ownership: 'off' } });
    world.settings({ 'challenge.mode': 'off' });
    await world.manifest(JOB);
    await world.settle();
    expect(Object.keys(world.jobs())).toEqual(['http']);
  });
});
