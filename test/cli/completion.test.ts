import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { ran } from './fake-shell.ts';

/** What bash offers after these words, asked from bash itself. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { out } = await ran(['completion', 'bash']);
  const script = `${out}
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _logpushd; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'logpushd', ...words], {
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  it.each([
    [['p'], ['plan', 'pause']],
    [['plan', '--ou'], ['--output']],
    [
      ['plan', '--output', ''],
      ['text', 'json', 'markdown', 'github'],
    ],
    [
      ['render', '--output', ''],
      ['text', 'json'],
    ],
    [['apply', '--mode', 'e'], ['enforce']],
    [['schema', 's'], ['settings']],
    [['completion', 'f'], ['fish']],
    [['validate', 'package.j'], ['package.json']],
  ])('offers for %j: %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });
});

describe('completion scripts', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s know every command', async (shell) => {
    const { out, exitCode } = await ran(['completion', shell]);
    expect(exitCode).toBe(0);
    for (const name of [
      'validate',
      'plan',
      'apply',
      'run',
      'export',
      'fields',
      'sandbox',
      'schema',
      'version',
    ]) {
      expect(out).toContain(name);
    }
  });

  it('quote what would end a string early', async () => {
    const { out } = await ran(['completion', 'zsh']);
    const line = out.split('\n').find((text) => text.includes('plan) _arguments')) ?? '';
    expect((line.match(/'/g) ?? []).length % 2).toBe(0);
  });
});
