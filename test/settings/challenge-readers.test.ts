import { describe, expect, it } from 'vitest';
import { loadSettings, type LoadedSettings } from '../../src/settings.ts';

function load(readers: unknown): LoadedSettings {
  return loadSettings({
    flags: { 'challenge.readers': JSON.stringify(readers) },
    environment: {},
    cwd: import.meta.dirname,
    credentials: 'unused',
    logToTerminal: false,
  });
}

const S3 = { destinations: ['s3://acme-*'], via: 's3' };
const AZURE = { destinations: ['azure://*'], via: 'azure', account: 'acme' };

describe('the readers of challenges', () => {
  it.each<readonly [written: object, meant: object]>([
    [S3, S3],
    [
      { ...S3, region: 'eu-west-1', access_key_id: '${secret:a}', secret_access_key: '${secret:b}' },
      { ...S3, region: 'eu-west-1', keys: { accessKeyId: 'a', secretAccessKey: 'b' } },
    ],
    [
      { ...AZURE, sas: '${secret:reader.sas}' },
      { ...AZURE, sas: 'reader.sas' },
    ],
    [
      { destinations: ['gs://*'], via: 'gcs', credentials: '${secret:gcs}' },
      { destinations: ['gs://*'], via: 'gcs', credentials: 'gcs' },
    ],
    [
      { destinations: ['*'], via: 'folder', path: '/mnt/{bucket}' },
      { destinations: ['*'], via: 'folder', path: '/mnt/{bucket}' },
    ],
    [
      { destinations: ['*'], via: 'command', command: ['read', '{filename}'] },
      { destinations: ['*'], via: 'command', command: ['read', '{filename}'], timeoutMs: 30_000 },
    ],
    [
      { ...S3, endpoint: 'http://127.0.0.1:9000' },
      { ...S3, endpoint: 'http://127.0.0.1:9000' },
    ],
  ])('%j are read', (written, meant) => {
    const { settings, findings } = load([written]);
    expect(findings).toEqual([]);
    expect(settings?.challenge?.readers).toEqual([meant]);
  });

  it.each<readonly [why: string, reader: object, message: RegExp]>([
    ['without a kind', { destinations: ['*'] }, /\[0\]: The key "via" is missing/],
    ['of no kind there is', { ...S3, via: 'ftp' }, /\[0\]\.via: "ftp" is none of s3, gcs/],
    ['that covers nothing', { ...S3, destinations: [] }, /is empty/],
    ['with a key that nobody has', { ...S3, bucket: 'acme' }, /no key "bucket"/],
    ['with a key of another kind', { ...S3, path: '/mnt' }, /via s3 has no key "path"/],
    ['that lacks what its kind needs', { destinations: ['*'], via: 'folder' }, /needs the key "path"/],
    ['with half a key', { ...S3, access_key_id: '${secret:a}' }, /only one is set/],
    ['of Azure with no key', AZURE, /one of account_key and sas/],
    ['of Azure with two', { ...AZURE, sas: '${secret:a}', account_key: '${secret:b}' }, /only one/],
    ['with a key written out', { ...AZURE, sas: 'sv=1&sig=c2VjcmV0' }, /not of the form/],
    ['at an address that is none', { ...S3, endpoint: 's3.example.com' }, /not an http or https address/],
    ['at an address in the clear', { ...S3, endpoint: 'http://s3.example.com' }, /unencrypted/],
    ['at an address with a user', { ...S3, endpoint: 'https://a:b@s3.example.com' }, /has a user/],
    ['in a region that is an address', { ...S3, region: 'evil.example/#' }, /not of the form/],
  ])('%s are refused', (_, reader, message) => {
    const { settings, findings } = load([reader]);
    expect(settings).toBeNull();
    expect(findings).toMatchObject([{ key: 'challenge.readers', message: expect.stringMatching(message) }]);
    expect(JSON.stringify(findings)).not.toContain('c2VjcmV0');
  });

  it('in a variable that is no JSON are refused', () => {
    const { findings } = loadSettings({
      flags: {},
      environment: { LOGPUSHD_CHALLENGE_READERS: 's3://acme' },
      cwd: import.meta.dirname,
      credentials: 'unused',
      logToTerminal: false,
    });
    expect(findings).toMatchObject([{ message: expect.stringContaining('a list of mappings as JSON') }]);
  });
});
