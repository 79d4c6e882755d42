const REASONS: { readonly [code: string]: string } = {
  EADDRINUSE: 'something else listens there already',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not; take a port above 1023',
  ENOTFOUND: 'this host is not known',
};

/** Why a server could not listen on an address, for people; null when the error is about something else. */
export function listenTrouble(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return null;
  const reason = REASONS[String(error.code)];
  const isListening = error.syscall === 'listen' || error.syscall === 'getaddrinfo';
  return isListening && reason !== undefined ? `${reason} (${String(error.code)})` : null;
}
