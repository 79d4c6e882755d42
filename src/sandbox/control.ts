import { type FaultPort, FaultError } from './faults.ts';
import type { CloudflareModel } from './model/cloudflare.ts';
import { isInteger, isRecord, type Json, type JsonRecord } from './model/json.ts';
import { ZONE_STATUSES, ZONE_TYPES } from './model/world.ts';
import type { RequestLog } from './request-log.ts';
import { SwitchError } from './switch-check.ts';

/** What a test or a person turns while the sandbox runs: everything under `/sandbox`. */
export interface Controlled {
  readonly model: CloudflareModel;
  readonly faults: FaultPort;
  readonly requests: RequestLog;
  readonly time: VirtualTime;
}

/** The sandbox's clock: the real one, or a test's, plus what was added. */
export interface VirtualTime {
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  readonly reset: () => void;
}

export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The request is not one; the message says what to send instead. */
class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Action = (request: ControlRequest, on: Controlled) => unknown;

const ACTIONS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  switches: {
    GET: (_, { model }) => model.switches,
    PATCH: (request, { model }) => model.changeSwitches(bodyOf(request)),
    PUT: (request, { model }) => model.replaceSwitches(bodyOf(request)),
  },
  faults: {
    GET: (_, { faults }) => faults.list(),
    POST: (request, { faults }) => faults.add(bodyOf(request)),
    DELETE: removeFaults,
  },
  requests: {
    GET: (_, { requests }) => requests.list(),
    DELETE: (_, { requests }) => requests.clear(),
  },
  zones: {
    GET: (_, { model }) => model.zones(),
    POST: addZone,
    DELETE: removeZone,
  },
  accounts: {
    GET: (_, { model }) => model.accounts(),
    POST: (request, { model }) => model.addAccount(textIn(bodyOf(request), 'name')),
  },
  jobs: {
    GET: (request, { model }) => model.jobs(request.query.get('scope') ?? ''),
    POST: plantJob,
  },
  time: {
    GET: (_, { time }) => ({ now: new Date(time.now()).toISOString() }),
    POST: advanceTime,
  },
  destinations: {
    GET: (_, { model }) => model.failingDestinations(),
    POST: changeDestination,
  },
  reset: { POST: resetAll },
};

/** Answers one request below `/sandbox`. */
export function control(request: ControlRequest, on: Controlled): ControlAnswer {
  const [, , name = ''] = request.path.split('/');
  const actions = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (actions === undefined) {
    return refusal(
      404,
      `There is no ${request.path}; under /sandbox are ${Object.keys(ACTIONS).join(', ')}.`,
    );
  }
  const action = Object.hasOwn(actions, request.method) ? actions[request.method] : undefined;
  if (action === undefined) {
    return refusal(405, `/sandbox/${name} takes ${Object.keys(actions).join(', ')}, not ${request.method}.`);
  }
  try {
    return { status: 200, body: action(request, on) ?? { done: true } };
  } catch (error) {
    if (error instanceof ControlError) return refusal(error.status, error.message);
    if (error instanceof SwitchError || error instanceof FaultError) return refusal(400, error.message);
    throw error;
  }
}

function refusal(status: number, message: string): ControlAnswer {
  return { status, body: { error: message } };
}

function removeFaults(request: ControlRequest, { faults }: Controlled): void {
  const id = lastSegment(request);
  if (id === undefined) return faults.clear();
  if (!faults.remove(Number(id)))
    throw new ControlError(404, `There is no fault ${id}; GET /sandbox/faults lists them.`);
}

function addZone(request: ControlRequest, { model }: Controlled): unknown {
  const body = bodyOf(request);
  const status = ZONE_STATUSES.find((known) => known === (body['status'] ?? 'active'));
  const type = ZONE_TYPES.find((known) => known === (body['type'] ?? 'full'));
  if (status === undefined) throw new ControlError(400, `"status" is one of ${ZONE_STATUSES.join(', ')}.`);
  if (type === undefined) throw new ControlError(400, `"type" is one of ${ZONE_TYPES.join(', ')}.`);
  const account = body['account'];
  return model.addZone({
    name: textIn(body, 'name'),
    status,
    type,
    ...(typeof account === 'string' ? { account } : {}),
  });
}

function removeZone(request: ControlRequest, { model }: Controlled): void {
  const name = lastSegment(request) ?? '';
  if (!model.removeZone(name))
    throw new ControlError(404, `There is no zone "${name}"; DELETE /sandbox/zones/NAME.`);
}

function plantJob(request: ControlRequest, { model }: Controlled): unknown {
  const body = bodyOf(request);
  const scope = textIn(body, 'scope');
  const job = body['job'];
  if (!isRecord(job)) throw new ControlError(400, '"job" is the job object to store, as in {"name": "x"}.');
  if (model.scope(scope) === null) throw new ControlError(404, `There is no zone or account "${scope}".`);
  return model.plantJob(scope, job);
}

function advanceTime(request: ControlRequest, { time }: Controlled): unknown {
  const { advance_ms: ms } = bodyOf(request);
  // Never backwards: what has been delivered stays delivered.
  if (!isInteger(ms) || ms < 0)
    throw new ControlError(400, '"advance_ms" is a whole number of milliseconds.');
  time.advance(ms);
  return { now: new Date(time.now()).toISOString() };
}

function changeDestination(request: ControlRequest, { model }: Controlled): unknown {
  const body = bodyOf(request);
  const match = textIn(body, 'match');
  const { fail = true, code, message } = body;
  if (fail !== true) {
    if (!model.healDestination(match))
      throw new ControlError(404, `"${match}" does not fail; GET lists what does.`);
    return model.failingDestinations();
  }
  if (code !== undefined && !isInteger(code)) throw new ControlError(400, '"code" is a number, as 1105.');
  model.failDestination(match, code, typeof message === 'string' ? message : undefined);
  return model.failingDestinations();
}

function resetAll(_: ControlRequest, on: Controlled): void {
  on.time.reset();
  on.model.reset();
  on.faults.clear();
  on.requests.clear();
}

function lastSegment(request: ControlRequest): string | undefined {
  const segment = request.path.split('/')[3];
  return segment === undefined || segment === '' ? undefined : segment;
}

function textIn(body: JsonRecord, key: string): string {
  const value: Json | undefined = body[key];
  if (typeof value !== 'string' || value === '')
    throw new ControlError(400, `"${key}" is missing: a string.`);
  return value;
}

function bodyOf(request: ControlRequest): JsonRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(request.body);
  } catch {
    throw new ControlError(400, 'The body is not valid JSON.');
  }
  if (!isRecord(parsed)) throw new ControlError(400, 'The body is not a JSON object.');
  return parsed;
}
