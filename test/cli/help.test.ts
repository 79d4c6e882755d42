import { describe, expect, it } from 'vitest';

import { generatedFiles } from '../../tools/generate.ts';
import { buildProgram } from '../../src/cli/program.ts';
import type { Shell } from '../../src/cli/shell.ts';
import { readFile } from 'node:fs/promises';
import { ran } from './fake-shell.ts';

const root = buildProgram({ out: () => undefined } as unknown as Shell, () => undefined);
const NAMES = root.commands.map((command) => command.name());

describe('help', () => {
  it('is what it was, for the whole program', async () => {
    const { out, exitCode } = await ran(['--help']);
    await expect(out).toMatchFileSnapshot('../fixtures/help/logpushd.txt');
    expect(exitCode).toBe(0);
  });

  it.each(NAMES)('is what it was, for %s', async (name) => {
    const { out, exitCode } = await ran([name, '--help']);
    await expect(out).toMatchFileSnapshot(`../fixtures/help/${name}.txt`);
    expect(exitCode).toBe(0);
  });

  it.each(NAMES)('of %s has an example, and fits a terminal of 100 columns', async (name) => {
    const { out } = await ran(['help', name]);
    expect(out).toContain(`$ logpushd ${name}`.replace('$ logpushd completion', 'logpushd completion'));
    const examples = out.indexOf('\nExamples:');
    expect(
      out
        .slice(0, examples)
        .split('\n')
        .filter((line) => line.length > 100),
    ).toEqual([]);
  });

  it('lists every command of the design and none beyond', () => {
    expect(NAMES.toSorted()).toEqual([
      'alert',
      'apply',
      'approve',
      'challenge',
      'completion',
      'doctor',
      'drift',
      'export',
      'fields',
      'filter',
      'history',
      'migrate',
      'pause',
      'plan',
      'reconcile',
      'render',
      'resume',
      'run',
      'sandbox',
      'schema',
      'state',
      'status',
      'validate',
      'version',
    ]);
  });

  it('offers apply every flag that decides what plan shows', () => {
    const flags = (name: string): string[] =>
      root.commands.find((command) => command.name() === name)?.options.map(({ flags }) => flags) ?? [];
    const own = ['--detailed-exitcode', '--preview-sample <file>', '--approve <digest>'];
    const shared = (name: string): string[] => flags(name).filter((flag) => !own.includes(flag));
    expect(shared('apply')).toEqual(shared('plan'));
  });
});

describe('generated documentation', () => {
  it('is as the schema and the commands are now; "npm run generate" renews it', async () => {
    for (const [path, text] of await generatedFiles()) {
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });

  it('explains every flag that stands for a setting', async () => {
    const page = (await generatedFiles()).get('docs/cli.md') ?? '';
    const flags = root.commands.flatMap(({ options }) => options.map(({ flags }) => flags));
    expect(flags.length).toBeGreaterThan(50);
    expect(flags.filter((flag) => !page.includes(`\`${flag}\``))).toEqual([]);
  });
});
