/**
 * The bug bank: plants one bug after the other in a copy of the source, and shows that the tests named for it see it.
 *
 * `node tools/bugs.ts [--only TEXT] [--workers N]` hunts, those with that text in name, file or tests; `--list` only shows the bank. Exit code 1 when a
 * bug survives, does not apply any more, or breaks the program instead of its promise; 64 for a wrong flag.
 */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BANK } from './bugs/bank.ts';
import { plantedIn, type Bug } from './bugs/bug.ts';
import type { Verdict } from './bugs/verdict.ts';
import { ROOT, Workshop } from './bugs/workshop.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Gives each workshop the next piece of work as soon as it is free. */
async function share<T>(
  workshops: readonly Workshop[],
  work: readonly T[],
  todo: (shop: Workshop, one: T) => Promise<void>,
): Promise<void> {
  const waiting = [...work];
  await Promise.all(
    workshops.map(async (shop) => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await todo(shop, one);
    }),
  );
}

/** A red test proves nothing about a bug when it is red without it. */
async function redWithoutBug(shop: Workshop, bugs: readonly Bug[]): Promise<readonly string[]> {
  const named = bugs.flatMap(({ caughtBy = [], test }) => caughtBy.map((file) => ({ file, test })));
  const whole = new Set(named.flatMap(({ file, test }) => (test === undefined ? [file] : [])));
  const red = whole.size === 0 ? [] : [...(await shop.redOf([...whole]))];
  const parts = Map.groupBy(
    named.filter(({ file }) => !whole.has(file)),
    ({ file }) => file,
  );
  for (const [file, some] of parts)
    red.push(
      ...(await shop.redOf(
        [file],
        some.flatMap(({ test }) => test ?? []),
      )),
    );
  const seeds = Math.max(0, ...bugs.map((bug) => bug.seeds ?? 0));
  const hunted = seeds === 0 ? undefined : await shop.hunt(seeds);
  if (hunted !== undefined && hunted.result !== 'survived') red.push(`the simulation: ${hunted.by}`);
  return red;
}

async function plantAll(workshops: readonly Workshop[], bugs: readonly Bug[]): Promise<number> {
  const escaped: string[] = [];
  await share(workshops, bugs, async (shop, bug) => {
    const startedAt = performance.now();
    const verdict = await shop.verdictOf(bug);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(lineOf(bug, verdict, seconds));
    if (verdict.result !== 'caught') escaped.push(bug.name);
  });
  say('');
  for (const name of escaped) say(`NOT CAUGHT  ${name}`);
  say(`${bugs.length - escaped.length} of ${bugs.length} planted bugs were caught.`);
  return escaped.length === 0 ? 0 : 1;
}

function lineOf({ name, breaks }: Bug, { result, by }: Verdict, seconds: string): string {
  const shown = by.replaceAll(/\s+/g, ' ').slice(0, 160);
  return `${result.padEnd(8)} ${seconds.padStart(5)} s  [${breaks.join(', ')}] ${name}\n${' '.repeat(18)}${shown}`;
}

async function hunt(bugs: readonly Bug[], workers: number): Promise<number> {
  for (const bug of bugs) plantedIn(readFileSync(join(ROOT, bug.file), 'utf8'), bug);
  const workshops = Array.from({ length: workers }, () => new Workshop());
  try {
    const [first] = workshops;
    const red = first === undefined ? [] : await redWithoutBug(first, bugs);
    for (const one of red) say(`RED WITHOUT A BUG  ${one}`);
    return red.length > 0 ? 1 : await plantAll(workshops, bugs);
  } finally {
    for (const shop of workshops) shop.close();
  }
}

function isAbout({ name, file, caughtBy = [] }: Bug, text: string): boolean {
  return [name, file, ...caughtBy].some((one) => one.includes(text));
}

function list(bugs: readonly Bug[]): number {
  for (const { name, breaks, file } of bugs) say(`[${breaks.join(', ')}] ${name}  (${file})`);
  say(`${bugs.length} bugs`);
  return 0;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const workers = Number(values.workers);
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw new RangeError('--workers is a whole number above 0.');
  const bugs = BANK.filter((bug) => isAbout(bug, values.only));
  if (bugs.length === 0) throw new RangeError(`No bug has "${values.only}" in its name, file or tests.`);
  return values.list ? list(bugs) : hunt(bugs, workers);
}

// Else the copies would stay.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof RangeError || error instanceof TypeError) process.exitCode = 64;
  else if (error instanceof Error) process.exitCode = 1;
  else throw error;
  process.stderr.write(`${error.message}\n`);
}
