import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { ManifestLimits } from '../../../src/core/manifest/limits.ts';
import type { ManifestFile, ParseResult } from '../../../src/core/manifest/parser.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import type { Problem } from '../../../src/core/problem.ts';

const ROOT = new URL('../../../', import.meta.url);

export const SCHEMA: { readonly [key: string]: any } = JSON.parse(readFile('schemas/manifest.schema.json'));
const parse = createManifestParser(SCHEMA);

export function readFile(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** One fixture: a file, or a folder of files. */
export interface Fixture {
  readonly name: string;
  readonly files: readonly ManifestFile[];
}

export function fixtures(kind: 'good' | 'broken'): readonly Fixture[] {
  const folder = fileURLToPath(new URL(`test/fixtures/manifests/${kind}/`, ROOT));
  return readdirSync(folder)
    .filter((name) => !name.endsWith('.expected.txt'))
    .map((name) => {
      const isFolder = statSync(join(folder, name)).isDirectory();
      const inside = isFolder ? readdirSync(join(folder, name), { recursive: true }).map(String) : [];
      const paths = isFolder
        ? inside.filter((path) => /\.(?:ya?ml|sql)$/.test(path)).map((path) => join(name, path))
        : [name];
      const files = paths.map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
      return { name: name.replace(/\.yaml$/, ''), files };
    });
}

export function parseFiles(files: readonly ManifestFile[]): ParseResult {
  return parse(files);
}

export function parseText(text: string, limits?: ManifestLimits): ParseResult {
  const files = [{ path: 'm.yaml', text }];
  return limits === undefined ? parse(files) : createManifestParser(SCHEMA, { limits })(files);
}

/** As in the `.expected.txt` beside a broken manifest. */
export function asText(problems: readonly Problem[]): string {
  return problems
    .map(({ origin: { file, line, column }, severity, code, path, message }) => {
      const where = path === '' ? '' : ` ${path}`;
      return `${file}:${line}:${column} ${severity} ${code}${where}\n  ${message}\n`;
    })
    .join('');
}

/** `line:column code`, for tests that are about which and where. */
export function inShort(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ origin: { line, column }, code }) => `${line}:${column} ${code}`);
}
