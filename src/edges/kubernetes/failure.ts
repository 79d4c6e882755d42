import { cleanText, shorten } from '../../core/render/foreign-text.ts';
import { ClusterError, type ClusterFault } from '../../reconcile/cluster-error.ts';

/** The longest part of what the API server says that goes into a message. */
const LONGEST_REASON = 300;

/** Which fault an answer of this status is. The `reason` of a Status tells what one status means twice. */
function faultOf(status: number, reason: string): ClusterFault {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not-found';
    case 409:
      return reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
    case 410:
      return 'expired';
    case 413:
      return 'too-large';
    case 429:
    case 503:
      return 'busy';
    default:
      return status >= 500 ? 'failing' : status >= 400 ? 'invalid' : 'damaged';
  }
}

/** What of these the API server says in its own words tells a person which right or which field it is. */
const QUOTED: ReadonlySet<ClusterFault> = new Set(['forbidden', 'invalid', 'not-found']);

/** The failure for an answer that is not a success; `text` is its body, a Status of Kubernetes or anything else. */
export function failureOf(action: string, status: number, text: string): ClusterError {
  const { reason, message } = statusOf(text);
  const fault = faultOf(status, reason);
  if (message === '' || !QUOTED.has(fault)) return new ClusterError(fault, { action, status });
  const cause = shorten(cleanText(message), LONGEST_REASON).replace(/\.$/, '');
  return new ClusterError(fault, { action, status, cause });
}

/** The failure of a line of a watch that is a Status in place of an object. */
export function watchFailureOf(action: string, status: object): ClusterError {
  const code = 'code' in status && typeof status.code === 'number' ? status.code : 500;
  return failureOf(action, code, JSON.stringify(status));
}

function statusOf(text: string): { readonly reason: string; readonly message: string } {
  const parsed = parse(text);
  const field = (name: string): string => {
    const value: unknown = Object.entries(parsed).find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value : '';
  };
  return field('kind') === 'Status'
    ? { reason: field('reason'), message: field('message') }
    : { reason: '', message: '' };
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const NETWORK: { readonly [code: string]: string | undefined } = {
  ECONNREFUSED: 'the API server refuses connections',
  ENOTFOUND: 'the host name of the API server does not exist (DNS)',
  EAI_AGAIN: 'the host name of the API server could not be looked up (DNS)',
  EHOSTUNREACH: 'there is no route to the API server',
  ENETUNREACH: 'there is no route to the API server',
  ECONNRESET: 'the connection to the API server ended before an answer',
  EPIPE: 'the connection to the API server ended before an answer',
  UND_ERR_SOCKET: 'the connection to the API server ended before an answer',
  UND_ERR_CONNECT_TIMEOUT: 'the API server takes no connection',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the API server is for another host name',
  CERT_HAS_EXPIRED: 'the certificate of the API server has expired',
};

/** The failure of an exchange that got no answer. Of the foreign error only its code is used. */
export function networkFailureOf(action: string, error: unknown): ClusterError {
  const code = codeOf(error);
  const cause = NETWORK[code] ?? otherCause(code);
  return new ClusterError('unreachable', { action, cause });
}

function otherCause(code: string): string {
  if (/^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_SSL_|ERR_TLS_)/.test(code))
    return `the certificate of the API server is not trusted (${code})`;
  return code === '' ? 'the network failed' : `the network failed (${code})`;
}

/** Errors of `fetch` hold the one that tells inside. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(error.code))
    return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}
