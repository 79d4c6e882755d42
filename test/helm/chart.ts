import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { type HelmBinary, helmBinaries } from '../../tools/helm.ts';
import type { KubernetesObject } from './kubernetes-objects.ts';

export const CHART = resolve(import.meta.dirname, '../../helm');

/** The values files that ship with the chart for its tests. */
export const CI_VALUES = readdirSync(join(CHART, 'ci')).toSorted();

export const HELMS: readonly HelmBinary[] = await helmBinaries();

export interface Rendering {
  readonly helm?: HelmBinary;
  /** A file of `helm/ci`. */
  readonly file?: string;
  /** Over those of the file. */
  readonly values?: object;
  readonly release?: string;
  readonly chart?: string;
}

/** What Helm prints. Rejects with what it prints on standard error. */
export async function helmTemplate(rendering: Rendering): Promise<string> {
  const { helm = HELMS.at(-1)!, file, values = {}, release = 'logs', chart = CHART } = rendering;
  const files = file === undefined ? [] : ['--values', join(CHART, 'ci', file)];
  const running = promisify(execFile)(
    helm.path,
    ['template', release, chart, '--namespace', 'edge', ...files, '--values', '-'],
    { maxBuffer: 2 ** 24 },
  );
  running.child.stdin?.end(JSON.stringify(values));
  const { stdout } = await running.catch((error: { stderr: string }) =>
    Promise.reject(new Error(error.stderr)),
  );
  return stdout;
}

export async function rendered(rendering: Rendering = {}): Promise<readonly KubernetesObject[]> {
  return parseAllDocuments(await helmTemplate(rendering), { version: '1.1' })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as KubernetesObject | null;
    })
    .filter((object) => object !== null);
}

/** The one object of this kind whose name ends so. */
export function objectOf(objects: readonly KubernetesObject[], kind: string, ending = ''): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name.endsWith(ending));
  if (found.length !== 1) throw new Error(`There are ${found.length} objects of kind ${kind} "${ending}".`);
  return found[0]!;
}

/** The template of every pod that the objects make, and of each Pod among them. */
export function podsOf(
  objects: readonly KubernetesObject[],
): readonly { name: string; metadata: any; spec: any }[] {
  return objects.flatMap((object) => {
    const name = `${object.kind}/${object.metadata.name}`;
    if (object.kind === 'Pod') return [{ name, metadata: object.metadata, spec: object['spec'] }];
    if (object.kind === 'Deployment' || object.kind === 'Job') return [{ name, ...object['spec'].template }];
    if (object.kind === 'CronJob') return [{ name, ...object['spec'].jobTemplate.spec.template }];
    return [];
  });
}
