import { shown } from './finding.ts';

/** Why a credential must not be sent to this address, or null: it goes to https, or stays on this machine. */
export function whyNoEndpoint(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return 'The endpoint is not an http or https address. Write it as in "https://storage.example.com".';
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return 'The endpoint has a user, a password, a query or a fragment. Write only host and path.';
  }
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return null;
  return `${shown(text)} would send the credential unencrypted to ${url.hostname}. Use https; http is for this machine only.`;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
