import { stringify } from 'yaml';
import { type Reason, REASON_NAMES, REASONS } from '../../src/core/alert/reasons.ts';
import type { Alert } from './alert.ts';
import { DELIVERY_ALERTS } from './delivery-alerts.ts';
import { LEADING_ALERTS } from './leading-alerts.ts';
import { PROCESS_ALERTS } from './process-alerts.ts';
import { SYNC_ALERTS } from './sync-alerts.ts';
import { TELLING_ALERTS } from './telling-alerts.ts';

/** Every alert rule; the rule file, the runbook and the tests of promtool are made of this. */
export const ALERTS: readonly Alert[] = [
  ...DELIVERY_ALERTS,
  ...SYNC_ALERTS,
  ...PROCESS_ALERTS,
  ...LEADING_ALERTS,
  ...TELLING_ALERTS,
];

const RUNBOOK = 'docs/runbook.md';

export function runbookUrl({ name }: Pick<Alert, 'name'>): string {
  return `${RUNBOOK}#${name.toLowerCase()}`;
}

export function annotationsOf(alert: Alert): Readonly<Record<string, string>> {
  return { summary: alert.summary, description: alert.means, runbook_url: runbookUrl(alert) };
}

/** For Prometheus; `spec` of a PrometheusRule is the same. */
export function rulesFile(): string {
  const rules = ALERTS.map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for !== undefined && { for: alert.for }),
    labels: { severity: alert.severity },
    annotations: annotationsOf(alert),
  }));
  const head =
    '# Alert rules of logpushd for Prometheus. Generated from tools/alerts; `npm run generate` writes this file.\n' +
    '# runbook_url is relative to the documentation of logpushd: put the address where you keep it in front.\n';
  return head + stringify({ groups: [{ name: 'logpushd', rules }] }, { lineWidth: 0 });
}

/** `docs/runbook.md`. */
export function runbookPage(): string {
  const sections = ALERTS.map(
    ({ name, severity, for: held, expr, means, look, act }) =>
      `## ${name}\n\n_${severity}${held === undefined ? '' : `, after ${held}`}_ · \`${expr}\`\n\n` +
      `**What it means.** ${means}\n\n**How to look.**\n\n${list(look)}\n\n**What to do.**\n\n${list(act)}`,
  );
  return [INTRODUCTION, ...sections, TOLD, ...REASON_NAMES.map(reasonSection), ''].join('\n\n');
}

/** What logpushd itself tells people links here. */
function reasonSection(reason: Reason): string {
  const { severity, means, next } = REASONS[reason];
  const rule = RULE_OF[reason];
  const more = rule === undefined ? '' : ` [${rule}](#${rule.toLowerCase()}) has more.`;
  return (
    `## ${reason}\n\n_${severity}_\n\n**What it means.** ${means}\n\n` +
    `**How to look.** \`logpushd status\`, or the status page.${more}\n\n**What to do.** ${next}`
  );
}

/** The alert rule about the same thing. */
const RULE_OF: { readonly [R in Reason]?: string } = {
  DriftDetected: 'LogpushdDrift',
  DriftFought: 'LogpushdFought',
  StrayFound: 'LogpushdStrayJob',
  JobDisabled: 'LogpushJobDisabled',
  JobFailing: 'LogpushJobFailing',
  JobLagging: 'LogpushJobLagging',
  JobBlocked: 'LogpushdJobBlocked',
  ChangeFailed: 'LogpushdFailing',
  DestinationFailing: 'LogpushdDestinationHeld',
  ScopeUnreadable: 'LogpushdFailing',
  ChangesRefused: 'LogpushdBlocked',
  ManifestInvalid: 'LogpushdManifestInvalid',
  ManifestUnreadable: 'LogpushdManifestInvalid',
  CloudflareUnreachable: 'LogpushdStale',
  TokenRefused: 'LogpushdTokenRefused',
  CredentialExpiring: 'LogpushdCredentialExpiring',
  CredentialExpired: 'LogpushdCredentialExpired',
  ChallengeExpiring: 'LogpushdChallengeExpiring',
  InvariantViolated: 'LogpushdInvariantViolated',
};

const TOLD = `# What logpushd tells by itself

One section for each reason that the receivers of [alerts](alerts.md) are told of. With the setting
[\`runbooks\`](settings.md#runbooks) each message links to its section.`;

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

const INTRODUCTION = `# Runbook

The first part has a section for each alert rule of \`config/prometheus/logpushd.rules.yaml\`. This page is generated together with the rules;
\`npm run generate\` writes both. The second has one for each reason that logpushd tells people of by itself.

Severity says who has to move: \`critical\` wakes somebody, \`warning\` is for working hours, \`info\` is to be read.

\`logpushd status\`, \`history\`, \`pause\` and \`approve\` ask the running daemon, at the address of the setting \`http\` or at \`--url\`, say
behind a port-forward; the latter two want its token in \`LOGPUSHD_HTTP_TOKEN\`. \`plan\`, \`drift\` and \`doctor\` look at Cloudflare themselves,
with the settings, the state and the credentials of the daemon. The status page (\`GET /\`) shows most of what is asked for here, and
\`GET /api/v1/status\` has all of it as JSON. [Health](health.md) explains the states of
jobs, [errors](errors.md) the answers of Cloudflare, and [metrics](metrics.md) what the rules are made of.`;
