/**
 * `node tools/image/bundle.ts FOLDER`: what runs, and nothing else, from `dist/`. The packages are bundled: a process then
 * opens 40 files instead of 1,500, and what no code path reaches stays out of the image.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = resolve(import.meta.dirname, '../..');
const AS_THEY_ARE = ['bin', 'schemas', 'package.json', 'LICENSE'];

async function bundle(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of AS_THEY_ARE) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  const build = await rolldown({
    input: join(ROOT, 'dist/main.js'),
    platform: 'node',
    onLog: (level, log) => {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    },
  });
  const { output } = await build.write({ dir: join(folder, 'dist'), format: 'esm' });
  await build.close();
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  await writeFile(join(folder, 'LICENSES-OF-PACKAGES'), await licenses(modules));
}

/** The licences of the packages that are in the bundle, as they ask to be given along. */
async function licenses(modules: readonly string[]): Promise<string> {
  const packages = new Set(
    modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
  );
  const texts = await Promise.all(
    [...packages].toSorted().map(async (path) => {
      const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as {
        readonly [key: string]: string;
      };
      const files = (await readdir(path))
        .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
        .toSorted();
      const contents = await Promise.all(files.map((file) => readFile(join(path, file), 'utf8')));
      return [`${name} ${version} (${license})`, ...contents].join('\n\n');
    }),
  );
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder to write to: node tools/image/bundle.ts FOLDER');
await bundle(resolve(folder));
