import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openProgram } from '../src/program.ts';
import { startSandbox } from '../src/sandbox/server.ts';
import { loadSettings } from '../src/settings.ts';
import { temporaryFolder } from './edges/temporary-folder.ts';

it('tells of every secret that it reads from a file, the token among them', async () => {
  const sandbox = await startSandbox({ zones: ['example.com'] });
  onTestFinished(() => sandbox.close());
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'token'), 'token-in-a-file\n');
  writeFileSync(join(folder, 'secrets/siem'), 'a-key-in-a-file');
  writeFileSync(
    join(folder, 'm.yaml'),
    "version: 1\nzones:\n  - zone: example.com\n    jobs:\n      - { name: a, dataset: dns_logs, enabled: true, destination_conf: 'https://h.example/in?header_X=${secret:siem}' }\n",
  );
  const { settings } = loadSettings({
    flags: {
      manifest: join(folder, 'm.yaml'),
      secrets_dir: join(folder, 'secrets'),
      'cloudflare.base_url': sandbox.url,
      state: 'memory',
    },
    environment: { CLOUDFLARE_API_TOKEN_FILE: 'token' },
    cwd: folder,
    credentials: 'needed',
    logToTerminal: false,
  });
  if (settings === null) throw new Error('the settings are good');
  const told = new Set<string>();

  const program = openProgram(settings, {
    write: false,
    emit: () => undefined,
    onSecret: (secret) => told.add(secret.reveal()),
  });
  const { plans } = await program.pass({ zones: [], signal: new AbortController().signal });

  expect(plans).toHaveLength(1);
  expect([...told].toSorted()).toEqual(['a-key-in-a-file', 'token-in-a-file']);
});
