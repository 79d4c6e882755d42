import { readFileSync } from 'node:fs';

type Schema = { readonly [keyword: string]: unknown };

/** Settings that only the chart can know, as they follow from its other values; with a dot, keys of one. */
export const SETTINGS_OF_THE_CHART = [
  'manifest',
  'secrets_dir',
  'state',
  'http',
  'leader_election.enabled',
  'leader_election.lease_name',
  'kubernetes.namespace',
  'kubernetes.kubeconfig',
];

/**
 * helm/values.schema.json with the settings of logpushd in it, as schemas/settings.schema.json has them: a misspelled
 * setting is then refused by Helm already.
 */
export function chartSchema(): string {
  const chart = read('helm/values.schema.json');
  const settings = read('schemas/settings.schema.json');
  const embedded = {
    description:
      `The settings of logpushd, under their own names: see docs/settings.md. ` +
      `The chart sets ${SETTINGS_OF_THE_CHART.map((name) => `\`${name}\``).join(', ')} from its other values. ` +
      'A changed setting restarts the pod.',
    type: 'object',
    additionalProperties: false,
    properties: readByHelm(withoutThoseOfTheChart(settings['properties'] as Schema)),
  };
  const shared = (settings['definitions'] ?? {}) as Schema;
  return JSON.stringify({
    ...chart,
    properties: { ...(chart['properties'] as Schema), settings: embedded },
    definitions: { ...(chart['definitions'] as Schema), ...(readByHelm(shared) as Schema) },
  });
}

function withoutThoseOfTheChart(properties: Schema, path = ''): Schema {
  const left = Object.entries(properties)
    .filter(([name]) => !SETTINGS_OF_THE_CHART.includes(path + name))
    .map(([name, schema]): [string, unknown] => {
      const below = (schema as Schema)['properties'] as Schema | undefined;
      if (below === undefined) return [name, schema];
      return [name, { ...(schema as Schema), properties: withoutThoseOfTheChart(below, `${path}${name}.`) }];
    });
  return Object.fromEntries(left);
}

/** Without what Helm's patterns do not know, and what it has no use for. */
function readByHelm(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(readByHelm);
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([keyword, value]) => {
        if (keyword === 'examples' || keyword === 'default') return false;
        return !(keyword === 'pattern' && typeof value === 'string' && value.includes('(?'));
      })
      .map(([keyword, value]) => [keyword, readByHelm(value)]),
  );
}

function read(path: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as Schema;
}
