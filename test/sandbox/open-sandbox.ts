import { onTestFinished } from 'vitest';
import { type RunningSandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';

export const START = Date.parse('2026-10-01T00:00:00Z');

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The envelope; fields are read loosely, for that is what is under test. */
  readonly json: any;
}

export interface OpenSandbox extends RunningSandbox {
  readonly zone: string;
  readonly account: string;
  /** A call to the API, path below `/client/v4`. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  /** A call to the control endpoints. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** Creates a job in the first zone and returns it. */
  readonly create: (fields?: Record<string, unknown>) => Promise<any>;
  readonly get: (id: number) => Promise<any>;
  readonly list: () => Promise<any[]>;
  readonly put: (id: number, fields: Record<string, unknown>) => Promise<Answer>;
}

/** A sandbox on a port of its own and on a clock that stands still, closed at the end of the test. */
export async function openSandbox(options: SandboxOptions = {}): Promise<OpenSandbox> {
  const sandbox = await startSandbox({ now: () => START, ...options });
  onTestFinished(() => sandbox.close());
  const zone = sandbox.model.zones()[0]?.id ?? '';
  const account = sandbox.model.accounts()[0]?.id ?? '';
  const jobs = `/zones/${zone}/logpush/jobs`;
  const call: OpenSandbox['call'] = (method, path, body, headers) =>
    request(`${sandbox.url}${path}`, method, body, { authorization: 'Bearer test-token', ...headers });
  return {
    ...sandbox,
    zone,
    account,
    call,
    control: (method, path, body) => request(`${sandbox.origin}/sandbox${path}`, method, body, {}),
    create: async (fields = {}) => {
      const answer = await call('POST', jobs, { destination_conf: 'https://logs.example.net/in', ...fields });
      if (answer.status >= 300) throw new Error(answer.text);
      return answer.json.result;
    },
    get: async (id) => (await call('GET', `${jobs}/${id}`)).json.result,
    list: async () => (await call('GET', jobs)).json.result,
    put: (id, fields) => call('PUT', `${jobs}/${id}`, fields),
  };
}

async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await fetch(url, { method, headers, redirect: 'manual', ...sent });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOrNull(text) };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
