import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { ChallengeFile } from './model/envelope.ts';

/** Where challenge files go, since the sandbox cannot write to anybody's cloud. Both may be absent. */
export interface ChallengeTargets {
  /** Folder; a file lands under `BUCKET/FILENAME`. */
  readonly directory: string | null;
  /** Base URL of an S3-compatible server on this machine; a file is PUT to `/BUCKET/FILENAME`, unsigned. */
  readonly endpoint: string | null;
}

const BUCKET_SCHEMES = ['s3', 'r2', 'gs', 'azure', 'cos'];
const PUT_TIMEOUT_MS = 5000;

/**
 * Checks the endpoint before anything is sent to it.
 *
 * @throws RangeError when it is not an http address of this machine: a sandbox must not reach into a network.
 */
export function loopbackEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLoopback = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol !== 'http:' || !isLoopback || url.username !== '') {
    throw new RangeError(
      'The challenge endpoint must be an http address of this machine, as http://127.0.0.1:9000.',
    );
  }
  return text.replace(/\/+$/, '');
}

/** Resolves to why the file could not be written, or null. */
export async function writeChallenge(file: ChallengeFile, targets: ChallengeTargets): Promise<string | null> {
  const segments = [...file.bucket.split('/'), ...file.filename.split('/')].filter(
    (segment) => segment !== '',
  );
  // A destination is what a caller typed; its path must not lead out of the folder.
  if (segments.some((segment) => segment === '.' || segment === '..' || /[\\\0]/.test(segment))) {
    return 'error writing object: the path of the destination is not usable as a file name';
  }
  try {
    if (targets.directory !== null) await writeToFolder(targets.directory, segments, file.content);
    if (targets.endpoint !== null && BUCKET_SCHEMES.includes(file.scheme)) {
      await putObject(targets.endpoint, segments, file.content);
    }
    return null;
  } catch (error) {
    return `error writing object: ${error instanceof Error ? error.message : 'unknown error'}`;
  }
}

async function writeToFolder(directory: string, segments: readonly string[], content: string): Promise<void> {
  const root = resolve(directory);
  const path = resolve(join(root, ...segments));
  if (!path.startsWith(root + sep)) throw new Error('the file would be outside the folder');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: 0o600 });
}

async function putObject(endpoint: string, segments: readonly string[], content: string): Promise<void> {
  const response = await fetch(`${endpoint}/${segments.map(encodeURIComponent).join('/')}`, {
    method: 'PUT',
    headers: { 'content-type': 'text/plain' },
    body: content,
    redirect: 'error',
    signal: AbortSignal.timeout(PUT_TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the endpoint answered ${response.status}`);
}
