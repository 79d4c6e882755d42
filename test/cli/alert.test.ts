import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PARTS } from '../../src/cli/parts.ts';
import { ran } from './fake-shell.ts';

const KEY = '0123456789abcdef0123456789abcdef';

/** A PagerDuty that says yes, and one that shows what it was sent and says no. */
async function openPagers(): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const isFine = request.url?.startsWith('/fine') === true;
      response.writeHead(isFine ? 202 : 400).end(isFine ? '{"status":"success"}' : `no: ${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

async function test(args: readonly string[], alerts: readonly object[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'logpushd-test-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'key-of-pager'), KEY);
  writeFileSync(join(cwd, 's.yaml'), JSON.stringify({ secrets_dir: cwd, alerts }));
  const { testReceivers } = PARTS;
  return ran(['alert', 'test', '--settings', 's.yaml', ...args], {
    shell: { cwd },
    parts: { testReceivers },
  });
}

const pager = (name: string, url: string) => ({
  type: 'pagerduty',
  name,
  url,
  token: '${secret:key-of-pager}',
});

describe('alert test', () => {
  it('sends each receiver a message and its end, shows the answers without secrets, and fails where one failed', async () => {
    const url = await openPagers();
    const { exitCode, out } = await test([], [pager('good', `${url}/fine`), pager('bad', `${url}/broken`)]);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ['good', 'pagerduty', 'firing', 'taken'],
      ['good', 'pagerduty', 'resolved', 'taken'],
      ['bad', 'pagerduty', 'firing', 'failed'],
    ]);
    expect(out).toContain('"routing_key":"[redacted]"');
    expect(out).not.toContain(KEY);
    expect(exitCode).toBe(1);
  });

  it('tells one receiver alone, as JSON', async () => {
    const url = await openPagers();
    const alerts = [pager('good', `${url}/fine`), pager('bad', `${url}/broken`)];
    const { exitCode, out } = await test(['--receiver', 'good', '--output', 'json'], alerts);
    expect(JSON.parse(out)).toMatchObject([
      { receiver: 'good', type: 'pagerduty', status: 'firing', delivered: true },
      { receiver: 'good', type: 'pagerduty', status: 'resolved', delivered: true },
    ]);
    expect(exitCode).toBe(0);
  });

  it.each([
    [[], [], /alerts has no receiver in s\.yaml/],
    [
      ['--receiver', 'goood'],
      [pager('good', 'http://127.0.0.1:1')],
      /no receiver "goood"\. Did you mean "good"/,
    ],
  ] as const)('%j does nothing where there is nobody to tell', async (args, alerts, message) => {
    const { exitCode, err } = await test(args, alerts);
    expect(err).toMatch(message);
    expect(exitCode).toBe(3);
  });
});
