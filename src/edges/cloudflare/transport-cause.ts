/** Why an exchange failed, in our words: the texts of Node and axios carry addresses, paths and certificates. */
export interface Cause {
  readonly cause: string;
  /** `damaged`: an answer came and is of no use. `certificate`: whoever is there does not prove to be Cloudflare. */
  readonly fault: 'passing' | 'damaged' | 'certificate';
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'the host name does not exist (DNS)',
  EAI_AGAIN: 'the host name could not be looked up (DNS)',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the host',
  ETIMEDOUT: 'no connection within the time limit of the operating system',
  ECONNRESET: 'the connection ended before an answer',
  ECONNABORTED: 'the connection ended before an answer',
  EPIPE: 'the connection ended before an answer',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection ended before the whole answer',
  ERR_PROXY_TUNNEL: 'the proxy did not open a tunnel (see HTTPS_PROXY)',
  ERR_PROXY_INVALID_CONFIG: 'the proxy address is not valid (see HTTPS_PROXY)',
  EPROTO: 'the TLS handshake failed',
};

const CERTIFICATES: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
};

const UNTRUSTED = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_)/;

export function transportCause(error: unknown): Cause {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('maxContentLength')) return { cause: 'the answer is too large', fault: 'damaged' };
  if (message === 'stream has been aborted') {
    return { cause: 'the connection ended before the whole answer', fault: 'passing' };
  }
  if (code.startsWith('HPE_')) return { cause: `the answer is not valid HTTP (${code})`, fault: 'damaged' };
  if (code.startsWith('Z_') || code.startsWith('ERR__ERROR_')) {
    return { cause: 'the compression of the answer is damaged', fault: 'damaged' };
  }
  const known = CAUSES[code];
  if (known !== undefined) return { cause: known, fault: 'passing' };
  const certificate = CERTIFICATES[code] ?? (UNTRUSTED.test(code) ? untrusted(code) : null);
  if (certificate !== null) return { cause: certificate, fault: 'certificate' };
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return { cause: `the TLS handshake failed (${code})`, fault: 'passing' };
  }
  return { cause: code === '' ? 'network failure' : `network failure (${code})`, fault: 'passing' };
}

function untrusted(code: string): string {
  return `the certificate is not trusted (${code}); for an authority of your own set NODE_EXTRA_CA_CERTS to its PEM file`;
}

/** Errors of several addresses tried in turn hold the code inside. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(error.code)) {
    return error.code;
  }
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}
