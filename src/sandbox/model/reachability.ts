import type { ParsedDestination } from './destination.ts';
import { FAILURE_NAMES } from './destination-health.ts';
import { ApiFailure, CODES } from './envelope.ts';
import type { World } from './world.ts';

const REFUSAL = 'error validating destination: error writing object: error uploading';

/**
 * The test write that Cloudflare does before it accepts a destination (`cloudflare-api.md` §6.2). Nothing is
 * really sent: a destination fails when somebody made it fail.
 *
 * @throws ApiFailure 400 with code 1002.
 */
export function checkReachable(destination: ParsedDestination, world: World): void {
  const host = destination.authority.replace(/:\d+$/, '');
  if (world.switches.dns_failures.includes(host)) {
    throw new ApiFailure(400, CODES.destination, `${REFUSAL}: DNSError: lookup ${host}: no such host`);
  }
  const failure = world.destinations.failureOf(destination.text);
  if (failure === null) return;
  const name = FAILURE_NAMES[failure.code] ?? 'RequestError';
  throw new ApiFailure(400, CODES.destination, `${REFUSAL}: ${name} (${failure.code})`);
}
