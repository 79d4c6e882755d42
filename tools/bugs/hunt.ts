/** `node tools/bugs/hunt.ts SEEDS`: tells the first seeds' stories and ends with 1 at the first that breaks a rule. */
import { emptyTally, tell } from '../../test/sim/hunt.ts';

const tally = emptyTally();
for (let seed = 0; seed < Number(process.argv[2]) && tally.findings.length === 0; seed += 1) {
  await tell(String(seed), tally);
}
for (const { seed, rule, detail } of tally.findings)
  process.stdout.write(`seed ${seed} breaks ${rule}: ${detail}\n`);
process.exitCode = tally.findings.length > 0 ? 1 : 0;
