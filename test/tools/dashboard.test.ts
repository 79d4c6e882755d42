import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { METRICS } from '../../src/edges/http/metric-table.ts';
import { PREFIX } from '../../src/edges/http/series.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { prometheusTool } from '../../tools/promtool.ts';
import { aFolder, Running } from '../e2e/process.ts';

interface Target {
  readonly expr: string;
}

const { panels } = JSON.parse(
  readFileSync(new URL('../../config/grafana/logpushd.json', import.meta.url), 'utf8'),
) as { panels: { title: string; gridPos: { x: number; w: number }; targets?: readonly Target[] }[] };

/** As Prometheus gets them: Grafana has put its variables in. */
const QUERIES = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    query: expr.replaceAll('$namespace', '.*').replaceAll('$__rate_interval', '5m'),
  })),
);

/** What Prometheus adds when it scrapes in a cluster. */
const ADDED = ['namespace', 'pod', 'le'];

/** The metrics of a query with the labels it asks for: those in braces, and those of every grouping. */
function askedBy(query: string) {
  const selectors = [...query.matchAll(/\b((?:logpushd|process)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', labels = '']) => ({
      name,
      labels: [...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label),
    }),
  );
  const grouped = [...query.matchAll(/by \(([^)]+)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
  return { selectors, grouped };
}

describe('the dashboard', () => {
  it('gives every panel a title of its own and a place on the grid', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it.each(QUERIES)('$title asks for metrics and labels that are in the table', ({ query }) => {
    const known = new Map(Object.values(METRICS).map((metric) => [PREFIX + metric.name, metric.labels]));
    const { selectors, grouped } = askedBy(query);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { name, labels } of selectors.filter((one) => one.name.startsWith(PREFIX))) {
      const own = known.get(name.replace(/_(bucket|sum|count)$/, ''));
      expect([name, own === undefined]).toEqual([name, false]);
      expect(
        [...labels, ...grouped].filter((label) => !ADDED.includes(label) && own?.includes(label) !== true),
      ).toEqual([]);
    }
  });

  it('asks for nothing that a daemon at work does not show, but what only trouble makes', async () => {
    const sandbox = await startSandbox({ zones: ['example.com', 'eu.shop.example', 'us.shop.example'] });
    onTestFinished(() => sandbox.close());
    const running = new Running(['run', '--log-format', 'json'], {
      cwd: await aFolder(),
      env: {
        CLOUDFLARE_API_TOKEN: 'a-token-of-the-test',
        CLOUDFLARE_BASE_URL: sandbox.url,
        LOGPUSHD_HTTP: '127.0.0.1:0',
      },
    });
    const [, url = ''] = await running.says(/"statusUrl":"([^"]+)"/);
    await running.says(/"event":"daemon.watching"/);
    const scrape = await (await fetch(`${url}/metrics`)).text();
    const shown = new Set([...scrape.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name));
    const asked = QUERIES.flatMap(({ query }) => askedBy(query).selectors.map(({ name }) => name));
    const missing = new Set(asked.filter((name) => !shown.has(name)));
    const onlyLater = [
      'logpushd_job_delivered_ratio',
      'logpushd_job_gap_started_timestamp_seconds',
      'logpushd_job_last_complete_timestamp_seconds',
      'logpushd_drift_total',
      'logpushd_job_pushes',
      'logpushd_reenables_total',
    ];
    expect([...missing].filter((name) => !onlyLater.includes(name))).toEqual([]);
  });
});

const { path: promtool, why } = prometheusTool('promtool');
if (promtool === null)
  process.stderr.write(`SKIPPED: the queries of the dashboard were not parsed: ${why}\n`);

it.skipIf(promtool === null)('every query of the dashboard is one for Prometheus', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-dashboard-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const rules = QUERIES.map(({ query }, index) => ({
    record: `query:${index}`,
    expr: query.replaceAll('$zone', '.*'),
  }));
  const file = join(folder, 'queries.yaml');
  await writeFile(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, stdout, stderr } = spawnSync(promtool ?? '', ['check', 'rules', file], {
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).toContain(`${rules.length} rules found`);
  expect(status).toBe(0);
});
