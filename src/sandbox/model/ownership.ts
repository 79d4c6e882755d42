import { createHmac } from 'node:crypto';
import { checkDestination, identityOf, needsChallenge, type ParsedDestination } from './destination.ts';
import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { hashOf } from './ids.ts';
import { isRecord } from './json.ts';
import { bodyOf, type Call, type Scope, scopeOf, type World } from './world.ts';
import { checkReachable } from './reachability.ts';

/** Proof that whoever makes a job can read its destination (`cloudflare-api.md` §6.3). */

const LIFE_MS = 7 * 24 * 3_600_000;
const WITH_FILE = ['s3', 'r2', 'gs', 'azure', 'sumo', 'cos'];

/** `POST …/ownership`: writes a challenge file to the destination. */
export function requestOwnership(call: Call, world: World): Reply {
  const conf = bodyOf(call)['destination_conf'];
  try {
    const destination = checkDestination(conf, world);
    checkReachable(destination, world);
    if (!WITH_FILE.includes(destination.scheme)) {
      throw new ApiFailure(
        400,
        CODES.destination,
        'ownership challenge is not supported for this destination',
      );
    }
    return challengeReply(destination, scopeOf(call), world);
  } catch (error) {
    // §1.1: a failure can come as HTTP 200 with success: true and valid: false.
    if (!(error instanceof ApiFailure) || world.switches.ownership_failure === 'error') throw error;
    return ownershipFailure(error.message);
  }
}

/** `POST …/ownership/validate`. */
export function validateOwnership(call: Call, world: World): Reply {
  const { destination_conf: conf, ownership_challenge: token } = bodyOf(call);
  const destination = checkDestination(conf, world);
  if (typeof token !== 'string') {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: ownership_challenge is required');
  }
  return { result: { valid: refusalOfToken(token.trim(), destination, scopeOf(call), world) === null } };
}

export function ownershipFailure(message: string): Reply {
  return { result: { filename: '', message, valid: false } };
}

/**
 * Refuses a create, or a change of destination, that lacks the challenge it needs.
 *
 * @throws ApiFailure 400 with code 1002.
 */
export function checkOwnership(
  token: unknown,
  destination: ParsedDestination,
  scope: Scope,
  world: World,
): void {
  if (world.switches.ownership === 'off' || !needsChallenge(destination)) return;
  if (typeof token !== 'string' || token === '') {
    throw new ApiFailure(400, CODES.destination, 'ownership challenge is required for this destination');
  }
  const refusal = refusalOfToken(token, destination, scope, world);
  if (refusal !== null)
    throw new ApiFailure(400, CODES.destination, `invalid ownership challenge: ${refusal}`);
}

function challengeReply(destination: ParsedDestination, scope: Scope, world: World): Reply {
  const now = world.now();
  const token = signed(
    {
      object_type: scope.kind,
      object_id: scope.id,
      destination_conf: destination.text,
      fingerprint: hashOf(identityOf(destination.text)),
      iat: Math.floor(now / 1000),
      exp: Math.floor((now + LIFE_MS) / 1000),
    },
    world.signingKey,
  );
  // §6.3: {DATE} in the path is expanded in the file name.
  const folder = destination.path.replaceAll(
    '{DATE}',
    new Date(now).toISOString().slice(0, 10).replaceAll('-', ''),
  );
  const isSumo = destination.scheme === 'sumo';
  const directory = isSumo || folder === '' ? '' : `${folder.replace(/\/+$/, '')}/`;
  const filename = `${directory}ownership-challenge-${world.ids.hex(8)}.txt`;
  return {
    result: { filename, message: '', valid: true },
    challenge: { scheme: destination.scheme, bucket: destination.authority, filename, content: token },
  };
}

/** §6.3: the token is a JWT that names the scope and the exact string, and lives 7 days. */
function refusalOfToken(
  token: string,
  destination: ParsedDestination,
  scope: Scope,
  world: World,
): string | null {
  const [head, payload, signature, ...rest] = token.split('.');
  if (head === undefined || payload === undefined || rest.length > 0) return 'not a token';
  if (signature !== signatureOf(`${head}.${payload}`, world.signingKey)) return 'bad signature';
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  if (!isRecord(claims)) return 'not a token';
  if (claims['object_type'] !== scope.kind || claims['object_id'] !== scope.id) {
    return `it was issued for another ${scope.kind === 'zone' ? 'zone or for an account' : 'account or for a zone'}`;
  }
  if (claims['destination_conf'] !== destination.text) return 'it was issued for another destination_conf';
  return Number(claims['exp']) * 1000 <= world.now() ? 'it has expired' : null;
}

function signed(claims: Readonly<Record<string, string | number>>, key: string): string {
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${head}.${payload}.${signatureOf(`${head}.${payload}`, key)}`;
}

function signatureOf(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
