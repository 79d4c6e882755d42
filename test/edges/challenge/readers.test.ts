import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { loaded } from '../../../src/edges/challenge/read-failure.ts';
import type { ReaderSpec } from '../../../src/edges/challenge/reader-spec.ts';
import { createChallengeReader } from '../../../src/edges/challenge/readers.ts';
import { ChallengeError, StoppedError } from '../../../src/reconcile/errors.ts';
import { openS3Store } from './s3-store.ts';
import { openStore, type Store } from './store.ts';

const KEYS = { accessKeyId: 'AKIAREADERREADER', secretAccessKey: 'a-secret-of-the-reader/with+signs' };
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl';
const S3 = 's3://acme-logs/http/{DATE}?region=eu-west-1';
const FILE = 'http/20261123/ownership-challenge-01.txt';

const SECRETS = new Map([
  ['key-id', KEYS.accessKeyId],
  ['secret-key', KEYS.secretAccessKey],
  ['wrong-key', 'another-secret-altogether'],
]);

function readerOf(spec: ReaderSpec, secrets = SECRETS, environment: Record<string, string> = {}) {
  return createChallengeReader({
    readers: [spec],
    environment,
    references: {
      read: async ({ secrets: names }) => ({
        env: new Map(),
        secrets: new Map(
          [...names].flatMap((name) => {
            const value = secrets.get(name);
            return value === undefined ? [] : [[name, new Secret(value)] as const];
          }),
        ),
        unreadable: new Map(),
      }),
    },
  });
}

async function read(
  spec: ReaderSpec,
  destination: string,
  filename = FILE,
  secrets = SECRETS,
): Promise<string | null> {
  const { signal } = new AbortController();
  const file = await readerOf(spec, secrets).read(new Secret(destination), filename, signal);
  return file === null ? null : file.reveal();
}

const s3 = (endpoint: string, secretAccessKey = 'secret-key'): ReaderSpec => ({
  destinations: ['s3://acme-*'],
  via: 's3',
  endpoint,
  keys: { accessKeyId: 'key-id', secretAccessKey },
});

describe('a reader', () => {
  it('reads nothing but what its patterns cover', async () => {
    const store = await openS3Store(KEYS);
    const elsewhere = 's3://other/http?region=r';
    expect(readerOf(s3(store.url)).covers(new Secret(S3))).toBe(true);
    expect(readerOf(s3(store.url)).covers(new Secret(elsewhere))).toBe(false);
    await expect(read(s3(store.url), elsewhere)).rejects.toThrow(/no reader of the setting/);
    expect(store.requests).toEqual([]);
  });

  it('whose secret is not there says which', async () => {
    const reading = read(s3('http://127.0.0.1:9'), S3, FILE, new Map());
    await expect(reading).rejects.toThrow(/the secret key-id of the reader cannot be read/);
    await expect(reading).rejects.toBeInstanceOf(ChallengeError);
  });

  it('whose SDK is not installed says what to install', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    const loading = loaded('@aws-sdk/client-s3', () => Promise.reject(missing));
    await expect(loading).rejects.toThrow(/install it with "npm install @aws-sdk\/client-s3"/);
  });

  it('takes a file without a text for one that is not there yet', async () => {
    const store = await openS3Store(KEYS);
    store.objects.set(`acme-logs/${FILE}`, ' \n');
    expect(await read(s3(store.url), S3)).toBeNull();
  });

  it('stops when logpushd does, even where it waits for what cannot be ended', async () => {
    const asked = Promise.withResolvers<void>();
    const store = await openStore(() => {
      asked.resolve();
      return null;
    });
    const credentials = JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${store.url}/token`,
      credential_source: { url: `${store.url}/subject` },
    });
    const spec: ReaderSpec = { destinations: ['gs://*'], via: 'gcs', credentials: 'gcs' };
    const stopping = new AbortController();
    const reader = readerOf(spec, new Map([['gcs', credentials]]));
    const reading = reader.read(new Secret('gs://acme-logs/http'), FILE, stopping.signal);
    await asked.promise;
    stopping.abort();
    const ended = reading.catch((error: unknown) => error);
    expect(await Promise.race([ended, immediate('it goes on')])).toBeInstanceOf(StoppedError);
  });

  it('stops when logpushd does', async () => {
    const store = await openStore(() => null);
    const stopping = new AbortController();
    const reading = readerOf(s3(store.url)).read(new Secret(S3), FILE, stopping.signal);
    stopping.abort();
    await expect(reading).rejects.toBeInstanceOf(StoppedError);
  });
});

describe('a reader via s3', () => {
  it('reads the object with a good signature', async () => {
    const store = await openS3Store(KEYS);
    store.objects.set(`acme-logs/${FILE}`, TOKEN);
    expect(await read(s3(store.url), S3)).toBe(TOKEN);
    expect(store.requests).toEqual([`GET /acme-logs/${FILE}?x-id=GetObject`]);
  });

  it('reads names with spaces, signs and letters of all kinds', async () => {
    const store = await openS3Store(KEYS);
    const name = 'a b/ü+&=~/ownership.txt';
    store.objects.set(`acme-logs/${name}`, TOKEN);
    expect(await read(s3(store.url), S3, name)).toBe(TOKEN);
  });

  it('finds nothing while the file is not there', async () => {
    const store = await openS3Store(KEYS);
    expect(await read(s3(store.url), S3)).toBeNull();
  });

  it('with a wrong key is forbidden, and says which right it needs and nothing that S3 says', async () => {
    const store = await openS3Store(KEYS);
    const reading = read(s3(store.url, 'wrong-key'), S3);
    await expect(reading).rejects.toThrow(/forbidden.*SignatureDoesNotMatch.*s3:GetObject/);
    await expect(reading).rejects.not.toThrow(/a message of S3/);
  });

  it('that may not read a bucket says so', async () => {
    const store = await openS3Store(KEYS, new Set(['acme-logs']));
    await expect(read(s3(store.url), S3)).rejects.toThrow(/forbidden.*AccessDenied/);
  });

  it('never goes to the endpoint of a destination', async () => {
    const [ours, theirs] = [await openS3Store(KEYS), await openS3Store(KEYS)];
    const endpoint = theirs.url.replace('http://', '');
    await read(s3(ours.url), `${S3}&endpoint=${endpoint}`);
    expect(theirs.requests).toEqual([]);
    expect(ours.requests).toHaveLength(1);
  });

  it('sends nothing to a region that is no region', async () => {
    const store = await openS3Store(KEYS);
    const spec: ReaderSpec = { destinations: ['s3://*'], via: 's3' };
    const region = encodeURIComponent(`evil.example/${store.url}#`);
    await expect(read(spec, `s3://acme-logs/a?region=${region}`)).rejects.toThrow(/not the name of a region/);
    expect(store.requests).toEqual([]);
  });

  it('takes a file that is longer than any challenge for none', async () => {
    const store = await openS3Store(KEYS);
    store.objects.set(`acme-logs/${FILE}`, 'x'.repeat(50_000));
    expect(await read(s3(store.url), S3)).toBe('');
  });
});

describe('a reader via gcs', () => {
  const GS = 'gs://acme-logs/http/{DATE}';

  /** A bucket of Google's, and the service that turns a token of the machine into one of Google. */
  async function google(accepts = 'a-token-of-the-pod') {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-gcs-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const subject = join(folder, 'token');
    await writeFile(subject, 'a-token-of-the-pod');
    const store = await openStore((request, objects, body) => {
      if (request.url === '/token') {
        const isKnown = new URLSearchParams(body).get('subject_token') === accepts;
        const type = 'application/json';
        if (!isKnown) return { status: 400, type, body: '{"error":"invalid_grant"}' };
        return {
          status: 200,
          type,
          body: JSON.stringify({ access_token: 'of-google', token_type: 'Bearer', expires_in: 60 }),
        };
      }
      const [, bucket = '', name = ''] =
        /^\/storage\/v1\/b\/([^/]+)\/o\/([^/?]+)\?alt=media$/.exec(request.url ?? '') ?? [];
      if (request.headers.authorization !== 'Bearer of-google') return { status: 401 };
      const content = objects.get(`${bucket}/${decodeURIComponent(name)}`);
      if (bucket === 'acme-closed') return { status: 403, body: 'a message of Google' };
      return content === undefined ? { status: 404 } : { status: 200, body: content };
    });
    const credentials = JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${store.url}/token`,
      credential_source: { file: subject },
    });
    const spec: ReaderSpec = {
      destinations: ['gs://acme-*'],
      via: 'gcs',
      endpoint: store.url,
      credentials: 'gcs',
    };
    return { store, spec, secrets: new Map([['gcs', credentials]]) };
  }

  it('reads the object with a token of the federation', async () => {
    const { store, spec, secrets } = await google();
    store.objects.set(`acme-logs/${FILE}`, TOKEN);
    expect(await read(spec, GS, FILE, secrets)).toBe(TOKEN);
  });

  it('finds nothing while the file is not there', async () => {
    const { spec, secrets } = await google();
    expect(await read(spec, GS, FILE, secrets)).toBeNull();
  });

  it('that gets no token, or may not read, says so', async () => {
    const refused = await google('another-token');
    await expect(read(refused.spec, GS, FILE, refused.secrets)).rejects.toThrow(/no access token/);
    const { spec, secrets } = await google();
    const reading = read(spec, 'gs://acme-closed/a', FILE, secrets);
    await expect(reading).rejects.toThrow(/forbidden.*storage\.objects\.get/);
    await expect(reading).rejects.not.toThrow(/a message of Google/);
  });

  it('with credentials that are no JSON does not show them', async () => {
    const { spec } = await google();
    const reading = read(spec, GS, FILE, new Map([['gcs', '{"private_key": broken']]));
    await expect(reading).rejects.toThrow(/the secret gcs is neither/);
    await expect(reading).rejects.not.toThrow(/private_key/);
  });
});

describe('a reader via azure', () => {
  const ACCOUNT_KEY = Buffer.from('the key of an account').toString('base64');
  const AZURE = 'azure://acme.blob.core.windows.net/logs/http/{DATE}?sv=2024&sig=of-cloudflare';
  const secrets = new Map([
    ['azure-key', ACCOUNT_KEY],
    ['azure-sas', 'sv=2024-11-04&sp=r&sig=of-the-reader'],
  ]);

  /** Checks the shared key as Azure documents it, or the signature of a SAS. */
  async function blobs(): Promise<{ store: Store; withKey: ReaderSpec; withSas: ReaderSpec }> {
    const store = await openStore((request, objects) => {
      const url = new URL(request.url ?? '', 'http://store');
      const isSigned = url.searchParams.get('sig') === 'of-the-reader';
      if (
        !isSigned &&
        request.headers.authorization !== `SharedKey acme:${signatureOf(request.headers, url)}`
      ) {
        return {
          status: 403,
          type: 'application/xml',
          body: '<Error><Code>AuthenticationFailed</Code></Error>',
        };
      }
      const content = objects.get(decodeURIComponent(url.pathname.slice(1)));
      if (content !== undefined) return { status: 206, body: content };
      return { status: 404, type: 'application/xml', body: '<Error><Code>BlobNotFound</Code></Error>' };
    });
    const spec = {
      destinations: ['azure://acme.blob.core.windows.net/*', 'azure://logs/*'],
      via: 'azure',
      account: 'acme',
      endpoint: store.url,
    } as const;
    return {
      store,
      withKey: { ...spec, accountKey: 'azure-key' },
      withSas: { ...spec, sas: 'azure-sas' },
    };
  }

  function signatureOf(headers: NodeJS.Dict<string | string[]>, url: URL): string {
    const ms = Object.keys(headers)
      .filter((name) => name.startsWith('x-ms-'))
      .toSorted()
      .map((name) => `${name}:${String(headers[name])}\n`);
    const range = headers['range'] ?? '';
    const plain = ['GET', '', '', '', '', '', '', '', '', '', '', String(range)].join('\n');
    const text = `${plain}\n${ms.join('')}/acme${url.pathname}`;
    return createHmac('sha256', Buffer.from(ACCOUNT_KEY, 'base64')).update(text).digest('base64');
  }

  it('reads the blob with the key of the account, and with a signature of its own', async () => {
    const { store, withKey, withSas } = await blobs();
    store.objects.set(`logs/${FILE}`, TOKEN);
    expect(await read(withKey, AZURE, FILE, secrets)).toBe(TOKEN);
    expect(await read(withSas, AZURE, FILE, secrets)).toBe(TOKEN);
    expect(await read(withSas, 'azure://logs/http?sig=x', FILE, secrets)).toBe(TOKEN);
  });

  it('reads the blob also where its name begins with the container', async () => {
    const { store, withKey } = await blobs();
    store.objects.set(`logs/${FILE}`, TOKEN);
    expect(await read(withKey, AZURE, `logs/${FILE}`, secrets)).toBe(TOKEN);
  });

  it('finds nothing while the file is not there', async () => {
    const { withKey } = await blobs();
    expect(await read(withKey, AZURE, FILE, secrets)).toBeNull();
  });

  it('with a wrong key is forbidden', async () => {
    const { withKey } = await blobs();
    const wrong = new Map([['azure-key', Buffer.from('another key').toString('base64')]]);
    await expect(read(withKey, AZURE, FILE, wrong)).rejects.toThrow(/forbidden/);
  });

  it('reads in no other account', async () => {
    const { store, withKey } = await blobs();
    const spec = { ...withKey, destinations: ['azure://*'] };
    const elsewhere = 'azure://evil.blob.core.windows.net/logs?sig=x';
    await expect(read(spec, elsewhere, FILE, secrets)).rejects.toThrow(/not in the storage account/);
    expect(store.requests).toEqual([]);
  });
});

describe('a reader via folder', () => {
  async function mounted(): Promise<{ folder: string; spec: ReaderSpec }> {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-mount-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'acme-logs/http/20261123'), { recursive: true });
    return { folder, spec: { destinations: ['s3://*'], via: 'folder', path: `${folder}/{bucket}` } };
  }

  it('reads the file, and finds nothing while it is not there', async () => {
    const { folder, spec } = await mounted();
    expect(await read(spec, S3)).toBeNull();
    await writeFile(join(folder, 'acme-logs', FILE), TOKEN);
    expect(await read(spec, S3)).toBe(TOKEN);
  });

  it('that is not mounted says so', async () => {
    const { spec } = await mounted();
    await expect(read(spec, 's3://acme-other/a?region=r')).rejects.toThrow(
      /folder of the reader does not exist/,
    );
  });

  it('follows no link and no bucket out of its folder', async () => {
    const { folder, spec } = await mounted();
    await writeFile(join(folder, 'outside'), TOKEN);
    await symlink(join(folder, 'outside'), join(folder, 'acme-logs/link.txt'));
    await expect(read(spec, S3, 'link.txt')).rejects.toThrow(/leads out of the folder/);
    await expect(read(spec, 's3://../a?region=r', 'outside')).rejects.toThrow(/no name that a folder/);
  });

  it('does not wait for the writer of a pipe', async () => {
    const { folder, spec } = await mounted();
    await promisify(execFile)('mkfifo', [join(folder, 'acme-logs/pipe.txt')]);
    await expect(read(spec, S3, 'pipe.txt')).rejects.toThrow(/not a plain file/);
  });
});

describe('a reader via command', () => {
  const command = (script: string, ...args: string[]): ReaderSpec => ({
    destinations: ['s3://*'],
    via: 'command',
    command: [process.execPath, '-e', script, '--', ...args],
    timeoutMs: 20_000,
  });

  it('takes what the program prints, with bucket and file filled in', async () => {
    const spec = command('console.log(process.argv.slice(1).join("+"))', '{bucket}', '{filename}');
    expect((await read(spec, S3))?.trim()).toBe(`acme-logs+${FILE}`);
  });

  it('is no shell, and nothing filled in becomes an option', async () => {
    const spec = command('console.log(process.argv[1])', '{filename}');
    expect((await read(spec, S3, '$(touch x);`id`'))?.trim()).toBe('$(touch x);`id`');
    await expect(read(spec, S3, '--upload-file')).rejects.toThrow(/begin with "-"/);
  });

  it('gives the program the environment without our own credentials', async () => {
    const spec = command('console.log(JSON.stringify(process.env))');
    const environment = { PATH: '/usr/bin', CLOUDFLARE_API_TOKEN: 'ours', LOGPUSHD_HTTP_TOKEN: 'ours' };
    const reader = readerOf(spec, SECRETS, environment);
    const file = await reader.read(new Secret(S3), FILE, new AbortController().signal);
    expect(file?.reveal()).toContain('/usr/bin');
    expect(file?.reveal()).not.toContain('ours');
  });

  it('that fails is told by its exit code, and not by what it complained of', async () => {
    const reading = read(command('console.error("the password is hunter2"); process.exit(3)'), S3);
    await expect(reading).rejects.toThrow(/exit code 3/);
    await expect(reading).rejects.not.toThrow(/hunter2/);
  });

  it('that never ends is ended', async () => {
    const spec = { ...command('setInterval(() => 0, 1000)'), timeoutMs: 50 } as ReaderSpec;
    await expect(read(spec, S3)).rejects.toThrow(/took longer than/);
  });

  it('is ended with all that it has started, which would keep its output open', async () => {
    const started = Promise.withResolvers<Socket>();
    const server = createServer((socket) => started.resolve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const grandchild = `require("net").connect(${port}, "127.0.0.1").on("data", function (text) { this.write(text); })`;
    const spec = command(
      `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "inherit" })`,
    );
    const stopping = new AbortController();
    const reading = readerOf(spec).read(new Secret(S3), FILE, stopping.signal);
    const socket = await started.promise;
    onTestFinished(() => void socket.destroy());
    stopping.abort();
    await expect(reading).rejects.toBeInstanceOf(StoppedError);
    const told = new Promise((resolve) => {
      socket.once('data', () => resolve('it goes on'));
      socket.once('close', () => resolve('it has ended')).on('error', () => undefined);
    });
    socket.write('Are you there?');
    expect(await told).toBe('it has ended');
  });

  it('that prints nothing has not found the file yet', async () => {
    expect(await read(command(''), S3)).toBeNull();
  });

  it('that prints without end is ended', async () => {
    const spec = command('for (;;) require("fs").writeSync(1, "x".repeat(9999))');
    expect(await read(spec, S3)).toBe('');
  });

  it('that is not there says so', async () => {
    const spec: ReaderSpec = {
      destinations: ['s3://*'],
      via: 'command',
      command: ['/no/such/program'],
      timeoutMs: 1000,
    };
    await expect(read(spec, S3)).rejects.toThrow(/cannot be run \(ENOENT\)/);
  });
});
