// Whether memory stays flat over thousands of passes: the heap after a collection, and what a process can hold on to.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { LongRun } from '../test/reconcile/long-run.ts';

const { values } = parseArgs({
  options: {
    passes: { type: 'string', default: '10000' },
    zones: { type: 'string', default: '50' },
    jobs: { type: 'string', default: '5' },
  },
});
const WARM_UP = 100;
const ALLOWED_MIB = 20;

if (globalThis.gc === undefined) {
  const args = ['--expose-gc', import.meta.filename, ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
}

const run = await LongRun.open(Number(values.zones), Number(values.jobs));
await run.run(WARM_UP);
const before = measure(WARM_UP);
await run.run(Number(values.passes) - WARM_UP);
const after = measure(Number(values.passes));
const grown = after - before;
process.stdout.write(`heap grown by ${grown.toFixed(1)} MiB, allowed ${ALLOWED_MIB} MiB\n`);
process.exitCode = grown <= ALLOWED_MIB ? 0 : 1;

function measure(passes: number): number {
  for (let n = 0; n < 3; n += 1) globalThis.gc?.();
  const mib = process.memoryUsage().heapUsed / 2 ** 20;
  const held = Object.entries(run.held()).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`after ${passes} passes: heap ${mib.toFixed(1)} MiB, ${held.join(', ')}\n`);
  return mib;
}
