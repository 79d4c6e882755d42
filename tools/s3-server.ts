/**
 * Reads challenges from the Versity S3 Gateway, a server of S3 over a folder, which checks signatures and rights.
 *
 * `npm run s3-server` builds it first with Go, into a folder for temporary files. Exit code 1 when a read does not
 * end as it should; 0 with a loud line when it cannot be built.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type Read, readAll, say, started, TOKEN } from './emulated-reads.ts';

const VERSION = 'v1.8.0';
const BUCKET = 'acme-logs';
const FILE = 'http/20261123/ownership-challenge.txt';
const ODD_FILE = 'a b/100%/äöü+#&=.txt';
const OWNER = { id: 'the-owner', secret: 'secret-of-the-owner' };
const STRANGER = { id: 'a-stranger', secret: 'secret-of-a-stranger' };

const run = promisify(execFile);
const program = await installed();
if (program === null) {
  say(`SKIPPED: versitygw ${VERSION} cannot be built here, so nothing was read from it.`);
} else {
  const work = await mkdtemp(join(tmpdir(), 'logpushd-s3-server-'));
  const [buckets, users] = [join(work, 'buckets'), join(work, 'users')];
  // What lies in the folder is in the bucket, as what Cloudflare has written.
  for (const name of [FILE, ODD_FILE]) {
    const path = join(buckets, BUCKET, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, TOKEN);
  }
  await mkdir(users);
  const address = `127.0.0.1:${String(await freePort())}`;
  const owner = ['--access', OWNER.id, '--secret', OWNER.secret];
  const server = spawn(program, ['--port', address, ...owner, '--iam-dir', users, 'posix', buckets], {
    cwd: work,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    await started(server, /127\.0\.0\.1:\d+/);
    const endpoint = `http://${address}`;
    const stranger = ['--access', STRANGER.id, '--secret', STRANGER.secret, '--role', 'user'];
    await run(program, ['admin', ...owner, '--endpoint-url', endpoint, 'create-user', ...stranger]);
    await readAll(readsOf(endpoint));
  } finally {
    server.kill('SIGKILL');
    await rm(work, { recursive: true, force: true });
  }
}

/** The path of its program, or null where there is no Go, or the registry does not give it. */
async function installed(): Promise<string | null> {
  const folder = join(tmpdir(), `logpushd-s3-server-${VERSION}`);
  const main = join(folder, 'versitygw');
  if (existsSync(main)) return main;
  try {
    const env = { ...process.env, GOBIN: folder };
    await run('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], { env });
    return main;
  } catch {
    return null;
  }
}

function readsOf(endpoint: string): readonly Read[] {
  const as = ({ id, secret }: typeof OWNER): Pick<Read, 'spec' | 'secrets' | 'destination'> => ({
    spec: {
      destinations: ['s3://acme-*'],
      via: 's3',
      endpoint,
      keys: { accessKeyId: 'id', secretAccessKey: 'secret' },
    },
    secrets: { id, secret },
    destination: `s3://${BUCKET}/http/{DATE}?region=us-east-1`,
  });
  const usual = as(OWNER);
  const absent = 's3://acme-gone/http/{DATE}?region=us-east-1';
  return [
    { ...usual, name: 'a file', file: FILE, expected: /^eyJ/ },
    { ...usual, name: 'a file with an odd name', file: ODD_FILE, expected: /^eyJ/ },
    { ...usual, name: 'a file that is not there', file: 'http/absent.txt', expected: /^not there$/ },
    {
      ...usual,
      name: 'a bucket that is not there',
      destination: absent,
      file: FILE,
      expected: /^not there$/,
    },
    {
      ...as({ ...OWNER, secret: 'wrong' }),
      name: 'a wrong key',
      file: FILE,
      expected: /SignatureDoesNotMatch/,
    },
    {
      ...as({ ...OWNER, id: 'nobody' }),
      name: 'a key that nobody has',
      file: FILE,
      expected: /InvalidAccessKeyId/,
    },
    {
      ...as(STRANGER),
      name: 'a user without the right to read',
      file: FILE,
      expected: /AccessDenied.*s3:GetObject/,
    },
  ];
}
