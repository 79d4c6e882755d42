import type { Readable } from 'node:stream';
import axios from 'axios';
import type * as GoogleSdk from 'google-auth-library';
import { boundedText } from './bounded-text.ts';
import { loaded, nameOf, ReadFailure } from './read-failure.ts';
import type { ReadFile } from './reader.ts';
import type { GcsSpec } from './reader-spec.ts';

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only';
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

type Sdk = Pick<typeof GoogleSdk, 'JWT' | 'IdentityPoolClient'>;

/** What makes access tokens of Google. */
interface TokenSource {
  getAccessToken(): Promise<string | null | undefined | { readonly token?: string | null | undefined }>;
}

/** Reads from Google Cloud Storage by its JSON API; the SDK only gets the token. */
export const readFromGcs: ReadFile<GcsSpec> = async (spec, file, { secrets, signal }) => {
  const sdk = await loaded('google-auth-library', () => import('google-auth-library'));
  const { credentials, endpoint = 'https://storage.googleapis.com' } = spec;
  if (!BUCKET.test(file.bucket)) {
    throw new ReadFailure('the bucket of the destination has no name that GCS knows');
  }
  const source: TokenSource =
    credentials === undefined
      ? new sdk.GoogleAuth({ scopes: [SCOPE] })
      : sourceFrom(sdk, secrets(credentials), credentials);
  const given = await source.getAccessToken().catch((error: unknown) => {
    throw new ReadFailure(`Google gives the reader no access token (${nameOf(error, undefined)})`);
  });
  const token = typeof given === 'string' ? given : given?.token;
  const object = `b/${encodeURIComponent(file.bucket)}/o/${encodeURIComponent(file.filename)}`;
  const { status, data } = await axios.get<Readable>(
    `${endpoint.replace(/\/+$/, '')}/storage/v1/${object}?alt=media`,
    {
      headers: { Authorization: `Bearer ${token ?? ''}` },
      responseType: 'stream',
      maxRedirects: 0,
      validateStatus: () => true,
      signal,
    },
  );
  try {
    if (status === 200) return await boundedText(data);
    if (status === 404) return undefined;
    if (status === 401 || status === 403) {
      throw new ReadFailure(
        `the reader is forbidden to read there (HTTP ${status}); its account needs storage.objects.get on the bucket`,
      );
    }
    throw new ReadFailure(`GCS answered HTTP ${status}`);
  } finally {
    data.destroy();
  }
};

/** A key of a service account, or a federation whose token lies in a file or at an address. */
function sourceFrom({ JWT, IdentityPoolClient }: Sdk, text: string, name: string): TokenSource {
  const written = parsed(text);
  const { type, client_email: email, private_key: key } = written;
  if (type === 'service_account' && typeof email === 'string' && typeof key === 'string') {
    return new JWT({ email, key, scopes: [SCOPE] });
  }
  if (isFederation(written)) {
    const client = new IdentityPoolClient(written);
    client.scopes = [SCOPE];
    return client;
  }
  throw new ReadFailure(
    `the secret ${name} is neither the key of a service account nor a federation, as JSON of Google's on one line`,
  );
}

type Federation = ConstructorParameters<Sdk['IdentityPoolClient']>[0];

/** As far as the SDK does not check it by itself. */
function isFederation(written: object): written is Federation {
  if (!('type' in written) || written.type !== 'external_account') return false;
  return 'credential_source' in written && isObject(written.credential_source);
}

function parsed(text: string): { readonly [key: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    // What the parser says quotes the key.
    return {};
  }
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
