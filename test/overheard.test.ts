import { afterEach, expect, it } from 'vitest';
import { aCanary, plant } from './canaries.ts';
import { run } from './e2e/process.ts';
import { temporaryFolder } from './edges/temporary-folder.ts';
import { leaksOverheard, overhear } from './overheard.ts';

const HERE = (): string => ` of "${expect.getState().currentTestName}"`;

const canary = aCanary('planted in an output');

// Those that are planted here must not fail the tests that plant them.
afterEach(() => void leaksOverheard());

it('finds a secret in what was overheard, and says where and how without its value', () => {
  overhear('the log', 'nothing');
  overhear('the page', `<p>${Buffer.from(canary.core).toString('base64')}</p>`);

  const leaks = leaksOverheard();

  expect(leaks).toEqual([`"planted in an output" in the page (base64)${HERE()}`]);
  expect(leaks.join('')).not.toContain(canary.core.slice(0, 8));
});

it('forgets what it has looked at', () => {
  overhear('the log', canary.core);
  expect(leaksOverheard()).toHaveLength(1);
  expect(leaksOverheard()).toEqual([]);
});

it('finds a secret that a test has chosen itself', () => {
  plant('a key of this test', 'correct-horse');
  overhear('an error', 'refused: CORRECT-HORSE is wrong');
  expect(leaksOverheard()).toEqual([`"a key of this test" in an error (raw)${HERE()}`]);
});

it('hears what the tests themselves write', () => {
  process.stderr.write(`${canary.core.slice(0, 8)}\n`);
  expect(leaksOverheard()).toEqual([`"planted in an output" in stderr of the tests (raw)${HERE()}`]);
});

it('hears what a process of logpushd writes', async () => {
  await run([canary.core], { cwd: temporaryFolder() });
  expect(leaksOverheard()).toEqual([expect.stringContaining('stderr of logpushd')]);
});
