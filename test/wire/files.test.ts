import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesSource } from '../../src/edges/source/files.ts';
import { fill, makePipe, swapMount, temporaryFolder } from '../edges/temporary-folder.ts';
import { manifestOf, Place } from './place.ts';
import { RawCloudflare } from './raw-cloudflare.ts';

const SWAPS = 30;

/** A manifest of many files that all say the same number, two of them for a job. */
function generation(number: number): Readonly<Record<string, string>> {
  const others = Array.from({ length: 32 }, (_, at) => [`b${at}.yaml`, `version: 1\n# ${number}\n`]);
  const job = (name: string): string => manifestOf(`{ name: ${name}, max_upload_records: ${1000 + number} }`);
  return {
    ...Object.fromEntries(others),
    'a.yaml': job('a'),
    'c.yaml': job('c').replace('zone: example.com', 'zone: example.org'),
  };
}

async function revisionOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder();
  fill(folder, files);
  return (await filesSource([folder]).read(new AbortController().signal)).revision;
}

describe('F49 F50 a ConfigMap that is swapped as fast as it can be', () => {
  it('is applied as it is in the end, and never half old and half new', async () => {
    const cloudflare = await RawCloudflare.open({ zones: ['example.com', 'example.org'] });
    const place = await Place.open(cloudflare);
    const mount = join(place.folder, 'manifest');
    await mkdir(mount);
    const all = Array.from({ length: SWAPS + 1 }, (_, number) => generation(number));
    const whole = new Set(await Promise.all(all.map(revisionOf)));
    let old = swapMount(mount, generation(0));
    const running = place.daemon();
    await running.says(/"event":"daemon.watching"/);
    const records = (zone: string): unknown => cloudflare.model.jobs(zone)[0]?.config['max_upload_records'];
    expect([records('example.com'), records('example.org')]).toEqual([1000, 1000]);

    for (let number = 1; number <= SWAPS; number += 1) {
      old = swapMount(mount, generation(number), old);
      running.child.kill('SIGHUP');
      await setImmediate();
    }
    const last = 1000 + SWAPS;
    await cloudflare.until(() => records('example.com') === last && records('example.org') === last);
    await running.says(/"event":"pass.finished"/);
    running.child.kill('SIGTERM');
    expect(await running.ended).toEqual({ code: 0, signal: null });

    const accepted = running.stderr.matchAll(/"event":"manifest.accepted","revision":"(\w+)"/g);
    const seen = Array.from(accepted, ([, revision = '']) => revision);
    expect(seen.filter((revision) => !whole.has(revision))).toEqual([]);
    expect(running.stderr).not.toContain('"event":"manifest.rejected"');
    expect(cloudflare.made()).toBe(2);
    expect(cloudflare.requests.map(({ method }) => method)).not.toContain('DELETE');
  });
});

describe('F54 a manifest file in whose place there is suddenly', () => {
  const GOOD = manifestOf('{ name: kept }', '{ name: guarded }');

  it('anything else, or nothing, changes nothing at Cloudflare, and is read again when it is back', async () => {
    const place = await Place.open(await RawCloudflare.open());
    await place.manifest(GOOD);
    await place.sync();
    const file = join(place.folder, 'manifest/jobs.yaml');
    const running = place.daemon({ env: { LOGPUSHD_MANIFEST: file } });
    await running.says(/"event":"daemon.watching"/);
    const writes = place.cloudflare.writes();
    const server = createServer();
    onTestFinished(() => void server.close());
    const replacements: readonly (readonly [string, () => unknown, RegExp])[] = [
      ['nothing', () => undefined, /does not exist/],
      ['an empty file', () => writeFileSync(file, ''), /pass.refused.*empty-manifest/],
      ['half a file', () => writeFileSync(file, GOOD.slice(0, GOOD.length - 9)), /manifest.rejected/],
      ['a folder', () => mkdir(file), /has no \*\.yaml/],
      ['a named pipe', () => makePipe(file), /is a named pipe/],
      ['a socket', () => new Promise<void>((done) => server.listen(file, done)), /is a socket/],
      ['a device', () => symlinkSync('/dev/zero', file), /is a device/],
      ['a link to nothing', () => symlinkSync('nowhere', file), /is a link to nowhere/],
      ['a link to itself', () => symlinkSync('jobs.yaml', file), /leads back to itself/],
      ['what is no text', () => writeFileSync(file, Buffer.of(0xff, 0xfe, 0x00)), /is not UTF-8/],
    ];
    for (const [, put, told] of replacements) {
      rmSync(file);
      await put();
      await running.says(told);
      await rm(file, { recursive: true, force: true });
      await place.manifest(GOOD);
      running.child.kill('SIGHUP');
      await running.says(/"event":"pass.finished"/);
    }
    expect(place.cloudflare.writes()).toBe(writes);
    await place.manifest(manifestOf('{ name: kept }', '{ name: guarded }', '{ name: made }'));
    await place.cloudflare.until(() => place.cloudflare.names().includes('made'));
    expect(place.cloudflare.names()).toEqual(['guarded', 'kept', 'made']);
  });
});

describe('F56 a credential that is rotated while the manifest changes as well', () => {
  const ROUNDS = 6;
  const keys = (round: number) => ({
    's3-key': `AKIA${String(round).padStart(12, '0')}`,
    's3-secret': `wJalrXUtnFEMI-${String(round).padStart(12, '0')}`,
  });
  const manifest = (round: number): string =>
    [
      'version: 1',
      'zones:',
      '  - zone: example.com',
      '    jobs:',
      '      - name: a',
      '        enabled: true',
      '        dataset: http_requests',
      `        max_upload_records: ${1000 + round}`,
      `        destination: { type: s3-compatible, bucket: logs, region: auto, endpoint: s3.example.com, access_key_id: '\${secret:s3-key}', secret_access_key: '\${secret:s3-secret}' }`,
      '',
    ].join('\n');

  it('is never sent by half, and costs no more than one further update', async () => {
    const place = await Place.open(await RawCloudflare.open());
    const { cloudflare } = place;
    const mounts = { secrets: join(place.folder, 'secrets'), manifest: join(place.folder, 'manifest') };
    await mkdir(mounts.manifest);
    let secrets = swapMount(mounts.secrets, keys(0));
    let files = swapMount(mounts.manifest, { 'jobs.yaml': manifest(0) });
    await place.sync();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const pass = place.pass();
      for (let swap = 1; swap <= SWAPS; swap += 1) {
        secrets = swapMount(mounts.secrets, keys(round * 100 + swap), secrets);
        if (swap === round) files = swapMount(mounts.manifest, { 'jobs.yaml': manifest(round) }, files);
        await setImmediate();
      }
      await pass;
      await place.sync();
    }
    const sent = cloudflare.carriedOut
      .filter(({ method }) => method !== 'GET')
      .map(({ body }) => JSON.stringify(body).match(/0{6}\d{6}/g) ?? []);
    expect(sent.filter(([key, secret]) => key === undefined || key !== secret)).toEqual([]);
    expect(sent.length).toBeLessThanOrEqual(1 + 2 * ROUNDS);
    expect(sent.flat().at(-1)).toBe(String(ROUNDS * 100 + SWAPS).padStart(12, '0'));
    expect(cloudflare.made()).toBe(1);
  });
});
