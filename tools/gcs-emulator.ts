/**
 * Reads challenges from an emulator of Google Cloud Storage, which is written in Python and checks no rights.
 *
 * `node tools/gcs-emulator.ts` installs it first, into a folder for temporary files. Exit code 1 when a read does not
 * end as it should; 0 with a loud line when it cannot be installed.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type Read, readAll, say, started, TOKEN } from './emulated-reads.ts';

const VERSION = '2026.7.19';
const BUCKET = 'acme-logs';
const FILE = 'http/20261123/ownership-challenge.txt';
const ODD_FILE = 'a b/100%/äöü+?#&=.txt';

const program = await installed();
if (program === null) {
  say(`SKIPPED: gcp-storage-emulator ${VERSION} cannot be installed here, so nothing was read from it.`);
} else {
  const work = await mkdtemp(join(tmpdir(), 'logpushd-gcs-emulator-'));
  const google = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: 'of-google', token_type: 'Bearer', expires_in: 60 }));
  });
  const port = await freePort();
  const server = spawn(
    program,
    ['--data-dir', work, 'start', '--host', '127.0.0.1', '--port', String(port), '--default-bucket', BUCKET],
    { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  try {
    await started(server, /All services started/);
    await new Promise<void>((resolve) => google.listen(0, '127.0.0.1', resolve));
    const subject = join(work, 'token-of-the-machine');
    await writeFile(subject, 'a-token-of-the-machine');
    const tokenUrl = `http://127.0.0.1:${String((google.address() as AddressInfo).port)}/token`;
    await readAll(await readsOf(`http://127.0.0.1:${String(port)}`, federation(tokenUrl, subject)));
  } finally {
    server.kill('SIGKILL');
    google.close();
    await rm(work, { recursive: true, force: true });
  }
}

/** The path of its program, or null where there is no Python, or the registry does not give it. */
async function installed(): Promise<string | null> {
  const folder = join(tmpdir(), `logpushd-gcs-emulator-${VERSION}`);
  const main = join(folder, 'bin/gcp-storage-emulator');
  if (existsSync(main)) return main;
  const run = promisify(execFile);
  try {
    await run('python3', ['-m', 'venv', folder]);
    const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
    await run(join(folder, 'bin/pip'), ['install', ...flags, `gcp-storage-emulator==${VERSION}`]);
    return main;
  } catch {
    return null;
  }
}

/** Credentials as of a pod: a file with a token of the machine, which Google turns into one of its own. */
function federation(tokenUrl: string, subject: string): string {
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: tokenUrl,
    credential_source: { file: subject },
  });
}

async function readsOf(endpoint: string, secret: string): Promise<readonly Read[]> {
  for (const name of [FILE, ODD_FILE]) {
    const url = `${endpoint}/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`;
    const { ok, status } = await fetch(url, { method: 'POST', body: TOKEN });
    if (!ok) throw new Error(`the emulator took no file: HTTP ${String(status)}`);
  }
  const spec = { destinations: ['gs://acme-*'], via: 'gcs', endpoint, credentials: 'reader' } as const;
  const usual = { spec, secrets: { reader: secret }, destination: `gs://${BUCKET}/http/{DATE}` };
  return [
    { ...usual, name: 'a file', file: FILE, expected: /^eyJ/ },
    { ...usual, name: 'a file with an odd name', file: ODD_FILE, expected: /^eyJ/ },
    { ...usual, name: 'a file that is not there', file: 'http/absent.txt', expected: /^not there$/ },
    {
      ...usual,
      name: 'a bucket that is not there',
      destination: 'gs://acme-gone/http',
      file: FILE,
      expected: /^not there$/,
    },
    {
      ...usual,
      name: 'a bucket that no reader covers',
      destination: 'gs://others/http',
      file: FILE,
      expected: /cover/,
    },
    {
      ...usual,
      name: 'broken credentials',
      secrets: { reader: '{"type"' },
      file: FILE,
      expected: /neither the key/,
    },
  ];
}
