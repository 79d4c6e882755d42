// From saving a file to the first call at Cloudflare, over manifests of different size, as ratios within one run.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../src/sandbox/server.ts';

const SIZES = [10, 1_000, 10_000];
const EDITS = 15;
const JOBS_PER_ZONE = 4;

interface Row {
  readonly jobs: number;
  readonly p50: number;
  readonly worst: number;
}

const rows: Row[] = [];
for (const jobs of SIZES) rows.push(await measure(jobs));
const smallest = rows[0]?.p50 ?? 1;
process.stdout.write('   jobs  save to first call, p50  worst   against the smallest\n');
for (const { jobs, p50, worst } of rows) {
  process.stdout.write(
    `${String(jobs).padStart(7)}  ${p50.toFixed(0).padStart(20)} ms  ${worst.toFixed(0)} ms  ${(p50 / smallest).toFixed(1)}x\n`,
  );
}

async function measure(jobs: number): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-bench-'));
  const names = Array.from(
    { length: Math.ceil(jobs / JOBS_PER_ZONE) },
    (_, index) => `z${index}.example.com`,
  );
  const sandbox = await startSandbox({ zones: names });
  await mkdir(join(folder, 'manifest'));
  for (const name of names) await write(folder, name, 0);
  const child = spawn(
    process.execPath,
    ['src/main.ts', 'run', '--manifest', join(folder, 'manifest'), '--log-format', 'json'],
    {
      env: {
        PATH: process.env['PATH'] ?? '',
        CLOUDFLARE_API_TOKEN: 'a-token-for-the-bench',
        CLOUDFLARE_BASE_URL: sandbox.url,
        LOGPUSHD_CLOUDFLARE_QUOTA_REQUESTS: '1000000',
        LOGPUSHD_STATE: 'memory',
        LOGPUSHD_HTTP: 'off',
        LOGPUSHD_SCHEDULE: '0 0 1 1 *',
        LOGPUSHD_SECRETS_DIR: folder,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  try {
    let said = '';
    const waiting = new Set<() => void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      for (const look of waiting) look();
    });
    const says = (text: string): Promise<void> =>
      new Promise((done) => {
        const look = (): void => {
          const at = said.indexOf(text);
          if (at < 0) return;
          said = said.slice(at + text.length);
          waiting.delete(look);
          done();
        };
        waiting.add(look);
        look();
      });
    await says('daemon.watching');
    const waits: number[] = [];
    for (let edit = 1; edit <= EDITS; edit += 1) {
      const before = sandbox.requests().at(-1)?.id ?? 0;
      const savedAt = Date.now();
      await write(folder, names[0] ?? '', edit);
      await says('"event":"pass.finished"');
      const first = sandbox.requests().find(({ id }) => id > before);
      waits.push(Date.parse(first?.at ?? '') - savedAt);
    }
    waits.sort((a, b) => a - b);
    return { jobs, p50: waits[Math.floor(waits.length / 2)] ?? 0, worst: waits.at(-1) ?? 0 };
  } finally {
    child.kill('SIGKILL');
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One file a zone, replaced by renaming, as Git and editors do. */
async function write(folder: string, zone: string, edit: number): Promise<void> {
  const jobs = Array.from(
    { length: JOBS_PER_ZONE },
    (_, index) =>
      `      - { name: j${index}, dataset: http_requests, enabled: true, destination_conf: 'https://logs.example.com/in', max_upload_records: ${1000 + edit} }`,
  );
  const text = `version: 1\nzones:\n  - zone: ${zone}\n    jobs:\n${jobs.join('\n')}\n`;
  await writeFile(join(folder, 'next'), text);
  await rename(join(folder, 'next'), join(folder, 'manifest', `${zone}.yaml`));
}
