import { Ajv, type ValidateFunction } from 'ajv';

import type { JsonValue } from '../core/job/job.ts';
import { loadSchema } from '../schemas.ts';

/** One setting, as `schemas/settings.schema.json` describes it. */
export interface SettingKey {
  /** As in `guard.max_removals`. */
  readonly path: string;
  /** As in `LOGPUSHD_GUARD_MAX_REMOVALS`. */
  readonly variable: string;
  /** As in `--max-removals`, where a person would type it. */
  readonly flag: string | undefined;
  readonly description: string;
  /** Absent where it depends on the surroundings; `defaultNote` then says on what. */
  readonly default: JsonValue | undefined;
  readonly defaultNote: string | undefined;
  readonly example: JsonValue;
  /** The allowed words; empty when any text is allowed. */
  readonly words: readonly string[];
  readonly kind: SettingKind;
  readonly schema: object;
}

/** How the value is typed in a variable or flag. */
export type SettingKind = 'text' | 'number' | 'boolean' | 'list' | 'mappings';

const FLAGS: { readonly [path: string]: string } = {
  manifest: '--manifest',
  'cloudflare.base_url': '--base-url',
  schedule: '--schedule',
  timezone: '--timezone',
  mode: '--mode',
  prune: '--prune',
  adopt: '--adopt',
  'guard.max_removals': '--max-removals',
  'guard.max_removal_share': '--max-removal-share',
  secrets_dir: '--secrets-dir',
  state: '--state',
  http: '--http',
  'log.level': '--log-level',
  'log.format': '--log-format',
};

type SchemaNode = { readonly [keyword: string]: unknown };

const ROOT = objectAt(loadSchema('settings'));

/** Every setting, in the order of the schema. */
export const SETTING_KEYS: readonly SettingKey[] = keysOf(ROOT, '');

const BY_PATH = new Map(SETTING_KEYS.map((key) => [key.path, key]));

export function settingKey(path: string): SettingKey {
  const key = BY_PATH.get(path);
  if (key === undefined) throw new Error(`There is no setting "${path}".`);
  return key;
}

export function findSettingKey(path: string): SettingKey | undefined {
  return BY_PATH.get(path);
}

/** The keys right below `path` (empty for the root), or undefined when `path` is not a group of keys. */
export function groupAt(path: string): readonly string[] | undefined {
  const node = path === '' ? ROOT : nodeAt(path.split('.'));
  return node !== undefined && 'properties' in node ? Object.keys(objectAt(node['properties'])) : undefined;
}

const ajv = new Ajv({ allErrors: false, allowUnionTypes: true, strictTypes: true });
const validators = new Map<string, ValidateFunction>();

/** Checks the shape of one value against the schema of its key. */
export function validatorOf(key: SettingKey): ValidateFunction {
  const known = validators.get(key.path);
  if (known !== undefined) return known;
  const compiled = ajv.compile(key.schema);
  validators.set(key.path, compiled);
  return compiled;
}

function keysOf(group: SchemaNode, prefix: string): SettingKey[] {
  return Object.entries(objectAt(group['properties'])).flatMap(([name, value]) => {
    const node = objectAt(value);
    const path = prefix + name;
    if (!('properties' in node)) return [keyOf(path, node)];
    return [
      ...(typesOf(node).some((type) => type !== 'object') ? [keyOf(path, node)] : []),
      ...keysOf(node, `${path}.`),
    ];
  });
}

function keyOf(path: string, node: SchemaNode): SettingKey {
  const [example] = Array.isArray(node['examples']) ? node['examples'] : [];
  return {
    path,
    variable: `LOGPUSHD_${path.toUpperCase().replaceAll('.', '_')}`,
    flag: FLAGS[path],
    description: String(node['description']),
    default: jsonOrUndefined(node['default']),
    defaultNote: typeof node['$comment'] === 'string' ? node['$comment'] : undefined,
    example: jsonOrUndefined(example) ?? null,
    words: Array.isArray(node['enum']) ? node['enum'].map(String) : [],
    kind: kindOf(typesOf(node), node['items']),
    schema: node,
  };
}

function typesOf(node: SchemaNode): readonly string[] {
  return Array.isArray(node['type']) ? node['type'].map(String) : [String(node['type'])];
}

function kindOf(types: readonly string[], items: unknown): SettingKind {
  if (types.includes('array')) return items && objectAt(items)['type'] === 'object' ? 'mappings' : 'list';
  if (types.includes('integer') || types.includes('number')) return 'number';
  return types.includes('boolean') ? 'boolean' : 'text';
}

function nodeAt(names: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode = ROOT;
  for (const name of names) {
    const properties = 'properties' in node ? objectAt(node['properties']) : {};
    if (!Object.hasOwn(properties, name)) return undefined;
    node = objectAt(properties[name]);
  }
  return node;
}

function objectAt(value: unknown): SchemaNode {
  if (typeof value !== 'object' || value === null) throw new Error('The settings schema is damaged.');
  return Object.fromEntries(Object.entries(value));
}

function jsonOrUndefined(value: unknown): JsonValue | undefined {
  return isJson(value) ? value : undefined;
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).every(isJson);
}
