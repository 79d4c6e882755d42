import { stringify } from 'yaml';
import type { Alert } from './alert.ts';
import { ALERTS, annotationsOf } from './alerts.ts';

/** What `promtool test rules` reads: each alert does not fire too soon, fires, and is over. */
export function proofsFile(rules: string): string {
  const tests = ALERTS.flatMap((alert) => [proofOf(alert), ...quietProofOf(alert)]);
  return stringify(
    { rule_files: [rules], evaluation_interval: '1m', tests },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

function proofOf(alert: Alert): object {
  const { series, quiet, fires, over, labels } = alert.proof;
  const annotations = Object.entries(annotationsOf(alert)).map(([name, text]) => [
    name,
    filledIn(text, labels),
  ]);
  const firing = {
    exp_labels: { ...labels, severity: alert.severity },
    exp_annotations: Object.fromEntries(annotations),
  };
  return {
    name: alert.name,
    interval: '1m',
    input_series: seriesOf(series),
    alert_rule_test: [looking(alert, quiet, []), looking(alert, fires, [firing]), looking(alert, over, [])],
  };
}

/** It never fires for what only looks alike. */
function quietProofOf(alert: Alert): readonly object[] {
  const { quietSeries } = alert.proof;
  if (quietSeries === undefined) return [];
  const minutes = [10, 20, 30, 39];
  return [
    {
      name: `${alert.name} stays quiet`,
      interval: '1m',
      input_series: seriesOf(quietSeries),
      alert_rule_test: minutes.map((minute) => looking(alert, minute, [])),
    },
  ];
}

function looking({ name }: Alert, minute: number, alerts: readonly object[]): object {
  return { eval_time: `${minute}m`, alertname: name, exp_alerts: alerts };
}

function seriesOf(series: { readonly [series: string]: string }): readonly object[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}

function filledIn(text: string, labels: { readonly [label: string]: string }): string {
  return text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? '');
}
