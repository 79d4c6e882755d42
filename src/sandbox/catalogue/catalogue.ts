import { ACCOUNT_DATASETS } from './account-datasets.ts';
import type { Dataset } from './dataset.ts';
import { GATEWAY_DATASETS } from './gateway-datasets.ts';
import { HTTP_REQUESTS } from './http-requests.ts';
import { NETWORK_ANALYTICS_LOGS } from './network-analytics-logs.ts';
import { SMALL_DATASETS } from './small-datasets.ts';
import { ZONE_DATASETS } from './zone-datasets.ts';

/**
 * The datasets and fields that the sandbox knows, frozen. Cloudflare changes them almost weekly (§4), so nobody
 * may take this for the truth; it is realistic, not current.
 */

const DATASETS: ReadonlyMap<string, Dataset> = new Map(
  [
    HTTP_REQUESTS,
    NETWORK_ANALYTICS_LOGS,
    ...ZONE_DATASETS,
    ...ACCOUNT_DATASETS,
    ...GATEWAY_DATASETS,
    ...SMALL_DATASETS,
  ].map((dataset) => [dataset.name, dataset]),
);

/** §8.2: refused with code 1004 where the product is missing. */
export const BOT_FIELDS: ReadonlySet<string> = new Set(
  'BotDetectionIDs BotDetectionTags BotScore BotScoreSrc BotTags JA3Hash JA4 JA4Signals JSDetectionPassed'.split(
    ' ',
  ),
);

/** §1.1: reading jobs of these needs the PII right. */
const ZERO_TRUST = new Set(
  (
    'access_requests biso_user_actions casb_findings device_posture_results dex_application_tests ' +
    'dex_device_state_events dlp_forensic_copies gateway_dns gateway_http gateway_network mcp_portal_logs ' +
    'ssh_logs warp_config_changes warp_toggle_changes zero_trust_network_sessions'
  ).split(' '),
);

export function isDataset(name: string): boolean {
  return DATASETS.has(name);
}

export function isZeroTrust(dataset: string): boolean {
  return ZERO_TRUST.has(dataset);
}

/** §4: fields that a dataset has in accounts and not in zones. */
const ACCOUNT_FIELDS: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  ['firewall_events', { ZoneName: 'string' }],
]);

/** As {@link fieldsOf}, with those that only a scope of this kind has. */
export function fieldsIn(kind: 'zone' | 'account', dataset: string): Readonly<Record<string, string>> | null {
  const found = DATASETS.get(dataset);
  if (found === undefined) return null;
  const more = kind === 'account' ? ACCOUNT_FIELDS.get(dataset) : {};
  const fields = { ...found.fields, ...more };
  return describe({ ...found, fields }, Object.keys(fields));
}

/** Field name to description, or null for a dataset that is not in the catalogue. */
export function fieldsOf(dataset: string): Readonly<Record<string, string>> | null {
  const found = DATASETS.get(dataset);
  return found === undefined ? null : describe(found, Object.keys(found.fields));
}

/** The fields a job sends when it names none. */
export function defaultFieldsOf(dataset: string): Readonly<Record<string, string>> | null {
  const found = DATASETS.get(dataset);
  return found === undefined ? null : describe(found, found.defaults);
}

export function fieldType(dataset: string, field: string): string | undefined {
  const fields = DATASETS.get(dataset)?.fields;
  return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
}

function describe(dataset: Dataset, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const old = dataset.deprecated.has(name) ? ' (deprecated)' : '';
      return [name, `${dataset.fields[name] ?? 'string'}; ${wordsOf(name)}${old}`];
    }),
  );
}

/** `ClientRequestURI` as "client request URI". */
function wordsOf(name: string): string {
  const words = name.match(/[A-Z]+s?(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]/g) ?? [name];
  return words.map((word) => (/^[A-Z]{2}/.test(word) ? word : word.toLowerCase())).join(' ');
}
