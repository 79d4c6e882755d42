import { scopeWith } from './manifests.ts';
import type { Damage, HttpFault, RequestClass } from './scenario.ts';

/** Answers that Cloudflare, or something on the way, gives when things go wrong. */

const REFUSED: Readonly<Record<RequestClass, string>> = {
  list: "reading job for product 'x' is not allowed",
  get: "reading job for product 'x' is not allowed",
  zones: 'not allowed',
  create: 'creating a new job is not allowed: exceeded max jobs allowed',
  update: 'filter fields are not allowed',
  delete: 'deleting a job is not allowed',
};

/** What Cloudflare says in place of doing what it was asked; null for a fault that is more than an answer. */
export function refusalOf(kind: HttpFault['kind'], on: RequestClass): Refusal | null {
  switch (kind) {
    case 'blip':
      return { status: 403, body: failure(10_000, 'Authentication error') };
    case 'refused':
      return { status: 200, body: failure(1002, 'refused') };
    case 'no-route':
      return { status: 404, body: failure(7003, 'Could not route to this zone') };
    case 'redirect':
      return { status: 302, body: '', headers: { location: 'https://elsewhere.example.com/' } };
    case 'no-list':
      return { status: 200, body: success(null) };
    case 'empty-list':
      return { status: 200, body: success([]) };
    case 'taken':
      return { status: 400, body: failure(1007, 'a job with this destination already exists') };
    case 'dns':
      return { status: 400, body: failure(1002, 'error validating destination: DNSError') };
    case 'not-allowed':
      return { status: 403, body: failure(1004, REFUSED[on]) };
    default:
      return null;
  }
}

interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Envelope {
  result?: unknown;
  success?: boolean;
  result_info?: Record<string, unknown>;
}

/** A listing as no server would send it that is well. */
export function damaged(body: string, how: Damage): string {
  const envelope: Envelope = JSON.parse(body);
  const jobs: readonly Record<string, unknown>[] = Array.isArray(envelope.result) ? envelope.result : [];
  const [first, ...others] = jobs.length > 0 ? jobs : [{ id: 1, name: 'http' }];
  const results: Readonly<Record<Damage, Envelope>> = {
    twice: { result: [first, ...others, first] },
    'text-id': { result: [{ ...first, id: String(first?.['id']) }, ...others] },
    'zero-id': { result: [{ ...first, id: 0 }, ...others] },
    'huge-id': { result: [{ ...first, id: 2 ** 60 }, ...others] },
    'no-object': { result: [null, ...others] },
    object: { result: {} },
    text: { result: 'none' },
    count: { result: others, result_info: { count: jobs.length } },
    pages: { result: others, result_info: { page: 1, total_pages: 1, total_count: jobs.length + 1 } },
    unsuccessful: { result: [], success: false },
  };
  return JSON.stringify({ ...envelope, ...results[how] });
}

export function withJobs(body: string, more: readonly unknown[]): string {
  const envelope: Envelope = JSON.parse(body);
  if (!Array.isArray(envelope.result)) return body;
  const ids = new Set(envelope.result.map(({ id }) => id));
  const others = more.filter((job) => !ids.has(idOf(job)));
  return JSON.stringify({ ...envelope, result: [...envelope.result, ...others] });
}

function idOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
}

export function withoutZone(body: string, zone: number): string {
  const envelope: Envelope = JSON.parse(body);
  if (!Array.isArray(envelope.result)) return body;
  const result = envelope.result.filter((one) => scopeWith(idOf(one)) !== zone);
  const missing = envelope.result.length - result.length;
  const { total_count: total, count, ...info } = envelope.result_info ?? {};
  const fewer = (value: unknown): object | number => (typeof value === 'number' ? value - missing : {});
  return JSON.stringify({
    ...envelope,
    result,
    result_info: {
      ...info,
      ...(total === undefined ? {} : { total_count: fewer(total) }),
      ...(count === undefined ? {} : { count: fewer(count) }),
    },
  });
}

function success(result: unknown): string {
  return JSON.stringify({ success: true, errors: [], messages: [], result });
}

export function failure(code: number, message: string): string {
  return JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null });
}

/** A listing that lacks some of its jobs, by the bits of a number. */
export function withoutJobs(body: string, bits: number): string {
  const envelope: Envelope = JSON.parse(body);
  if (!Array.isArray(envelope.result)) return body;
  const result = envelope.result.filter((_, index) => ((bits >> (index % 5)) & 1) === 0);
  return JSON.stringify({ ...envelope, result });
}
