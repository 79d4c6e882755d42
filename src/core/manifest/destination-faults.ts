import { hasReference, parseReferences } from './reference.ts';
import { hasUnsafeCharacter, unsafeCharacterIn } from './showing.ts';

const LONGEST = 4096;

/** What Cloudflare would refuse in a `destination_conf` whatever its type, without a word of what is in it. */
export function destinationFault(conf: string): string | undefined {
  if (conf.length > LONGEST) {
    return `The destination has ${conf.length} characters; Cloudflare takes at most ${LONGEST}.`;
  }
  if (hasUnsafeCharacter(conf)) {
    return `The destination holds ${unsafeCharacterIn(conf)}, a control, direction or invisible character. Type it anew.`;
  }
  if (/\s/.test(conf)) return 'The destination holds a space. In a path or parameter it is written %20.';
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(conf)) {
    return 'The destination has no scheme. It starts as in s3://, r2://, gs://, azure://, https:// or datadog://.';
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/([/?#]|$)/i.test(conf)) {
    return 'The destination has no host or bucket after "://".';
  }
  if (hasReference(conf)) {
    return 'The destination would hold a reference as plain text. Write "${…}" with one "$" to have it filled in.';
  }
  return undefined;
}

/** The same before its references are filled in: a value stands for each, so that its braces and length are not counted. */
export function writtenDestinationFault(conf: string): string | undefined {
  const { parts } = parseReferences(conf);
  if (typeof parts[0] !== 'string') return undefined;
  return destinationFault(parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''));
}
