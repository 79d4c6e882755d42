import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RunningSandbox, startSandbox } from '../../src/sandbox/server.ts';
import { Running } from '../e2e/process.ts';
import { temporaryFolder } from '../edges/temporary-folder.ts';
import { DESIRED, HTTP_TOKEN, TOKEN } from './payloads.ts';

const NEVER = '0 0 1 1 *';

/** A manifest in sync with nothing yet: one job whose destination holds a canary. */
export const MANIFEST = `version: 1
zones:
  - zone: example.com
    jobs:
      - name: http-archive
        dataset: http_requests
        enabled: true
        destination_conf: https://logs.example.com/in?header_Authorization=\${secret:siem-token}
`;

export interface HostileWorld {
  readonly folder: string;
  readonly sandbox: RunningSandbox;
  readonly env: Record<string, string>;
}

/** A folder with a manifest and its secret, a Cloudflare, and an environment full of canaries. */
export async function aHostileWorld(zones: readonly string[] = ['example.com']): Promise<HostileWorld> {
  const folder = temporaryFolder();
  const sandbox = await startSandbox({ zones, switches: { jobs_per_zone: 1_000 } });
  onTestFinished(() => sandbox.close());
  mkdirSync(join(folder, 'config/manifest'), { recursive: true });
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'config/manifest/m.yaml'), MANIFEST);
  writeFileSync(join(folder, 'secrets/siem-token'), DESIRED.core);
  return {
    folder,
    sandbox,
    env: {
      CLOUDFLARE_API_TOKEN: TOKEN.core,
      CLOUDFLARE_BASE_URL: sandbox.url,
      LOGPUSHD_SECRETS_DIR: join(folder, 'secrets'),
      LOGPUSHD_SCHEDULE: NEVER,
    },
  };
}

export interface HostileDaemon extends HostileWorld {
  readonly running: Running;
  readonly url: string;
}

export async function aDaemon(world: HostileWorld, env: Record<string, string> = {}): Promise<HostileDaemon> {
  const running = new Running(['run', '--log-format', 'json', '--log-level', 'debug'], {
    cwd: world.folder,
    env: { ...world.env, LOGPUSHD_HTTP: '127.0.0.1:0', LOGPUSHD_HTTP_TOKEN: HTTP_TOKEN.core, ...env },
  });
  const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
  await running.says(/"event":"daemon.watching"/);
  return { ...world, running, url };
}

/** Everything that can be asked of a daemon, besides its log. */
export async function everyAnswer(url: string): Promise<string> {
  const paths = ['/healthz', '/readyz', '/metrics', '/api/v1/status', '/', '/nothing', '/debug', '/config'];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(url + path);
      return `${path} ${response.status} ${JSON.stringify([...response.headers])}\n${await response.text()}`;
    }),
  );
  return answers.join('\n');
}

/** Queries are posted too. */
export function writesTo({ sandbox }: HostileWorld): readonly string[] {
  return sandbox
    .requests()
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/graphql'))
    .map(({ method, path }) => `${method} ${path}`);
}
