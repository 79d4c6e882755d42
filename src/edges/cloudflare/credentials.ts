import { readFile } from 'node:fs/promises';
import { Secret } from '../../core/secret.ts';
import { whyUnreadable } from '../../core/unreadable.ts';
import { NotAllowedError } from '../../reconcile/errors.ts';

/** How logpushd proves itself to Cloudflare; an API token is the one to prefer. */
export type CredentialSource =
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'token-file'; readonly path: string }
  | { readonly kind: 'global-key'; readonly email: string; readonly key: Secret };

export interface CredentialHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** In plain text, for cleaning what answers say. */
  readonly secrets: readonly string[];
}

const MAX_LENGTH = 4096;

/**
 * The headers of the next call. A token file is read for every call, so a rotated token is used at once.
 *
 * @param onSecret called with what a token file holds, before it is used.
 * @throws NotAllowedError when there is nothing usable to send.
 */
export async function credentialHeaders(
  source: CredentialSource,
  action: string,
  onSecret: (secret: Secret) => void = () => undefined,
): Promise<CredentialHeaders> {
  const refuse = (cause: string) => new NotAllowedError({ action, cause });
  if (source.kind === 'global-key') {
    const key = usable(source.key.reveal(), 'the API key (CLOUDFLARE_API_KEY)', refuse);
    const email = usable(source.email, 'the e-mail address (CLOUDFLARE_EMAIL)', refuse);
    return { headers: { 'X-Auth-Email': email, 'X-Auth-Key': key }, secrets: [key] };
  }
  const token =
    source.kind === 'token'
      ? usable(source.token.reveal(), 'the API token', refuse)
      : usable(await readToken(source.path, refuse), `the token file ${source.path}`, refuse);
  if (source.kind === 'token-file') onSecret(new Secret(token));
  return { headers: { Authorization: `Bearer ${token}` }, secrets: [token] };
}

async function readToken(path: string, refuse: (cause: string) => Error): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refuse(`the token file ${path} ${whyUnreadable(error)}`);
  }
}

function usable(text: string, what: string, refuse: (cause: string) => Error): string {
  const value = text.trim();
  if (value === '') throw refuse(`${what} is empty`);
  if (value.length > MAX_LENGTH || !/^[\x21-\x7e]+$/.test(value)) {
    throw refuse(`${what} is not one line of at most ${MAX_LENGTH} visible ASCII characters`);
  }
  return value;
}
