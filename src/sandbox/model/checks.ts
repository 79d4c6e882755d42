import { defaultFieldsOf, fieldsIn } from '../catalogue/catalogue.ts';
import { checkDestination, identityOf } from './destination.ts';
import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { refusalOfLogpull } from './logpull-options.ts';
import { checkReachable } from './reachability.ts';
import { bodyOf, type Call, scopeOf, type World } from './world.ts';
import { textOf } from './json.ts';

/** Questions that change nothing: rows 7, 8 and 11 to 13 of `cloudflare-api.md` §1.2. */

export function listFields(call: Call): Reply {
  return { result: fieldsIn(scopeOf(call).kind, call.params['dataset'] ?? '') ?? unknownDataset(call) };
}

/** §12.10: in the founding document and still in the docs, but in no schema. */
export function listDefaultFields(call: Call, world: World): Reply {
  if (world.switches.fields_default === 'missing')
    throw new ApiFailure(404, CODES.noRoute, noRouteText(call.path));
  return { result: defaultFieldsOf(call.params['dataset'] ?? '') ?? unknownDataset(call) };
}

export function validateDestination(call: Call, world: World): Reply {
  const conf = bodyOf(call)['destination_conf'];
  if (conf === undefined)
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: destination_conf is required');
  return verdict(() => checkReachable(checkDestination(conf, world), world));
}

/** §6.4: still served, though the rule behind it is gone. */
export function destinationExists(call: Call, world: World): Reply {
  const conf = bodyOf(call)['destination_conf'];
  if (typeof conf !== 'string') {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: destination_conf is required');
  }
  const wanted = identityOf(conf);
  const jobs = world.jobs.living(scopeOf(call).id);
  return {
    result: { exists: jobs.some((job) => identityOf(textOf(job.config['destination_conf'])) === wanted) },
  };
}

/** §1.2 row 13: `logpull_options` is required and may be null; the docs' example also sends `dataset`. */
export function validateOrigin(call: Call): Reply {
  const { logpull_options: options, dataset } = bodyOf(call);
  if (options === undefined) {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: logpull_options is required');
  }
  return verdict(() => {
    if (typeof options !== 'string') return;
    const refusal = refusalOfLogpull(options, typeof dataset === 'string' ? dataset : 'http_requests');
    if (refusal !== null) throw new ApiFailure(400, CODES.badInput, refusal);
  });
}

export function noRouteText(path: string): string {
  return `Could not route to ${path}, perhaps your object identifier is invalid?`;
}

/** §1.1: these answer 200 with `valid: false` and a message. */
function verdict(check: () => void): Reply {
  try {
    check();
    return { result: { valid: true, message: '' } };
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    return { result: { valid: false, message: error.message } };
  }
}

function unknownDataset(call: Call): never {
  throw new ApiFailure(404, CODES.badInput, `unknown dataset "${call.params['dataset'] ?? ''}"`);
}
