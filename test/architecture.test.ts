import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');
/** Pure computation; chance is caught by name below. */
const PURE_NODE = ['node:util', 'node:crypto'];

interface Rule {
  /** Folders or files of `src` that may be imported, besides the place itself. */
  readonly places: readonly string[];
  /** Packages that may be imported; `*` for any. */
  readonly packages: readonly string[];
}

/** Who may import whom. What is not listed here may not exist. */
const MAY_IMPORT: Record<string, Rule> = {
  core: { places: [], packages: ['ajv', 'yaml', ...PURE_NODE] },
  reconcile: { places: ['core'], packages: PURE_NODE },
  'edges/challenge': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/clock': { places: ['core', 'reconcile'], packages: ['node:timers'] },
  'edges/cloudflare': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/http': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/kubernetes': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/log': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/notify': { places: ['core', 'reconcile', 'durable-file.ts'], packages: ['*'] },
  'edges/source': { places: ['core', 'reconcile', 'durable-file.ts'], packages: ['*'] },
  'edges/state': { places: ['core', 'reconcile', 'durable-file.ts'], packages: ['*'] },
  'edges/trace': { places: ['core', 'reconcile'], packages: ['*'] },
  'edges/trigger': { places: ['core', 'reconcile'], packages: ['*'] },
  sandbox: { places: [], packages: ['*'] },
  settings: {
    places: [
      'core',
      'edges/challenge/reader-spec.ts',
      'edges/cloudflare/credentials.ts',
      'edges/kubernetes/kube-config.ts',
      'edges/notify/receiver-spec.ts',
      'edges/trace/trace-spec.ts',
      'schemas.ts',
    ],
    packages: ['*'],
  },
  'settings.ts': {
    places: [
      'settings',
      'core',
      'edges/challenge/reader-spec.ts',
      'edges/cloudflare/credentials.ts',
      'edges/kubernetes/kube-config.ts',
      'edges/notify/receiver-spec.ts',
      'edges/trace/trace-spec.ts',
      'schemas.ts',
    ],
    packages: ['*'],
  },
  'signals.ts': { places: [], packages: [] },
  'sandbox-mode.ts': { places: ['core/secret.ts', 'sandbox', 'settings.ts'], packages: ['node:net'] },
  'plan-policy.ts': { places: ['core', 'settings.ts'], packages: [] },
  'manifest-origin.ts': {
    places: ['edges/kubernetes', 'edges/source', 'edges/trigger', 'reconcile', 'settings.ts'],
    packages: [],
  },
  'schemas.ts': { places: [], packages: ['node:fs'] },
  'durable-file.ts': { places: [], packages: ['node:crypto', 'node:fs', 'node:path'] },
  cli: {
    places: [
      'core',
      'reconcile',
      'settings',
      'settings.ts',
      'program.ts',
      'daemon.ts',
      'schemas.ts',
      'durable-file.ts',
      'daemon/alerting.ts',
      'sandbox',
      'edges/log',
    ],
    packages: ['*'],
  },
  'compose.ts': { places: ['*'], packages: ['*'] },
  daemon: {
    places: ['compose.ts', 'core', 'edges', 'plan-policy.ts', 'reconcile', 'schemas.ts', 'settings.ts'],
    packages: ['node:crypto', 'node:timers'],
  },
  'program.ts': { places: ['*'], packages: ['*'] },
  'daemon.ts': { places: ['*'], packages: ['*'] },
  'main.ts': { places: ['cli', 'settings.ts', 'schemas.ts', 'signals.ts'], packages: ['*'] },
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

describe('the house', () => {
  it('lets imports run one way: main to cli, that to program and daemon, those to edges, reconcile, core', () => {
    expect(
      files.flatMap(({ path, text }) =>
        importsOf(path, text)
          .filter((target) => !mayImport(path, target))
          .map((target) => `${path} imports ${target}`),
      ),
    ).toEqual([]);
  });

  it('lets no edge import another', () => {
    const edges = files.filter(({ path }) => path.startsWith('edges/'));
    expect(edges.length).toBeGreaterThan(10);
    const foreign = edges.flatMap(({ path, text }) =>
      importsOf(path, text)
        .filter((target) => target.startsWith('edges/') && placeOf(target) !== placeOf(path))
        .map((target) => `${path} imports ${target}`),
    );
    expect(foreign).toEqual([]);
  });

  it('keeps effects out of core', () => {
    const effects =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandom(UUID|Bytes|Int)\b|\bprocess\.|\bconsole\.|\basync\b|\bawait\b|\bPromise\b|\bsetTimeout\b|\bfetch\(/;
    const found = codeOf('core')
      .filter(({ code }) => effects.test(code))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it('takes time and chance from ports alone in the loop', () => {
    const effects =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bconsole\.|\bsetTimeout\b|\bsetInterval\b|\bperformance\./;
    const found = codeOf('reconcile')
      .filter(({ code }) => effects.test(code))
      .map(({ path }) => path);
    expect(found).toEqual([]);
  });

  it('reads the environment in settings.ts alone', () => {
    const readers = codeOf('')
      .filter(({ code }) => /\bprocess\.env\b/.test(code))
      .map(({ path }) => path);
    expect(readers.filter((path) => path !== 'settings.ts')).toEqual([]);
  });

  it('ends the process in main.ts alone', () => {
    const enders = codeOf('')
      .filter(({ code }) => /\bprocess\.(exit|exitCode|abort)\b/.test(code))
      .map(({ path }) => path);
    expect(enders.filter((path) => path !== 'main.ts')).toEqual([]);
  });

  it('has no file over 300 lines', () => {
    expect(files.filter(({ text }) => text.split('\n').length > 301).map(({ path }) => path)).toEqual([]);
  });

  it('names files after what is in them', () => {
    expect(
      files
        .filter(({ path }) => /(^|\/)(utils?|helpers?|common|types|index|misc)\.ts$/.test(path))
        .map(({ path }) => path),
    ).toEqual([]);
  });
});

/** Files of a layer, without comments. */
function codeOf(layer: string): { path: string; code: string }[] {
  return files
    .filter(({ path }) => path.startsWith(layer))
    .map(({ path, text }) => ({
      path,
      code: text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, ''),
    }));
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier!,
  );
  return specifiers.map((specifier) =>
    specifier.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), specifier)) : specifier,
  );
}

function placeOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'edges' ? `${first}/${second}` : first;
}

function mayImport(path: string, target: string): boolean {
  const place = placeOf(path);
  const rule = MAY_IMPORT[place];
  if (!rule) return false;
  const isFile = target.endsWith('.ts');
  if (isFile && placeOf(target) === place) return true;
  const allowed = isFile ? rule.places : rule.packages;
  return allowed.some((one) => one === '*' || target === one || target.startsWith(`${one}/`));
}
