import { readFileSync } from 'node:fs';

export const SCHEMA_NAMES = ['manifest', 'settings', 'plan'] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** The text of a published JSON Schema, byte for byte: what `logpushd schema` prints. */
export function schemaText(name: SchemaName): string {
  return readFileSync(new URL(`../schemas/${name}.schema.json`, import.meta.url), 'utf8');
}

/** A published JSON Schema, parsed. `schemas/` lies beside `src/` and `dist/` alike. */
export function loadSchema(name: SchemaName): object {
  const schema: unknown = JSON.parse(schemaText(name));
  if (typeof schema !== 'object' || schema === null) throw new Error(`The ${name} schema is not an object.`);
  return schema;
}

/** As in package.json, say `0.1.0`. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json has no version.');
}
