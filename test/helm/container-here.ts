import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface ContainerHere {
  /** For Node itself. */
  readonly nodeArgs: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where a path of the container is on this machine. */
  readonly here: (path: string) => string;
}

/** By the name of a volume, its files. */
export type Volumes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The container of a pod as a process of this machine: its command, its arguments and variables with paths below the folder, and
 * its volumes as files there. Variables that only a kubelet can know are left out.
 */
export async function containerHere(
  container: any,
  folder: string,
  volumes: Volumes = {},
): Promise<ContainerHere> {
  const here = (text: string): string =>
    text
      .replaceAll('/opt/logpushd', ROOT)
      .replaceAll(/\/(etc|var\/lib)\/logpushd/g, `${folder}/$1`)
      .replaceAll('/var/run/secrets/kubernetes.io/serviceaccount', `${folder}/kubernetes`)
      .replaceAll('0.0.0.0:8080', '127.0.0.1:0');
  for (const { name, mountPath } of container.volumeMounts) {
    await mkdir(here(mountPath), { recursive: true });
    for (const [file, text] of Object.entries(volumes[name] ?? {}))
      await writeFile(join(here(mountPath), file), here(text));
  }
  const given = container.env.filter(({ value }: any) => value !== undefined);
  return {
    nodeArgs: container.command.slice(1, -1).map(here),
    args: container.args.map(here),
    env: Object.fromEntries(given.map(({ name, value }: any) => [name, here(value)])),
    here,
  };
}
