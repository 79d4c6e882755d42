/**
 * Reads challenges from Azurite, Microsoft's own emulator of Azure Blob Storage, which checks keys and signatures.
 *
 * `node tools/azurite.ts` installs it first, into a folder for temporary files: 245 MB are too much for every test run.
 * Exit code 1 when a read does not end as it should; 0 with a loud line when it cannot be installed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BlobSASPermissions, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { Secret } from '../src/core/secret.ts';
import { createChallengeReader } from '../src/edges/challenge/readers.ts';
import type { AzureSpec } from '../src/edges/challenge/reader-spec.ts';

const VERSION = '3.37.0';
const LONGEST_WAIT_MS = 60_000;
const ACCOUNT = 'acme';
const FILE = 'http/20261123/ownership-challenge.txt';
const DESTINATION = new Secret('azure://acme.blob.core.windows.net/logs/http/{DATE}?sp=w&sig=of-cloudflare');

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const program = await installed();
if (program === null) {
  say(`SKIPPED: azurite ${VERSION} cannot be installed here, so nothing was read from it.`);
} else {
  const work = await mkdtemp(join(tmpdir(), 'logpushd-azurite-'));
  const key = randomBytes(32).toString('base64');
  const server = spawn(
    process.execPath,
    [program, '--blobPort', '0', '--inMemoryPersistence', '--disableTelemetry', '--skipApiVersionCheck'],
    {
      cwd: work,
      env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    await readAll(`${await urlOf(server)}/${ACCOUNT}`, key);
  } finally {
    server.kill('SIGKILL');
    await rm(work, { recursive: true, force: true });
  }
}

/** The path of its program, or null where the registry does not give it. */
async function installed(): Promise<string | null> {
  const folder = join(tmpdir(), `logpushd-azurite-${VERSION}`);
  const main = join(folder, 'node_modules/azurite/dist/src/blob/main.js');
  if (existsSync(main)) return main;
  await mkdir(folder, { recursive: true });
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', folder];
  try {
    await promisify(execFile)('npm', ['install', ...flags, `azurite@${VERSION}`]);
    return main;
  } catch {
    return null;
  }
}

function urlOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('azurite did not say where it listens')),
      LONGEST_WAIT_MS,
    );
    let seen = '';
    stdout?.on('data', (chunk) => {
      seen += String(chunk);
      const [, url] = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(seen) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

async function readAll(endpoint: string, key: string): Promise<void> {
  const container = new BlobServiceClient(
    endpoint,
    new StorageSharedKeyCredential(ACCOUNT, key),
  ).getContainerClient('logs');
  await container.create();
  const blob = container.getBlockBlobClient(FILE);
  const token = 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';
  await blob.upload(token, token.length);
  const sasFor = async (permissions: string): Promise<string> => {
    const expiresOn = new Date(Date.now() + 3_600_000);
    const url = await blob.generateSasUrl({ permissions: BlobSASPermissions.parse(permissions), expiresOn });
    return new URL(url).search.slice(1);
  };
  const wrong = randomBytes(32).toString('base64');
  const cases: readonly Case[] = [
    ['the key of the account', 'accountKey', key, FILE, /^eyJ/],
    ['a signature that may read', 'sas', await sasFor('r'), FILE, /^eyJ/],
    ['a name that begins with the container', 'accountKey', key, `logs/${FILE}`, /^eyJ/],
    ['a file that is not there', 'accountKey', key, 'http/absent.txt', /^not there$/],
    ['a wrong key', 'accountKey', wrong, FILE, /forbidden/],
    ['a signature that may only write', 'sas', await sasFor('w'), FILE, /forbidden/],
  ];
  const failed: string[] = [];
  for (const [name, kind, secret, file, expected] of cases) {
    const outcome = await read(endpoint, kind, secret, file);
    const isGood = expected.test(outcome);
    say(`${isGood ? 'ok    ' : 'FAILED'} ${name}: ${outcome}`);
    if (!isGood) failed.push(name);
  }
  if (failed.length > 0) process.exitCode = 1;
}

type Case = readonly [
  name: string,
  kind: 'accountKey' | 'sas',
  secret: string,
  file: string,
  expected: RegExp,
];

async function read(endpoint: string, kind: Case[1], secret: string, file: string): Promise<string> {
  const spec: AzureSpec = { via: 'azure', account: ACCOUNT, endpoint, [kind]: 'reader' };
  const reader = createChallengeReader({
    readers: [{ destinations: ['azure://acme*'], ...spec }],
    environment: {},
    references: {
      read: async () => ({
        env: new Map(),
        secrets: new Map([['reader', new Secret(secret)]]),
        unreadable: new Map(),
      }),
    },
  });
  try {
    return (
      (await reader.read(DESTINATION, file, AbortSignal.timeout(LONGEST_WAIT_MS)))?.reveal() ?? 'not there'
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
