/** The server could not be started; the message names the address and what to do. */
export class ListenError extends Error {
  /** As in `127.0.0.1:8080`. */
  readonly address: string;
  /** Node's code, as in `EADDRINUSE`. */
  readonly code: string;
  /** As in Node's own errors of this kind, by which commands know it. */
  readonly syscall = 'listen';

  constructor(host: string, port: number, code: string) {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    super(`Health, metrics and status cannot listen on ${address}: ${CAUSES[code] ?? code}. ${REMEDY}`);
    this.name = 'ListenError';
    this.address = address;
    this.code = code;
  }
}

const CAUSES: { readonly [code: string]: string } = {
  EADDRINUSE: 'another process listens there, perhaps another logpushd',
  EACCES: 'this process may not use that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'that host name is not known',
};

const REMEDY = 'Set "http" (or LOGPUSHD_HTTP) to another address, as in 127.0.0.1:8081, or to "off".';
