/** Invariant 39: a canary in every position where a secret can stand, and every way that logpushd has to tell things. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import { loadSchema } from '../../src/schemas.ts';
import { aCanary, type Canary, canaryDestinations, leaksIn } from '../canaries.ts';
import { run } from '../e2e/process.ts';
import { ALL } from './payloads.ts';
import { aDaemon, aHostileWorld, everyAnswer, type HostileWorld, writesTo } from './world.ts';

const WANTED = canaryDestinations(' (wanted)');
const FOUND = canaryDestinations(' (found)');
const CHALLENGE = aCanary('an ownership challenge of the manifest');
const FILE_TOKEN = aCanary('the API token in a file');
const CANARIES: readonly Canary[] = [
  ...ALL,
  CHALLENGE,
  FILE_TOKEN,
  ...[...WANTED, ...FOUND].map(({ canary }) => canary),
];

const parse = createManifestParser(loadSchema('manifest'));

function manifestOf(jobs: readonly object[]): string {
  return stringify({ version: 1, zones: [{ zone: 'example.com', jobs }] });
}

/** Each position is a job; its secret, encoded as it stands in the destination, is in a file. Those that no manifest may have are left out. */
async function aWorldOfSecrets(): Promise<HostileWorld> {
  const world = await aHostileWorld();
  const jobs = WANTED.map(({ canary, text }, n) => {
    const forms = [encodeURIComponent(canary.value), canary.core];
    const form = forms.find((one) => text.includes(one));
    if (form === undefined) throw new Error(`the canary "${canary.label}" is not in its destination`);
    writeFileSync(join(world.folder, 'secrets', `s${n}`), form);
    return {
      name: `job-${n}`,
      dataset: 'http_requests',
      enabled: true,
      destination_conf: text.replace(form, () => `\${secret:s${n}}`),
      ...(n === 0 && { ownership_challenge: '${secret:challenge}' }),
    };
  });
  writeFileSync(join(world.folder, 'secrets', 'challenge'), CHALLENGE.core);
  writeFileSync(join(world.folder, 'token'), FILE_TOKEN.core);
  writeFileSync(
    join(world.folder, 'config/manifest/m.yaml'),
    manifestOf(jobs.filter((job) => parse([{ path: 'm.yaml', text: manifestOf([job]) }]).manifest !== null)),
  );
  for (const [n, { text }] of FOUND.entries()) {
    world.sandbox.model.plantJob('example.com', {
      name: n % 2 === 0 ? `job-${n}` : `other-${n}`,
      dataset: 'http_requests',
      enabled: true,
      destination_conf: text,
      ownership_challenge: FOUND[n]?.canary.core ?? '',
      error_message: `cannot write to ${text}`,
      last_error: '2026-01-01T00:00:00Z',
    });
  }
  const { CLOUDFLARE_API_TOKEN: _, ...env } = world.env;
  return { ...world, env: { ...env, CLOUDFLARE_API_TOKEN_FILE: join(world.folder, 'token') } };
}

function filesBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

it('no command, log, page, metric, ledger or title shows a secret', { timeout: 300_000 }, async () => {
  const world = await aWorldOfSecrets();
  const options = { cwd: world.folder, env: { ...world.env, LOGPUSHD_STATE: 'file:state' } };
  const told: Record<string, string> = {};
  for (const line of [
    'validate --output json',
    'plan --output text --log-level debug',
    'plan --output json',
    'plan --output markdown',
    'plan --output github',
    'render',
    'export --all',
    'export --zone example.com --output-file exported.yaml',
    'migrate --dry-run',
    'fields http_requests --zone example.com',
    'apply --output json --max-removals 0 --max-removal-share 0',
    'apply --output json --approve 0000000000000000 --max-removals 0 --max-removal-share 0',
    'apply --log-level debug --log-format pretty',
    'plan --prune all --max-removals 1000',
  ]) {
    const { code, stdout, stderr } = await run(line.split(' '), options);
    told[line] = `${code}\n${stdout}\n${stderr}`;
  }
  expect(Object.entries(told).filter(([, text]) => text.startsWith('3'))).toEqual([]);
  expect(told['apply --log-level debug --log-format pretty']).toMatch(/\b(2\d|1\d) .*applied|applied/);
  expect(writesTo(world).length).toBeGreaterThan(10);
  told['the exported file'] = readFileSync(join(world.folder, 'exported.yaml'), 'utf8');
  told['the ledger'] = filesBelow(join(world.folder, 'state'));
  const daemon = await aDaemon({ ...world, env: options.env });
  told['the daemon'] = await everyAnswer(daemon.url);
  told['the title'] = [`cmdline`, `comm`]
    .map((name) => readFileSync(`/proc/${daemon.running.child.pid}/${name}`, 'utf8'))
    .join('\n');
  daemon.running.child.kill('SIGTERM');
  await daemon.running.ended;
  told['the log of the daemon'] = daemon.running.stderr + daemon.running.stdout;
  told['the ledger of the daemon'] = filesBelow(join(world.folder, 'state'));

  const leaks = Object.entries(told).flatMap(([where, text]) =>
    leaksIn(text, CANARIES).map(({ label, form }) => `"${label}" in ${where} (${form})`),
  );
  expect(leaks).toEqual([]);
});
