import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');

/** What a template renders to, as the API server would get it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: any;
}

/**
 * What the API server would have against these objects: wrong types and missing fields by the validators that
 * kubernetes-models makes from the OpenAPI documents of Kubernetes, unknown fields by its types.
 */
export async function schemaFindings(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const [wrong, unknown] = await Promise.all([Promise.all(objects.map(validated)), typed(objects)]);
  return [...wrong.flat(), ...unknown];
}

async function validated(object: KubernetesObject): Promise<readonly string[]> {
  const model = await import(modelOf(object)).catch(() => null);
  if (model === null) return [`${nameOf(object)}: there is no ${object.kind} in ${object.apiVersion}`];
  try {
    new model[object.kind](object).validate();
    return [];
  } catch (error) {
    return [`${nameOf(object)}: ${(error as Error).message}`];
  }
}

/** Each object as a literal of its type: the compiler then refuses every field that the type does not have. */
async function typed(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'logpushd-objects-'));
  const lines = objects.map(
    (object) =>
      `(${JSON.stringify(object)}) satisfies import(${JSON.stringify(modelOf(object))}).I${object.kind};`,
  );
  try {
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'objects.ts'), `${lines.join('\n')}\nexport {};\n`);
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...options,
        '--types',
        '',
        '--pretty',
        'false',
        'objects.ts',
      ],
      { cwd: folder },
    ).catch((error: { stdout: string }) => error);
    return stdout
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const [, at] = /^objects\.ts\((\d+),/.exec(line) ?? [];
        const object = objects[Number(at) - 1];
        return object === undefined ? line : `${nameOf(object)}: ${line.replace(/^.*error TS\d+: /, '')}`;
      });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function modelOf({ apiVersion, kind }: KubernetesObject): string {
  const models = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${models}/${apiVersion}/${kind}`;
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}
