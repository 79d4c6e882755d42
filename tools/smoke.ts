// Runs `npm start` as the README says and looks at what it does: converges, heals drift, applies an edit, stops clean.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LONGEST_WAIT_MS = 60_000;
const work = await mkdtemp(join(tmpdir(), 'logpushd-smoke-'));
const manifest = join(work, 'manifest');
await cp('config/manifest', manifest, { recursive: true });

const child = spawn('npm', ['start'], {
  env: { ...process.env, LOGPUSHD_MANIFEST: manifest, LOGPUSHD_HTTP: '127.0.0.1:0', NO_COLOR: '1' },
  stdio: ['ignore', 'pipe', 'pipe'],
  detached: true,
});
let seen = '';
let read = 0;
const waiting = new Set<() => void>();
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    process.stdout.write(text);
    for (const look of waiting) look();
  });
}

try {
  await says(/watching/);
  const [, api] = /Cloudflare API\s+(\S+)/.exec(seen) ?? [];
  const jobs = await findJobs(String(api));
  if (jobs.length !== 3) throw new Error(`example.com has ${jobs.length} jobs instead of 3`);

  await call(`${api}/zones/${jobs[0]?.zone}/logpush/jobs/${jobs[0]?.id}`, 'DELETE');
  await says(/drift/);
  await says(/created/);

  const file = join(manifest, 'zones/example.com.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('value: 500', 'value: 400'));
  await says(/updated http-errors/);

  const endedAt = performance.now();
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await ended;
  const seconds = (performance.now() - endedAt) / 1000;
  if (seconds > 2) throw new Error(`it took ${seconds.toFixed(1)} s to stop`);
  process.stdout.write(
    `smoke: converged, healed drift, applied an edit, stopped in ${seconds.toFixed(1)} s\n`,
  );
} finally {
  killGroup(child);
  await rm(work, { recursive: true, force: true });
}

/** Waits for a text that has not been waited for yet. */
function says(pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`npm start did not say ${pattern}`)), LONGEST_WAIT_MS);
    const look = (): void => {
      const found = pattern.exec(seen.slice(read));
      if (!found) return;
      read += found.index + found[0].length;
      clearTimeout(timer);
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
}

async function findJobs(api: string): Promise<{ id: number; zone: string }[]> {
  const zones = (await call(`${api}/zones?name=example.com`, 'GET')) as { id: string }[];
  const zone = String(zones[0]?.id);
  const jobs = (await call(`${api}/zones/${zone}/logpush/jobs`, 'GET')) as { id: number }[];
  return jobs.map(({ id }) => ({ id, zone }));
}

async function call(url: string, method: string): Promise<unknown> {
  const answer = await fetch(url, { method, headers: { Authorization: 'Bearer sandbox-token' } });
  const { success, result } = (await answer.json()) as { success: boolean; result: unknown };
  if (!success) throw new Error(`${method} ${url} answered ${answer.status}`);
  return result;
}

function killGroup({ pid, exitCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
