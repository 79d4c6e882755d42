/**
 * Three replicas as real processes at a real kube-apiserver, disturbed over and over: `node tools/replicas.ts --runs 200
 * [--seed N] [--only TEXT]`. The scenarios take turns; the seed chooses at which write each disturbance comes. It prints how
 * long taking over took, and all that was written twice or by one that did not lead.
 *
 * Exit code 1 when something was broken, 2 when there is no kube-apiserver, 64 for a wrong flag.
 */

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cluster } from '../test/kubernetes/replicas/cluster.ts';
import { LEASE, Rig } from '../test/kubernetes/replicas/rig.ts';
import { SCENARIOS } from '../test/kubernetes/replicas/scenarios.ts';
import { type Trial, trial } from '../test/kubernetes/replicas/trial.ts';
import { WRITES_OF_A_VERSION } from '../test/kubernetes/replicas/wanted.ts';
import { Dice } from './fuzz/random.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

interface Flags {
  readonly runs: number;
  readonly seed: number;
  readonly only: string;
}

function flags(): Flags {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || !Number.isInteger(seed))
    throw new TypeError('--runs and --seed are numbers.');
  return { runs, seed, only: values.only };
}

async function runAll(rig: Rig, { runs, seed, only }: Flags): Promise<ReadonlyMap<string, readonly Trial[]>> {
  const dice = new Dice(seed);
  const chosen = Object.entries(SCENARIOS).filter(([name]) => name.includes(only));
  const trials = new Map<string, Trial[]>(chosen.map(([name]) => [name, []]));
  for (let run = 1; run <= runs; run += 1) {
    const [name, scenario] = chosen[(run - 1) % chosen.length] ?? [];
    if (name === undefined || scenario === undefined) break;
    const nth = 1 + dice.roll(WRITES_OF_A_VERSION);
    const result = await trial(rig, scenario, nth);
    trials.get(name)?.push(result);
    const { measured, violations } = result;
    say(
      `${run}/${runs} ${name}, at write ${nth}: ${measured === null ? 'not to its end' : `led after ${measured.electedMs} ms`}`,
    );
    for (const violation of violations) say(`  BROKEN ${violation}`);
    if (violations.length > 0) say(`  what the replicas said: ${logsOf(rig)}`);
    if (measured === null) break;
  }
  return trials;
}

/** Where what all of them said has been put. */
function logsOf(rig: Rig): string {
  const path = join(tmpdir(), `logpushd-replicas-${process.pid}.log`);
  writeFileSync(path, rig.all.map(({ name, log }) => log.replaceAll(/^/gm, `${name} `)).join('\n'));
  return path;
}

/** Minimum, median and maximum, in seconds. */
function spread(figures: readonly number[]): string {
  const sorted = figures.toSorted((one, other) => one - other);
  const [least, middle, most] = [0, Math.floor((sorted.length - 1) / 2), -1].map((index) => sorted.at(index));
  return [least, middle, most].map((ms) => (ms === undefined ? '-' : (ms / 1000).toFixed(1))).join(' / ');
}

function report(trials: ReadonlyMap<string, readonly Trial[]>): number {
  const broken = [...trials.values()].flat().flatMap(({ violations }) => violations).length;
  const { durationMs, renewMs, retryMs } = LEASE;
  say(
    `\nLease ${durationMs / 1000} s, renewed within ${renewMs / 1000} s, every ${retryMs / 1000} s. Seconds: min / median / max.`,
  );
  say('| what happens | runs | until one leads | until it writes | broken |');
  say('| --- | ---: | ---: | ---: | ---: |');
  for (const [name, results] of trials) {
    const done = results.flatMap(({ measured }) => (measured === null ? [] : [measured]));
    const elected = spread(done.map(({ electedMs }) => electedMs));
    const wrote = spread(done.flatMap(({ wroteMs }) => (wroteMs === null ? [] : [wroteMs])));
    const count = results.flatMap(({ violations }) => violations).length;
    say(`| ${name} | ${results.length} | ${elected} | ${wrote} | ${count} |`);
  }
  return broken;
}

async function main(): Promise<number> {
  const wanted = flags();
  const cluster = await Cluster.start();
  if (cluster === null) {
    say(
      'There is no kube-apiserver: `bash .ci/kube-apiserver` builds one, and KUBEBUILDER_ASSETS names another.',
    );
    return 2;
  }
  const rig = await Rig.start(cluster).catch(async (error: unknown) => {
    await cluster.stop();
    throw error;
  });
  try {
    return report(await runAll(rig, wanted)) > 0 ? 1 : 0;
  } finally {
    await rig.stop();
    await cluster.stop();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  return error instanceof TypeError ? 64 : 1;
});
