import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PARTS } from '../../src/cli/parts.ts';
import { ran, type Ran } from './fake-shell.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'filter-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const MANIFEST = `version: 1
defaults: { enabled: true, dataset: http_requests, destination_conf: 'gs://acme-logs' }
zones:
  - zone: example.com
    jobs:
      - { name: errors, filter: { where: { key: EdgeResponseStatus, operator: geq, value: 500 } } }
      - { name: all }
      - { name: mine, filter: { where: { key: ClientRequestHost, operator: eq, value: '\${zone.name}' } } }
`;
const SAMPLE = [500, 200, 503].map((status) => `{"EdgeResponseStatus":${status}}\n`).join('\n');

function tried(...flags: readonly string[]): Promise<Ran> {
  return ran(['filter', 'test', ...flags], { parts: { openProgram: PARTS.openProgram } });
}

describe('filter test', () => {
  it('counts what each filter of the manifest keeps, and says which it cannot try', async () => {
    const sample = file('sample.ndjson', SAMPLE);
    const { exitCode, out, err } = await tried('--sample', sample, '--manifest', file('m.yaml', MANIFEST));
    expect(out).toBe('example.com/errors  keeps 2 of 3 (66.7 %), drops 1\n');
    expect(err).toContain('example.com/mine is left out: its filter holds references');
    expect(exitCode).toBe(0);
  });

  it('tries a filter that is in no manifest, and tells it as JSON', async () => {
    const filter = '{"where":{"key":"EdgeResponseStatus","operator":"eq","value":200}}';
    const { out } = await tried('--sample', file('s', SAMPLE), '--filter', filter, '--output', 'json');
    expect(JSON.parse(out)).toEqual({ records: 3, filters: [{ kept: 1, dropped: 2 }] });
  });

  it.each<[string, string, readonly string[], string]>([
    ['a sample that is not there', '', ['--sample', 'nowhere.ndjson'], 'nowhere.ndjson does not exist'],
    ['an empty sample', '\n\n', [], 'has no record'],
    ['a sample of something else', 'a,b\n', [], ':1 is not a JSON object'],
    ['a list', '{}\n[1]\n', [], ':2 is not a JSON object'],
  ])('ends with 3 for %s', async (_, text, flags, words) => {
    const filter = '{"where":{"key":"A","operator":"eq","value":1}}';
    const sample = flags.length > 0 ? flags : ['--sample', file('s', text)];
    const { exitCode, out, err } = await tried(...sample, '--filter', filter);
    expect(err).toContain(words);
    expect({ exitCode, out }).toEqual({ exitCode: 3, out: '' });
  });

  it.each([
    ['{"where":{"key":"A","operator":"neq","value":1}}', 'Did you mean "!eq"?'],
    ['{', 'The filter is not JSON'],
    ['', 'it keeps everything'],
  ])('ends with 3 for the filter %s', async (filter, words) => {
    const { exitCode, err } = await tried('--sample', file('s', SAMPLE), '--filter', filter);
    expect(err).toContain(words);
    expect(exitCode).toBe(3);
  });

  it('shows what is wrong with the manifest', async () => {
    const manifest = file('m.yaml', 'version: 1\nzone: []\n');
    const { exitCode, err } = await tried('--sample', file('s', SAMPLE), '--manifest', manifest);
    expect(err).toContain('Did you mean "zones"?');
    expect(exitCode).toBe(3);
  });
});
