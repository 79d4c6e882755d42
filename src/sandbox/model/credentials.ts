import { ApiFailure, CODES } from './envelope.ts';
import { idOf } from './ids.ts';
import type { Actor } from './world.ts';

/** Who calls, from the headers (`cloudflare-api.md` §1.1): a bearer token, or email and global key. */

const OWNER = 'owner@example.com';

/**
 * @param token The only credential that is let in; null lets in any.
 * @throws ApiFailure 400 with code 9106 without credentials, 403 with code 10000 for wrong ones.
 */
export function actorOf(
  headers: Readonly<Record<string, string | undefined>>,
  token: string | null,
  isVerify: boolean,
): Actor {
  const { authorization, 'x-auth-email': email, 'x-auth-key': key } = headers;
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const credential = bearer ?? (email === undefined ? undefined : key);
  if (credential === undefined) {
    if (authorization !== undefined) {
      throw new ApiFailure(400, 6111, 'Invalid format for Authorization header');
    }
    throw new ApiFailure(
      400,
      CODES.missingHeaders,
      'Missing X-Auth-Key, X-Auth-Email or Authorization headers',
    );
  }
  if (token !== null && credential !== token) {
    // §8.2: 403 with code 10000; a token check says it in its own words.
    throw isVerify
      ? new ApiFailure(401, CODES.badToken, 'Invalid API Token')
      : new ApiFailure(403, CODES.authentication, 'Authentication error');
  }
  // Not Cloudflare's: lets a test act as a person in the dashboard.
  const person = headers['x-sandbox-actor'];
  return {
    credential,
    context: person !== undefined ? 'dash' : bearer === undefined ? 'api_key' : 'api_token',
    email: person ?? email ?? OWNER,
    tokenId: idOf('token', credential),
    tokenName: 'sandbox token',
    ip: '127.0.0.1',
    userAgent: headers['user-agent'] ?? '',
  };
}
