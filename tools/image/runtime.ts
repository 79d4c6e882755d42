/**
 * `node tools/image/runtime.ts FOLDER`: the Node that runs this, with the libraries that it has loaded, as a root file system
 * without a shell or a package manager. What Node has loaded is asked of Node, so that any base will do.
 */
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Older C libraries load these only when a name is looked up. */
const LOADED_LATER = /^(libnss_(dns|files)|libresolv)\.so\.\d+$/;
const USER = 65532;

interface Report {
  readonly sharedObjects: readonly string[];
}

async function runtime(root: string): Promise<void> {
  const { sharedObjects } = process.report.getReport() as unknown as Report;
  const libraries = sharedObjects.filter((path) => path.startsWith('/') && path !== process.execPath);
  const folders = [...new Set(libraries.map(dirname))];
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (LOADED_LATER.test(name)) libraries.push(join(folder, name));
    }
  }
  for (const path of libraries) await copied(path, join(root, path));
  await copied(process.execPath, join(root, 'usr/local/bin/node'));
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/passwd'), `logpushd:x:${USER}:${USER}:logpushd:/:/sbin/nologin\n`);
  await writeFile(join(root, 'etc/group'), `logpushd:x:${USER}:\n`);
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  process.stdout.write(`Node ${process.version} and ${basename(root)}: ${libraries.length} libraries\n`);
}

async function copied(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder to write to: node tools/image/runtime.ts FOLDER');
await runtime(folder);
