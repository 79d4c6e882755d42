import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { REASON_NAMES } from '../../src/core/alert/reasons.ts';
import { METRICS } from '../../src/edges/http/metric-table.ts';
import { fullName } from '../../src/edges/http/series.ts';
import { ALERTS, runbookUrl } from '../../tools/alerts/alerts.ts';
import { proofsFile } from '../../tools/alerts/proofs.ts';
import { EVENTS } from '../edges/events.ts';
import { prometheusTool } from '../../tools/promtool.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const RULES = join(ROOT, 'config/prometheus/logpushd.rules.yaml');

/** Every name with the prefix, without the suffixes of a histogram. */
function metricsIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:logpushd|leader_election)_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
}

const KNOWN = new Map(Object.values(METRICS).map((metric) => [fullName(metric), metric]));
/** What Prometheus puts on each series, say by a ServiceMonitor. */
const SCRAPED = ['namespace'];

describe('every alert', () => {
  it.each(ALERTS)('$name is made of metrics and labels that exist, and says what to do', (alert) => {
    const names = metricsIn(alert.expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !KNOWN.has(name))).toEqual([]);
    const labels = new Set([...SCRAPED, ...names.flatMap((name) => KNOWN.get(name)?.labels ?? [])]);
    const used = [
      ...`${alert.expr}${alert.summary}`.matchAll(/by \(([^)]+)\)|\{(\w+)=|\$labels\.(\w+)/g),
    ].flatMap(([, by, matched, shown]) => by?.split(', ') ?? [matched ?? shown ?? '']);
    expect(used.filter((label) => !labels.has(label))).toEqual([]);
    for (const text of [alert.means, ...alert.look, ...alert.act]) expect(text).toMatch(/[.:?]$/);
  });

  it('has a section of its own in the runbook, as has every reason, and there is no other', () => {
    const page = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
    const sections = [...page.matchAll(/^## (.+)$/gm)].map(
      ([, name]) => `docs/runbook.md#${name?.toLowerCase()}`,
    );
    const reasons = REASON_NAMES.map((reason) => `docs/runbook.md#${reason.toLowerCase()}`);
    expect(sections).toEqual([...ALERTS.map(runbookUrl), ...reasons]);
    expect(new Set(sections).size).toBe(sections.length);
  });

  it('names only settings, pages and events that exist', () => {
    const text = ALERTS.flatMap(({ means, look, act }) => [means, ...look, ...act]).join('\n');
    const settings = readFileSync(join(ROOT, 'docs/settings.md'), 'utf8');
    const named = [...text.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, name = '']) => name);
    const unknown = named.filter(
      (name) => !settings.includes(`\`${name}\``) && !(name in EVENTS) && !/^health\.gaps?$/.test(name),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
    for (const [, page = ''] of text.matchAll(/\]\(([\w-]+\.md)\)/g)) {
      expect(() => readFileSync(join(ROOT, 'docs', page))).not.toThrow();
    }
  });
});

const { path: promtool, why } = prometheusTool('promtool');
if (promtool === null) process.stderr.write(`SKIPPED: the alert rules were not tested: ${why}\n`);

describe.skipIf(promtool === null)('promtool', () => {
  const run = (...args: readonly string[]) => spawnSync(promtool ?? '', args, { encoding: 'utf8' });

  test('takes the rules', () => {
    const { status, stdout, stderr } = run('check', 'rules', RULES);
    expect(`${stdout}${stderr}`).toContain(`${ALERTS.length} rules found`);
    expect(status).toBe(0);
  });

  test('sees each alert wait, fire with the right texts, and end, and stay quiet for what looks alike', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'logpushd-alerts-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'proofs.yaml');
    await writeFile(file, proofsFile(RULES));
    const { status, stdout, stderr } = run('test', 'rules', file);
    expect(`${stdout}${stderr}`).not.toContain('FAILED');
    expect(status).toBe(0);
  }, 120_000);
});
