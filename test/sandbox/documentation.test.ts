import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, FaultPort } from '../../src/sandbox/faults.ts';
import { allowedValues, parseSwitches } from '../../src/sandbox/switch-check.ts';
import { SWITCHES } from '../../src/sandbox/switches.ts';
import { openSandbox } from './open-sandbox.ts';

const PAGE = readFileSync(new URL('../../docs/sandbox.md', import.meta.url), 'utf8');

function rowsUnder(heading: string): string[][] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function examplesOf(name: string): string[] {
  return [...PAGE.matchAll(new RegExp(String.raw`/sandbox/${name} -d '([^']+)'`, 'g'))].map(
    (match) => match[1] ?? '',
  );
}

describe('docs/sandbox.md', () => {
  it('lists every switch as it is', () => {
    const table = Object.entries(SWITCHES).map(([name, of]) => [
      `\`${name}\``,
      allowedValues(of),
      `\`${Array.isArray(of.default) ? '[]' : String(of.default)}\``,
      of.about,
      of.source,
    ]);
    expect(rowsUnder('Switches')).toEqual(table);
  });

  it('lists every kind of fault', () => {
    expect(rowsUnder('Faults').map(([kind]) => kind)).toEqual(FAULT_KINDS.map((kind) => `\`${kind}\``));
  });

  it('lists every control endpoint', async () => {
    const { control } = await openSandbox();
    const { error } = (await control('GET', '/nothing')).json;
    for (const [path = ''] of rowsUnder('Control endpoints')) {
      expect(error).toContain(path.replaceAll('`', '').replace('/sandbox/', ''));
    }
    expect(rowsUnder('Control endpoints')).toHaveLength(error.split('are ')[1].split(', ').length);
  });

  it('shows faults and switches that are accepted', () => {
    const port = new FaultPort();
    for (const example of examplesOf('faults')) port.add(JSON.parse(example));
    expect(port.list().length).toBeGreaterThan(5);
    for (const example of examplesOf('switches')) {
      expect(parseSwitches(JSON.parse(example))).toEqual(JSON.parse(example));
    }
    expect(examplesOf('switches')).toHaveLength(2);
  });
});
