import { METRICS } from '../../src/edges/http/metric-table.ts';
import { fullName } from '../../src/edges/http/series.ts';

/** `docs/metrics.md`, from the table that the metrics are made of. */
export function metricsPage(): string {
  const rows = Object.values(METRICS).map((spec) => {
    const { type, labels, help } = spec;
    return [`\`${fullName(spec)}\``, type, labels.map((label) => `\`${label}\``).join(', '), help].join(
      ' | ',
    );
  });
  const head = '| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |';
  return [INTRODUCTION, [head, ...rows.map((row) => `| ${row} |`)].join('\n'), REST, ''].join('\n\n');
}

const INTRODUCTION = `# Metrics

This page is generated from the table that the metrics are made of; \`npm run generate\` writes it.

\`GET /metrics\` answers in the Prometheus text format, at the address of the setting \`http\`. The answer is made at most
once a second.

- \`zone\` is the name of the zone or of the account that the jobs live in (its id, where the name is not known).
- \`logpush_job\` is the job's name in the manifest. Labels called \`job\` or \`instance\` do not exist, because Prometheus
  overwrites them.
- Times are Unix times in seconds, durations are in seconds.
- A scope or job that goes takes its series along. No metric has more than 2000 series; what comes on top is not
  recorded, and counted in \`logpushd_series_dropped_total\`.`;

const REST = `Besides these there are the usual \`process_*\` and \`nodejs_*\` metrics of the runtime: CPU, memory, open files, lag of the
event loop, garbage collection.

## What to alert on

\`config/prometheus/logpushd.rules.yaml\` holds alert rules on these metrics, ready to be loaded; [the runbook](runbook.md) says of each
what it means, how to look, and what to do. \`config/grafana/logpushd.json\` is a dashboard for Grafana.`;
