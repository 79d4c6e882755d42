// The rate limit over a virtual day: our calls against a count of their own, beside somebody else with the same token.
import { parseArgs } from 'node:util';
import { ROUND_TRIP_MS, simulateDay } from '../test/edges/cloudflare/budget-day.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    zones: { type: 'string', default: '1000' },
    burst: { type: 'string', default: '150' },
  },
});
for (const headers of [true, false]) {
  const { waits, ...report } = await simulateDay({
    hours: Number(values.hours),
    zones: Number(values.zones),
    burst: Number(values.burst),
    headers,
  });
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0);
  process.stdout.write(
    `${values.hours} virtual hours, ${values.zones} zones, rate-limit headers ${headers ? 'sent' : 'not sent'}\n` +
      `  our calls ${report.calls}, refused with 429: ${report.refused}; whole sweeps ${report.sweeps}, edits of all zones ${report.edits}\n` +
      `  calls of the other client ${report.strangers}, refused: ${report.strangersRefused}\n` +
      `  most requests in 5 minutes: ${report.peak.sliding} sliding, ${report.peak.fixed} fixed, of 1200\n` +
      `  changes during a sweep ${waits.length}, wait p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ` +
      `longest ${(sorted.at(-1) ?? 0).toFixed(0)} ms (a round trip is ${ROUND_TRIP_MS.least} to ${ROUND_TRIP_MS.most} ms)\n`,
  );
}
