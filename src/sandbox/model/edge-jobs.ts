import { ApiFailure, CODES, type Reply } from './envelope.ts';
import { refusalOfFilter } from './filter-grammar.ts';
import type { JsonRecord } from './json.ts';
import { bodyOf, type Call, scopeOf, type World } from './world.ts';

/** Instant Logs sessions (row 14 of `cloudflare-api.md` §1.2): one a zone, served under two paths. */

/** §1.2: a session ends after 5 minutes without a listener, and nobody can listen to the sandbox. */
const LIFE_MS = 5 * 60_000;
const REFUSAL = 'creating a new instant logs job is not allowed';

export interface Session {
  readonly expiresAt: number;
  readonly shown: JsonRecord;
}

export function listEdgeJobs(call: Call, world: World): Reply {
  const session = liveSession(scopeOf(call).id, world);
  return { result: session === null ? [] : [session.shown] };
}

export function createEdgeJob(call: Call, world: World): Reply {
  const scope = scopeOf(call);
  const { fields = '', filter = '', sample = 1, kind = 'instant-logs' } = bodyOf(call);
  if (typeof fields !== 'string' || typeof filter !== 'string') {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: fields and filter are strings');
  }
  // §1.2: 1 is everything, 10 is 10 %.
  if (typeof sample !== 'number' || sample < 1) {
    throw new ApiFailure(400, CODES.badInput, 'error parsing input: sample is at least 1');
  }
  const context = { dataset: 'http_requests', firewallFields: world.switches.firewall_filter };
  const refusal = filter === '' ? null : refusalOfFilter(filter, context);
  if (refusal !== null) throw new ApiFailure(400, CODES.notAllowed, `${REFUSAL}: ${refusal}`);
  // §7: one session a zone.
  if (liveSession(scope.id, world) !== null) {
    throw new ApiFailure(403, CODES.notAllowed, `${REFUSAL}: exceeded max jobs allowed`);
  }
  const id = world.ids.hex(32);
  const shown = {
    id: world.jobs.nextId(scope.id),
    destination_conf: `wss://logs.cloudflare.com/instant-logs/ws/sessions/${id}`,
    fields,
    filter,
    kind,
    sample,
    session_id: id,
  };
  world.sessions.set(scope.id, { expiresAt: world.now() + LIFE_MS, shown });
  return { result: shown };
}

function liveSession(zoneId: string, world: World): Session | null {
  const session = world.sessions.get(zoneId);
  return session !== undefined && world.now() < session.expiresAt ? session : null;
}
