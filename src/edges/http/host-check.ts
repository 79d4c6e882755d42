import { isIP } from 'node:net';

/**
 * Whether a request was meant for us, by its `Host` header.
 *
 * A web page can make its own name resolve to 127.0.0.1 and then read what answers there (DNS rebinding); but
 * the browser still sends that page's name. So addresses, our own names and names that nobody can register
 * (without a dot, or of a Kubernetes Service) are fine, and any other name is not. No header, as HTTP/1.0 allows,
 * cannot come from a browser.
 */
export function isOurHost(header: string | undefined, names: ReadonlySet<string>): boolean {
  if (header === undefined) return true;
  const name = nameOf(header);
  if (name === null) return false;
  return isIP(name) !== 0 || isPrivate(name) || names.has(name);
}

const PRIVATE_ENDINGS = ['.localhost', '.svc', '.svc.cluster.local'];

function isPrivate(name: string): boolean {
  return !name.includes('.') || PRIVATE_ENDINGS.some((ending) => name.endsWith(ending));
}

function nameOf(header: string): string | null {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[a-z0-9._-]+))(?::\d{1,5})?$/iu.exec(header);
  const name = match?.groups?.['v6'] ?? match?.groups?.['name'];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/u, '');
}
