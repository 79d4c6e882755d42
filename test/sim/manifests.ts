import { createHash } from 'node:crypto';
import { createManifestParser } from '../../src/core/manifest/parser.ts';
import type { ManifestText } from '../../src/reconcile/ports.ts';
import { loadSchema } from '../../src/schemas.ts';
import { idOf } from '../../src/sandbox/model/ids.ts';
import type { JobSpec, Version, WorldSpec, ZoneSpec } from './scenario.ts';

/** The manifest of a version as text, and parsing that remembers: the same text comes back in many seeds. */

const ZONE_NAMES = ['example.com', 'example.net', 'example.org'] as const;

export function zoneName(zone: number): string {
  return ZONE_NAMES[zone % ZONE_NAMES.length] ?? ZONE_NAMES[0];
}

const IDS = {
  zone: ZONE_NAMES.map((name) => idOf('zone', name)),
  account: ZONE_NAMES.map((name) => idOf('account', name)),
};

export function scopeId(zone: number, { scopes }: Pick<WorldSpec, 'scopes'>): string {
  return IDS[scopes ?? 'zone'][zone] ?? '';
}

/** The zone or account with this id. */
export function scopeWith(id: unknown): number | null {
  const found = [IDS.zone, IDS.account].map((ids) => ids.findIndex((one) => one === id));
  return found.find((zone) => zone >= 0) ?? null;
}

/** How a manifest says which zone or account it means. */
export type Naming = 'id' | 'name' | 'selector' | 'account' | 'account-name';

/** Stands in every version that must never be obeyed, and in no other. */
export const POISON = 0.123;

/** Null when the version cannot be read. */
export function textOf(version: Version, naming: Naming): ManifestText | null {
  if (version.kind === 'unreadable') return null;
  const files = filesOf(version, naming).map((text) => ({ path: 'jobs.yaml', text }));
  return { files, revision: revisionOf(files.map(({ text }) => text).join('\n')) };
}

const revisions = new Map<string, string>();

function revisionOf(text: string): string {
  return remembered(revisions, text, () => createHash('sha256').update(text).digest('hex').slice(0, 12));
}

function remembered<T>(memory: Map<string, T>, key: string, make: () => T): T {
  const known = memory.get(key);
  if (known !== undefined) return known;
  // A long hunt must not fill the memory.
  if (memory.size > 5_000) memory.clear();
  const made = make();
  memory.set(key, made);
  return made;
}

const parser = createManifestParser(loadSchema('manifest'));
const parsed = new Map<string, ReturnType<typeof parser>>();

/** The real parser; pure, so its result may be remembered. */
export const parse: typeof parser = (files) =>
  remembered(parsed, files.map(({ text }) => text).join('\u0000'), () => parser(files));

function filesOf(version: Exclude<Version, { kind: 'unreadable' }>, naming: Naming): readonly string[] {
  const { zones } = version;
  if (version.kind === 'valid') return [documentOf(zones, naming)];
  if (version.kind === 'broken') return [brokenText(version.how, zones, naming)];
  switch (version.how) {
    case 'no-files':
      return [];
    case 'no-text':
      return [''];
    case 'comment':
      return [documentOf(zones, naming).replaceAll(/^/gm, '# ')];
    case 'version-only':
      return ['version: 1\n'];
    case 'no-zones':
      return [`version: 1\n${keyOf(naming)}: []\n`];
    case 'no-jobs':
      return [
        documentOf(
          zones.map((zone) => ({ ...zone, jobs: [] })),
          naming,
        ),
      ];
  }
}

function brokenText(how: (Version & { kind: 'broken' })['how'], zones: readonly ZoneSpec[], naming: Naming) {
  const poisoned = zones.map((zone) => ({
    ...zone,
    jobs: zone.jobs.slice(1).map((job) => ({ ...job, sampleRate: POISON, enabled: false })),
  }));
  const text = documentOf(poisoned, naming);
  switch (how) {
    case 'syntax':
      return `${text}  - { zone: [\n`;
    case 'unknown-key':
      return text.replace('version: 1', 'version: 1\nzonez: []');
    case 'duplicate':
      return text + text.slice(text.indexOf(`${keyOf(naming)}:`));
    case 'cut':
      return `${text}  - zone: "exam`;
    case 'no-version':
      return text.replace('version: 1\n', '');
  }
}

const HEADS: Readonly<Record<Naming, (zone: number) => string>> = {
  id: (zone) => `zone: ${scopeId(zone, {})}`,
  name: (zone) => `zone: ${zoneName(zone)}`,
  selector: (zone) => `select: { name: "${zoneName(zone)}" }`,
  account: (zone) => `account: ${scopeId(zone, { scopes: 'account' })}`,
  'account-name': (zone) => `account: ${zoneName(zone)}`,
};

function keyOf(naming: Naming): string {
  return naming.startsWith('account') ? 'accounts' : 'zones';
}

function documentOf(zones: readonly ZoneSpec[], naming: Naming): string {
  const entries = zones.map(({ zone, prune, jobs }) => {
    const head = `  - ${HEADS[naming](zone)}\n    prune: ${prune}\n    jobs:`;
    return jobs.length === 0 ? `${head} []\n` : `${head}\n${jobs.map(jobText).join('')}`;
  });
  return `version: 1\n${keyOf(naming)}:\n${entries.join('')}`;
}

function jobText(job: JobSpec): string {
  const { name, dataset, enabled, protect, sampleRate, country } = job;
  const parts = [
    `name: ${name}`,
    `dataset: ${dataset}`,
    `enabled: ${enabled}`,
    `destination: ${destinationText(job)}`,
    ...(sampleRate === undefined ? [] : [`output_options: { sample_rate: ${sampleRate} }`]),
    ...(country === undefined
      ? []
      : [`filter: { where: { key: ClientCountry, operator: eq, value: ${country} } }`]),
    ...(protect ? ['protect: true'] : []),
  ];
  return `      - { ${parts.join(', ')} }\n`;
}

function destinationText({ destination, path }: JobSpec): string {
  if (destination === 'siem')
    return `{ type: https, url: 'https://siem.example.com/${path}', headers: { Authorization: 'Bearer \${secret:siem-token}' } }`;
  return (
    `{ type: s3-compatible, bucket: acme-logs, path: '${path}/{DATE}', region: auto, endpoint: s3.example.com, ` +
    `access_key_id: '\${secret:s3-key}', secret_access_key: '\${secret:s3-secret}' }`
  );
}
