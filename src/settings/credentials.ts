import { readFileSync } from 'node:fs';
import path from 'node:path';

import { Secret } from '../core/secret.ts';
import type { CredentialSource } from '../edges/cloudflare/credentials.ts';
import type { Finding, FindingCode } from './finding.ts';
import { whyUnreadable } from '../core/unreadable.ts';
import type { Environment } from './variables.ts';

/**
 * Whether a command talks to Cloudflare: `needed` makes a missing credential a finding, `optional` takes one if
 * it is there, `unused` does not look.
 */
export type CredentialUse = 'needed' | 'optional' | 'unused';

interface Read<T> {
  readonly value: T | null;
  readonly findings: readonly Finding[];
}

const TOKEN = 'CLOUDFLARE_API_TOKEN';
const TOKEN_FILE = 'CLOUDFLARE_API_TOKEN_FILE';
const EMAIL = 'CLOUDFLARE_EMAIL';
const KEY = 'CLOUDFLARE_API_KEY';

/** Names that other tools use. Not read; only mentioned when ours are missing. */
const FOREIGN_NAMES: readonly (readonly [foreign: string, ours: string])[] = [
  ['CF_API_TOKEN', TOKEN],
  ['CLOUDFLARE_TOKEN', TOKEN],
  ['CF_API_KEY', KEY],
  ['CF_API_EMAIL', EMAIL],
  ['CLOUDFLARE_API_EMAIL', EMAIL],
];

/**
 * The credential of the environment: a token, a file that holds one, or an e-mail address with a global key.
 * A token beats the global key. A token file is read here only to see that it can be read.
 */
export function readCredentials(
  environment: Environment,
  cwd: string,
  use: CredentialUse,
): Read<CredentialSource> {
  if (use === 'unused') return { value: null, findings: [] };
  const set = (name: string): string | undefined => textOf(environment, name);
  const [token, file, email, key] = [set(TOKEN), set(TOKEN_FILE), set(EMAIL), set(KEY)];
  if (token !== undefined && file !== undefined) return bad(TOKEN, both(TOKEN, TOKEN_FILE));
  if (token !== undefined) return checked(TOKEN, token, { kind: 'token', token: new Secret(token) });
  if (file !== undefined) {
    const resolved = path.resolve(cwd, file);
    const text = readTokenFile(resolved);
    if (typeof text !== 'string') return bad(TOKEN_FILE, unusable(file, text));
    return checked(TOKEN_FILE, text, { kind: 'token-file', path: resolved }, `The file ${file}`);
  }
  if (email !== undefined && key !== undefined) {
    return checked(KEY, key, { kind: 'global-key', email, key: new Secret(key) });
  }
  if (email === undefined && key === undefined) {
    return use === 'needed'
      ? { value: null, findings: [missing(environment)] }
      : { value: null, findings: [] };
  }
  // A lone CLOUDFLARE_EMAIL is common and harmless where no credential is needed.
  if (use === 'optional') return { value: null, findings: [] };
  const [present, absent] = email === undefined ? [KEY, EMAIL] : [EMAIL, KEY];
  return bad(
    present,
    `${present} is set and ${absent} is not. Set both, or better an API token in ${TOKEN}.`,
    'missing-credentials',
  );
}

/** A token that callers of ours show: in this variable, or in the file that the same with `_FILE` names. */
export function readBearerToken(environment: Environment, cwd: string, name: string): Read<Secret> {
  const fileName = `${name}_FILE`;
  const [token, file] = [textOf(environment, name), textOf(environment, fileName)];
  if (token !== undefined && file !== undefined) return bad(name, both(name, fileName));
  if (token !== undefined) return checked(name, token, new Secret(token));
  if (file === undefined) return { value: null, findings: [] };
  const text = readTokenFile(path.resolve(cwd, file));
  if (typeof text !== 'string') return bad(fileName, unusable(file, text));
  return checked(fileName, text, new Secret(text), `The file ${file}`);
}

function textOf(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

function readTokenFile(file: string): string | { readonly why: string } {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? { why: 'is empty' } : text;
  } catch (error) {
    return { why: whyUnreadable(error) };
  }
}

function unusable(file: string, { why }: { readonly why: string }): string {
  return `The file ${file} ${why}. Name a file that this user may read and that holds the token alone.`;
}

/** A header takes visible ASCII only; anything else is a slip of copying, which Cloudflare answers with a riddle. */
function checked<T>(name: string, text: string, value: T, what = 'The value'): Read<T> {
  if (/^bearer\s/i.test(text)) return bad(name, `${what} starts with "Bearer". Give the token alone.`);
  if (/^["'].*["']$/.test(text))
    return bad(name, `${what} has quotes around the token, which became part of it. Remove them.`);
  if (/[\r\n]/.test(text))
    return bad(name, `${what} has a line break inside. Give the token alone, on one line.`);
  if (/^[\x21-\x7e]+$/.test(text)) return { value, findings: [] };
  return bad(name, `${what} holds a space or a letter that no token has. Copy the token again.`);
}

function both(name: string, fileName: string): string {
  return `${name} and ${fileName} are both set. Unset one of them.`;
}

function bad<T>(place: string, message: string, code: FindingCode = 'bad-credentials'): Read<T> {
  return { value: null, findings: [{ severity: 'error', code, place, key: '', message }] };
}

function missing(environment: Environment): Finding {
  const foreign = FOREIGN_NAMES.find(([name]) => textOf(environment, name) !== undefined);
  const hint = foreign === undefined ? '' : `\n  ${foreign[0]} is set, but logpushd reads ${foreign[1]}.`;
  return {
    severity: 'error',
    code: 'missing-credentials',
    place: TOKEN,
    key: '',
    message:
      'No Cloudflare credential is set. Create an API token with "Logs: Edit" (and "Zone: Read" to find zones by\n' +
      '  name) at https://dash.cloudflare.com/profile/api-tokens, then set it:\n' +
      '    export CLOUDFLARE_API_TOKEN=...            the token itself\n' +
      '    export CLOUDFLARE_API_TOKEN_FILE=/path     or a file that holds it\n' +
      `  CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY works too.${hint}\n` +
      '  No token is needed for "logpushd validate", nor to try it out: "logpushd run --sandbox".',
  };
}
