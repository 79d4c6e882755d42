import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openProgram, type Program, type ProgramOptions } from '../src/program.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { loadSettings } from '../src/settings.ts';
import { temporaryFolder } from './edges/temporary-folder.ts';

const ZONES = ['example.com', 'shop.example'];
const ALL = { zones: [], signal: new AbortController().signal };

/** Opens programs on a sandbox with a manifest of two zones; with a state in `folder` that is not made yet. */
async function anInstallation() {
  const sandbox = await startSandbox({ zones: ZONES });
  onTestFinished(() => sandbox.close());
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'token'), 'token-in-a-file\n');
  writeFileSync(join(folder, 'secrets/siem'), 'a-key-in-a-file');
  const job =
    "{ name: a, dataset: dns_logs, enabled: true, destination_conf: 'https://h.example/in?header_X=${secret:siem}' }";
  const zones = ZONES.map((zone) => `  - zone: ${zone}\n    jobs:\n      - ${job}\n`);
  writeFileSync(join(folder, 'm.yaml'), `version: 1\nzones:\n${zones.join('')}`);
  const state = join(folder, 'state');
  const { settings } = loadSettings({
    flags: {
      manifest: join(folder, 'm.yaml'),
      secrets_dir: join(folder, 'secrets'),
      'cloudflare.base_url': sandbox.url,
      state: `file:${state}`,
    },
    environment: { CLOUDFLARE_API_TOKEN_FILE: 'token' },
    cwd: folder,
    credentials: 'needed',
    logToTerminal: false,
  });
  if (settings === null) throw new Error('the settings are good');
  const open = (options: Partial<ProgramOptions> = {}): Program =>
    openProgram(settings, { write: false, emit: () => undefined, ...options });
  return { open, state };
}

it('tells of every secret that it reads from a file, the token among them', async () => {
  const { open } = await anInstallation();
  const told = new Set<string>();
  const { plans } = await open({ onSecret: (secret) => told.add(secret.reveal()) }).pass(ALL);
  expect(plans).toHaveLength(2);
  expect([...told].toSorted()).toEqual(['a-key-in-a-file', 'token-in-a-file']);
});

it('leaves nothing behind where it only reads', async () => {
  const { open, state } = await anInstallation();
  await open().pass(ALL);
  expect(existsSync(state)).toBe(false);
  await open({ write: true }).pass(ALL);
  expect(existsSync(state)).toBe(true);
});

it('knows the zones of the manifest that it was not asked for', async () => {
  const { open } = await anInstallation();
  const asked = { ...ALL, zones: ['shop.exmaple'] };
  const { plans, known = [] } = await open().pass(asked);
  expect([plans, known.map(({ name }) => name)]).toEqual([[], ZONES]);
  expect((await open().render(asked))?.known.map(({ name }) => name)).toEqual(ZONES);
});
