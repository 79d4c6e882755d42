import type { Secret } from '../core/secret.ts';

export interface DaemonQuestion {
  /** Without a slash at the end. */
  readonly url: string;
  /** As in `/api/v1/status`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly query?: { readonly [name: string]: string };
  readonly token?: Secret | null;
  readonly signal: AbortSignal;
}

export type DaemonAnswer =
  | { readonly status: number; readonly body: unknown }
  /** Nobody answers there: a clause, as in `connection refused`. */
  | { readonly unreachable: string };

const TIMEOUT_MS = 10_000;

/** Asks a daemon that runs elsewhere. Never rejects but for a bug. */
export async function askDaemon(question: DaemonQuestion): Promise<DaemonAnswer> {
  const { url, path, method, query = {}, token = null, signal } = question;
  try {
    const response = await fetch(`${url}${path}?${new URLSearchParams(query).toString()}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(token !== null && { headers: { authorization: `Bearer ${token.reveal()}` } }),
    });
    return { status: response.status, body: parsed(await response.text()) };
  } catch (error) {
    return { unreachable: causeOf(error) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const CAUSES: { readonly [code: string]: string } = {
  ECONNREFUSED: 'the connection is refused',
  ENOTFOUND: 'the host is not known',
  EHOSTUNREACH: 'the host cannot be reached',
  ECONNRESET: 'the connection was closed',
};

/** `fetch` hides why it failed one level down. */
function causeOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${TIMEOUT_MS / 1000} s`;
  if (error instanceof Error && error.name === 'AbortError') return 'interrupted';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return CAUSES[code] ?? (code === '' ? 'the request failed' : code);
}
