/**
 * Reads challenges from Azurite, Microsoft's own emulator of Azure Blob Storage, which checks keys and signatures.
 *
 * `node tools/azurite.ts` installs it first, into a folder for temporary files: 245 MB are too much for every test run.
 * Exit code 1 when a read does not end as it should; 0 with a loud line when it cannot be installed.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BlobSASPermissions, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { type Read, readAll, say, started, TOKEN } from './emulated-reads.ts';

const VERSION = '3.37.0';
const ACCOUNT = 'acme';
const FILE = 'http/20261123/ownership-challenge.txt';
const DESTINATION = 'azure://acme.blob.core.windows.net/logs/http/{DATE}?sp=w&sig=of-cloudflare';

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
    const url = await started(server, /listens on (http:\/\/127\.0\.0\.1:\d+)/);
    await readAll(await readsOf(`${url}/${ACCOUNT}`, key));
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

async function readsOf(endpoint: string, key: string): Promise<readonly Read[]> {
  const container = new BlobServiceClient(
    endpoint,
    new StorageSharedKeyCredential(ACCOUNT, key),
  ).getContainerClient('logs');
  await container.create();
  const blob = container.getBlockBlobClient(FILE);
  await blob.upload(TOKEN, TOKEN.length);
  const sasFor = async (permissions: string): Promise<string> => {
    const expiresOn = new Date(Date.now() + 3_600_000);
    const url = await blob.generateSasUrl({ permissions: BlobSASPermissions.parse(permissions), expiresOn });
    return new URL(url).search.slice(1);
  };
  const reader = { destinations: ['azure://acme*'], via: 'azure', account: ACCOUNT, endpoint } as const;
  const byKey = {
    spec: { ...reader, accountKey: 'reader' },
    secrets: { reader: key },
    destination: DESTINATION,
  };
  const bySas = { spec: { ...reader, sas: 'reader' }, destination: DESTINATION, file: FILE };
  const wrong = randomBytes(32).toString('base64');
  return [
    { ...byKey, name: 'the key of the account', file: FILE, expected: /^eyJ/ },
    { ...bySas, name: 'a signature that may read', secrets: { reader: await sasFor('r') }, expected: /^eyJ/ },
    { ...byKey, name: 'a name that begins with the container', file: `logs/${FILE}`, expected: /^eyJ/ },
    { ...byKey, name: 'a file that is not there', file: 'http/absent.txt', expected: /^not there$/ },
    { ...byKey, name: 'a wrong key', secrets: { reader: wrong }, file: FILE, expected: /forbidden/ },
    {
      ...bySas,
      name: 'a signature that may only write',
      secrets: { reader: await sasFor('w') },
      expected: /forbidden/,
    },
  ];
}
