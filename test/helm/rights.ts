import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART, objectOf } from './chart.ts';
import type { KubernetesObject } from './kubernetes-objects.ts';

/** A rule of a Role, or of what the API server says that somebody may do. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** One verb on one thing each, sorted, as `update coordination.k8s.io/leases/NAME`. */
export function flattened(rules: readonly Rule[]): readonly string[] {
  const rights = rules.flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource}/${name}`)),
      ),
    ),
  );
  return [...new Set(rights)].toSorted();
}

const PAGE = readFileSync(join(CHART, '../docs/kubernetes.md'), 'utf8');

/** Whether a row of the table is about these objects, by what it says in its first column. */
const WHEN: Readonly<Record<string, (settings: any) => boolean>> = {
  '`replicas` above 1': (settings) => settings.leader_election?.enabled === true,
  '`state: cluster`': ({ state }) => state.startsWith('kubernetes:'),
  '`manifest.watchConfigMaps`': ({ manifest }) => 'kubernetes' in manifest,
  '`settings.kubernetes.events`': ({ kubernetes }) => kubernetes?.events === true,
};

/** What docs/kubernetes.md says that the account of this release may do. */
export function documentedRights(objects: readonly KubernetesObject[]): readonly string[] {
  const config = objectOf(objects, 'ConfigMap', '-settings');
  const settings = parse(config['data']['logpushd.yaml']);
  const release = config.metadata.name.replace(/-settings$/, '');
  const rules = tableOf('Permissions')
    .filter(([when = '']) => {
      const applies = WHEN[when];
      if (applies === undefined) throw new Error(`No test knows when a right is there ${when}.`);
      return applies(settings);
    })
    .map(([, group = '', resource = '', names = '', verbs = '']): Rule => {
      const rule = { apiGroups: [group === 'core' ? '' : unquoted(group)], resources: [unquoted(resource)] };
      const given = { ...rule, verbs: verbs.split(', ').map(unquoted) };
      if (names === 'any') return given;
      if (names === 'those of the manifest')
        return { ...given, resourceNames: settings.manifest.kubernetes.configMaps };
      return { ...given, resourceNames: names.split(', ').flatMap((name) => expanded(name, release)) };
    });
  return flattened(rules);
}

/** `NAME-1` to `NAME-3`: three names of this release. */
function expanded(text: string, release: string): readonly string[] {
  const [first = '', last] = text.split(' to ').map((name) => unquoted(name).replace('NAME', release));
  if (last === undefined) return [first];
  const [, stem = '', from] = /^(.*?)(\d+)$/.exec(first) ?? [];
  const to = Number(last.slice(stem.length));
  return Array.from({ length: to - Number(from) + 1 }, (_, index) => `${stem}${Number(from) + index}`);
}

/** The rows of the first table of a section. */
function tableOf(section: string): readonly (readonly string[])[] {
  const [, text = ''] = PAGE.split(`\n## ${section}\n`);
  const rows = text
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function unquoted(text: string): string {
  return text.replaceAll('`', '');
}
