/**
 * Runs the simulation over many seeds: `node tools/sim.ts --seeds 10000 [--from 0] [--workers N]`, or tells one
 * story: `node tools/sim.ts --seed S [--shrink] [--save NAME]`. `--two-daemons` runs a second one
 * beside each. `--crash-points` ends a process at every moment of the stories in `test/sim/crash-stories.ts`.
 *
 * Exit code 1 when a rule was broken, 2 when something that must happen was too rare, 64 for a wrong flag.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { generate, withTwoDaemons } from '../test/sim/generate.ts';
import { emptyTally, merge, type Tally, tell, tooRare } from '../test/sim/hunt.ts';
import { CRASH_STORIES } from '../test/sim/crash-stories.ts';
import { crashEverywhere } from '../test/sim/crashes.ts';
import type { Scenario } from '../test/sim/scenario.ts';
import { runWithTwin, shrink } from '../test/sim/shrink.ts';

const WORKER = 'worker';
const TWO_DAEMONS = 'two-daemons';

type StoryOf = (seed: string) => Scenario;
const ofTwo: StoryOf = (seed) => withTwoDaemons(generate(seed));

/** Seeds a worker is given at once. */
const BATCH = 50;
const MOST_FINDINGS_SHRUNK = 3;
const MOST_SEEDS_NAMED = 20;
/** Below this, chance alone makes things rare. */
const ENOUGH_SEEDS = 10_000;

interface Job {
  readonly from: number;
  readonly count: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** A child: tells the seeds it is given, until there are no more. */
function work(storyOf: StoryOf): void {
  // Planned failures are errors too, and their stacks cost more than all else about them.
  Error.stackTraceLimit = 0;
  process.on('disconnect', () => process.exit());
  process.on('message', ({ from, count }: Job) => {
    void (async () => {
      const tally = emptyTally();
      for (let seed = from; seed < from + count; seed += 1) await tell(String(seed), tally, storyOf);
      process.send?.(tally);
    })();
  });
}

/** All seeds, side by side. */
function hunt(storyOf: StoryOf, from: number, count: number, workers: number): Promise<Tally> {
  const total = emptyTally();
  let next = from;
  return new Promise((resolve, reject) => {
    const give = (child: ChildProcess): void => {
      const size = Math.min(BATCH, from + count - next);
      if (size <= 0) {
        child.disconnect();
        return;
      }
      child.send({ from: next, count: size } satisfies Job);
      next += size;
    };
    for (let worker = 0; worker < workers; worker += 1) {
      const child = fork(import.meta.filename, [WORKER, ...(storyOf === generate ? [] : [TWO_DAEMONS])], {
        serialization: 'advanced',
        execArgv: ['--max-semi-space-size=64'],
      });
      child.on('message', (tally: Tally) => {
        merge(total, tally);
        if (total.seeds === count) resolve(total);
        give(child);
      });
      child.on('error', reject);
      child.on('exit', (code) => code !== 0 && reject(new Error(`A worker ended with ${code}.`)));
      give(child);
    }
  });
}

function tellTally(tally: Tally, seconds: number): void {
  const { seeds, events, writes, virtualMs, findings, hash, sometimes } = tally;
  const hours = Math.round(virtualMs / 3_600_000);
  say(
    `${seeds} seeds in ${seconds.toFixed(1)} s (${Math.round(seeds / seconds)} a second): ` +
      `${events} steps, ${writes} writes, ${hours} virtual hours, trace ${hash.toString(16).padStart(8, '0')}`,
  );
  const width = Math.max(...[...sometimes.keys()].map(({ length }) => length));
  for (const what of [...sometimes.keys()].toSorted()) say(`  ${what.padEnd(width)} ${sometimes.get(what)}`);
  for (const [rule, some] of Map.groupBy(findings, (one) => one.rule)) {
    const which = some.map(({ seed }) => seed).slice(0, MOST_SEEDS_NAMED);
    say(`BROKEN ${rule}: ${some.length} of ${seeds}, seeds ${which.join(', ')}: ${some[0]?.detail}`);
  }
}

function tellStory(scenario: Scenario): void {
  say(JSON.stringify({ world: scenario.world, phases: scenario.phases, start: scenario.start }));
  for (const edit of scenario.edits) say(`edit ${JSON.stringify(edit)}`);
  for (const disturbance of scenario.disturbances) say(`disturbance ${JSON.stringify(disturbance)}`);
}

async function tellShrunk(scenario: Scenario, save: string | undefined): Promise<void> {
  const short = await shrink(scenario);
  const { trace, violations } = await runWithTwin(short, true);
  say(
    `--- seed ${scenario.seed}, shrunk to ${short.disturbances.length} disturbances and ${short.edits.length} edits`,
  );
  tellStory(short);
  for (const line of trace) say(line);
  if (save === undefined) return;
  const path = new URL(`../test/fixtures/sim/${save}.json`, import.meta.url);
  writeFileSync(path, `${JSON.stringify({ rule: violations[0]?.rule, scenario: short }, null, 2)}\n`);
  say(`Saved as test/fixtures/sim/${save}.json.`);
}

async function one(
  seed: string,
  storyOf: StoryOf,
  flags: { shrink: boolean; save?: string },
): Promise<number> {
  const scenario = storyOf(seed);
  const { trace, violations, hash } = await runWithTwin(scenario, true);
  tellStory(scenario);
  for (const line of trace) say(line);
  say(`trace ${hash}`);
  if (violations.length === 0) return 0;
  for (const { rule, detail, at } of violations) say(`BROKEN ${rule} at ${at} ms: ${detail}`);
  if (flags.shrink) await tellShrunk(scenario, flags.save);
  return 1;
}

async function many(
  storyOf: StoryOf,
  flags: { seeds: number; from: number; workers: number },
): Promise<number> {
  const startedAt = performance.now();
  const tally = await hunt(storyOf, flags.from, flags.seeds, flags.workers);
  tellTally(tally, (performance.now() - startedAt) / 1000);
  for (const { seed } of tally.findings.slice(0, MOST_FINDINGS_SHRUNK)) {
    await tellShrunk(storyOf(seed), undefined);
    say(`Again: node tools/sim.ts --seed ${seed} --shrink --save NAME`);
  }
  if (tally.findings.length > 0) return 1;
  const rare = tooRare(tally);
  if (rare.length === 0 || tally.seeds < ENOUGH_SEEDS) return 0;
  say(`TOO RARE for ${tally.seeds} seeds: ${rare.join(', ')}`);
  return 2;
}

/** Every moment of every story at which a process can end. */
async function crashPoints(): Promise<number> {
  const total = { points: 0, twice: 0, broken: 0 };
  for (const [what, story] of CRASH_STORIES) {
    const { points, twice, broken } = await crashEverywhere(story);
    say(`${String(points).padStart(4)} ${what}`);
    for (const one of broken) say(`BROKEN ${one}`);
    total.points += points;
    total.twice += twice;
    total.broken += broken.length;
  }
  say(
    `${CRASH_STORIES.length} stories, ${total.points} crash points, ${total.twice} of them crashed again, ` +
      `${total.broken} broken`,
  );
  return total.broken === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '0' },
      workers: { type: 'string', default: String(availableParallelism()) },
      seed: { type: 'string' },
      [TWO_DAEMONS]: { type: 'boolean', default: false },
      'crash-points': { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      save: { type: 'string' },
    },
  });
  const storyOf = values[TWO_DAEMONS] ? ofTwo : generate;
  if (values['crash-points']) return crashPoints();
  const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(Number);
  if (![seeds, from, workers].every((value) => Number.isSafeInteger(value)) || !seeds || !workers) {
    throw new RangeError('--seeds, --from and --workers are whole numbers.');
  }
  if (values.seed === undefined) return many(storyOf, { seeds, from: from ?? 0, workers });
  const { save } = values;
  return one(values.seed, storyOf, {
    shrink: values.shrink || save !== undefined,
    ...(save !== undefined && { save }),
  });
}

if (process.argv[2] === WORKER) work(process.argv[3] === TWO_DAEMONS ? ofTwo : generate);
else {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 64;
  }
}
