/**
 * Gives mutated inputs to whatever reads what others wrote: `npm run fuzz -- --inputs 100000 --seed 1`.
 *
 * An input fails when something throws, takes more than 2 s of CPU, or shows a canary secret. A failing input is
 * made again with `--inputs 1 --seed ITS-SEED`, and kept in test/fixtures/fuzz, which the tests give to its
 * target ever after.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Bag, hunt } from './fuzz/hunt.ts';
import type { Finding } from './fuzz/trial.ts';

const KEPT = new URL('../test/fixtures/fuzz/', import.meta.url);

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    target: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '2' },
  },
});
const inputs = wholeNumber('inputs', 1);
const seed = wholeNumber('seed', 0);
const jobs = Math.min(wholeNumber('jobs', 1), inputs);

const startedAt = performance.now();
const module = new URL('fuzz/targets.ts', import.meta.url).href;
report(await hunt({ inputs, seed, jobs, names: values.target, module }));

function wholeNumber(name: 'inputs' | 'seed' | 'jobs', least: number): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`--${name} is a whole number from ${least}, not "${values[name]}".`);
}

function report({ findings, counts, slowest }: Bag): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  for (const finding of findings) print(`${textOf(finding)}kept in ${keep(finding)}\n`);
  print([...counts].map(([target, count]) => `${target} ${count}`).join(', '));
  print(`slowest: ${Math.round(slowest.ms)} ms of CPU (${slowest.target}, seed ${slowest.seed})`);
  print(`${findings.length} findings in ${inputs} inputs of seed ${seed}, ${seconds} s`);
  if (findings.length > 0) process.exitCode = 1;
}

function textOf({ seed: own, target, what }: Finding): string {
  const chosen = values.target.map((name) => ` --target ${name}`).join('');
  return `FOUND ${target}: npm run fuzz -- --inputs 1 --seed ${own}${chosen}\n${what}\n`;
}

function keep(finding: Finding): string {
  const { target, seed: own, what, input } = finding;
  mkdirSync(KEPT, { recursive: true });
  const file = new URL(`${target}-${own}.json`, KEPT);
  const [first = ''] = what.split('\n');
  writeFileSync(file, `${JSON.stringify({ target, what: first, input }, null, 2)}\n`);
  return fileURLToPath(file);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
