import { readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../core/secret.ts';
import type { ReferenceResolver, ReferenceValues } from '../../reconcile/ports.ts';
import { FileRefusal, isWithin, readPlainFile, refusalFrom } from './safe-read.ts';
import { type Look, settled } from './settle.ts';

type Environment = { readonly [name: string]: string | undefined };

interface SecretFiles {
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly missingFolder?: string;
}

const MAX_SECRET_BYTES = 65_536;
/** The last net over the logs replaces known secrets; one that is shorter would shred ordinary words. */
const MIN_SECRET_CHARACTERS = 8;
const SECRET_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/u;
const SERVICE_ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount';

/** The program's own credentials: a manifest may not send them to a destination of its choice. */
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  'CLOUDFLARE_API_TOKEN',
  'CLOUDFLARE_API_KEY',
  'LOGPUSHD_HTTP_TOKEN',
  'LOGPUSHD_INGEST_TOKEN',
]);
/** With a user and a password in the URL, as a proxy may have. */
const PROXY_VARIABLE = /^(https?|all)_proxy$/iu;
const OWN_FILES = [
  'CLOUDFLARE_API_TOKEN_FILE',
  'LOGPUSHD_HTTP_TOKEN_FILE',
  'LOGPUSHD_INGEST_TOKEN_FILE',
] as const;

/**
 * Values of `${env:NAME}`, and of `${secret:NAME}` from the files of one folder. All secrets of a read are of
 * one state of the folder, so that a rotation is never seen half done. An empty value counts as missing.
 */
export function referenceResolver(options: {
  readonly secretsDir: string;
  readonly env: Environment;
}): ReferenceResolver {
  const { secretsDir, env } = options;
  return {
    async read(names) {
      const files = await settled(() => lookAt([...names.secrets], secretsDir, env));
      const own = await ownCredentials(env);
      return {
        env: variablesOf(names.env, env, own),
        ...(files ?? restless([...names.secrets], secretsDir)),
      };
    },
  };
}

function variablesOf(
  names: ReadonlySet<string>,
  env: Environment,
  own: OwnCredentials,
): ReferenceValues['env'] {
  const values = new Map<string, string>();
  for (const name of names) {
    const isOwn = OWN_VARIABLES.has(name) || PROXY_VARIABLE.test(name);
    const value = Object.hasOwn(env, name) && !isOwn ? env[name] : undefined;
    if (value !== undefined && value.trim() !== '' && !holdsOwn(value, own)) values.set(name, value);
  }
  return values;
}

async function lookAt(
  names: readonly string[],
  secretsDir: string,
  env: Environment,
): Promise<Look<SecretFiles>> {
  if (names.length > 0 && (await isMissing(secretsDir))) return missing(secretsDir);
  const generation = await generationOf(secretsDir);
  const own = await ownCredentials(env);
  const secrets = new Map<string, Secret>();
  const unreadable = new Map<string, string>();
  const stamps: string[] = [];
  let changedMs = 0;
  for (const name of names) {
    try {
      const { bytes, stamp, changedMs: at } = await readSecretFile(name, secretsDir, own);
      const secret = secretOf(bytes);
      if (holdsOwn(secret.reveal(), own)) throw notForManifests();
      changedMs = Math.max(changedMs, at);
      stamps.push(stamp);
      secrets.set(name, secret);
    } catch (error) {
      const { message } = refusalFrom(error);
      unreadable.set(name, ofFile(secretsDir, message));
      stamps.push(message);
    }
  }
  const digest = JSON.stringify([generation, await generationOf(secretsDir), ...stamps]);
  return { value: { secrets, unreadable }, digest, changedMs };
}

async function isMissing(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => false,
    (error: unknown) => refusalFrom(error).code === 'ENOENT',
  );
}

function missing(folder: string): Look<SecretFiles> {
  const value = { secrets: new Map(), unreadable: new Map(), missingFolder: folder };
  return { value, digest: 'missing', changedMs: Date.now() };
}

async function readSecretFile(name: string, secretsDir: string, own: OwnCredentials) {
  if (!SECRET_NAME.test(name)) {
    throw new FileRefusal(
      'ENAME',
      'cannot be read: only letters, digits, ".", "_" and "-" may stand in its name',
    );
  }
  const root = await realpath(secretsDir);
  const path = join(secretsDir, name);
  const real = await realpath(path);
  const identity = await identityOf(real);
  if (
    own.files.has(identity) ||
    isWithin(real, SERVICE_ACCOUNT) ||
    isWithin(real, `/var${SERVICE_ACCOUNT}`)
  ) {
    throw notForManifests();
  }
  return readPlainFile(path, root, MAX_SECRET_BYTES);
}

/** @throws FileRefusal that says what is wrong and never what the file holds. */
function secretOf(bytes: Buffer): Secret {
  const text = decode(bytes).replace(/\n$/u, '');
  if (text.trim() === '') throw new FileRefusal('EEMPTY', 'is empty');
  if (text.includes('\0')) throw new FileRefusal('EBINARY', 'holds a NUL character; it must be plain text');
  if (text.includes('\r')) {
    throw new FileRefusal(
      'ECR',
      'holds a carriage return; save it with Unix line ends, or without a line end',
    );
  }
  if (text.includes('\n')) {
    throw new FileRefusal(
      'ELINES',
      'holds a line break; a secret is one line, and only a line end after it is cut off',
    );
  }
  if (text.length < MIN_SECRET_CHARACTERS) {
    throw new FileRefusal(
      'ESHORT',
      `is shorter than ${MIN_SECRET_CHARACTERS} characters, too short to be kept out of logs`,
    );
  }
  return new Secret(text);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FileRefusal('EBINARY', 'is not UTF-8 text');
  }
}

/** Goes after the reference, which has the name. */
function ofFile(secretsDir: string, clause: string): string {
  return `its file in ${secretsDir} ${clause}`;
}

function restless(names: readonly string[], secretsDir: string): SecretFiles {
  const reason = ofFile(secretsDir, 'keeps changing while it is read');
  return { secrets: new Map(), unreadable: new Map(names.map((name) => [name, reason])) };
}

/** A mounted Secret is swapped whole, by turning the link `..data`. */
async function generationOf(secretsDir: string): Promise<string> {
  return readlink(join(secretsDir, '..data')).catch(() => '');
}

/** What a manifest may not send to a destination of its choice: by file, and by value for copies under other names. */
interface OwnCredentials {
  readonly files: ReadonlySet<string>;
  readonly values: readonly string[];
}

async function ownCredentials(env: Environment): Promise<OwnCredentials> {
  const files = new Set<string>();
  const values = [...OWN_VARIABLES].map((name) => env[name] ?? '');
  for (const variable of OWN_FILES) {
    const path = env[variable];
    if (!path) continue;
    files.add(await identityOf(path).catch(() => ''));
    const read = readPlainFile(path, null, MAX_SECRET_BYTES).then(({ bytes }) => bytes.toString('utf8'));
    values.push(await read.catch(() => ''));
  }
  const whole = values.map((value) => value.trim()).filter(({ length }) => length >= MIN_SECRET_CHARACTERS);
  return { files, values: whole };
}

function holdsOwn(text: string, { values }: OwnCredentials): boolean {
  return values.some((value) => text.includes(value));
}

function notForManifests(): FileRefusal {
  return new FileRefusal('EOWN', 'is a credential of this program itself, which no manifest may use');
}

/** The same for two hard links to one file. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}.${ino}`;
}
