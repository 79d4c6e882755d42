import { createServer } from 'node:net';
import { Secret } from './core/secret.ts';
import { startSandbox } from './sandbox/server.ts';
import type { Settings } from './settings.ts';

const SANDBOX_PORT = 8787;
/** What the sample manifest is about. */
const SANDBOX_ZONES = ['example.com', 'eu.shop.example', 'us.shop.example', 'test.shop.example'];

export interface SandboxMode {
  readonly settings: Settings;
  /** Usual addresses on which something else listens; others were taken for them. */
  readonly taken: readonly string[];
}

/**
 * Starts a Cloudflare API in this process and points the settings at it. Ports that are taken are replaced by
 * free ones: trying it out should not fail because something else runs on this machine.
 */
export async function openSandbox(settings: Settings, endings: (() => unknown)[]): Promise<SandboxMode> {
  const usual = { host: '127.0.0.1', port: SANDBOX_PORT };
  const sandbox = await startOnFreePort();
  endings.push(() => sandbox.close());
  const { http } = settings;
  const isHttpTaken = http !== null && (await isTaken(http));
  return {
    settings: {
      ...settings,
      cloudflare: { ...settings.cloudflare, baseUrl: sandbox.url },
      credentials: { kind: 'token', token: new Secret('sandbox-token') },
      state: { kind: 'memory' },
      http: isHttpTaken ? { ...http, port: 0 } : http,
    },
    taken: [
      ...(new URL(sandbox.url).port === String(SANDBOX_PORT) ? [] : [usual]),
      ...(isHttpTaken ? [http] : []),
    ].map(({ host, port }) => `${host}:${port}`),
  };
}

async function isTaken({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const probe = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  probe.once('error', (error) => resolve(isPortTaken(error)));
  probe.listen({ host, port }, () => probe.close(() => resolve(false)));
  return promise;
}

async function startOnFreePort(): ReturnType<typeof startSandbox> {
  try {
    return await startSandbox({ host: '127.0.0.1', port: SANDBOX_PORT, zones: SANDBOX_ZONES });
  } catch (error) {
    if (!isPortTaken(error)) throw error;
    return startSandbox({ host: '127.0.0.1', port: 0, zones: SANDBOX_ZONES });
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
