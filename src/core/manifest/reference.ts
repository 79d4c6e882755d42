import { nearest } from './nearest.ts';

/** `${env:NAME}`, `${secret:NAME}` and what the scope and the job are called. `$${` stands for a plain `${`. */
export const PLAIN_KINDS = [
  'zone.name',
  'zone.id',
  'account.id',
  'account.name',
  'job.name',
  'job.dataset',
] as const;
export type PlainKind = (typeof PLAIN_KINDS)[number];

export type Reference =
  { readonly kind: 'env' | 'secret'; readonly name: string } | { readonly kind: PlainKind };

/** Parts of a text, in order: what stands there, and what is put in. */
export interface ReferenceText {
  readonly parts: readonly (string | Reference)[];
  /** What is wrong with references in it, each a message. */
  readonly faults: readonly string[];
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** What a key of a Kubernetes Secret can be called, and thus a file. Never a path. */
const SECRET_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/;
const ALL_KINDS: readonly string[] = ['env:NAME', 'secret:NAME', ...PLAIN_KINDS];

export function parseReferences(text: string): ReferenceText {
  const parts: (string | Reference)[] = [];
  const faults: string[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('$', at);
    if (next === -1) break;
    literal += text.slice(at, next);
    if (text.startsWith('$${', next)) {
      literal += '${';
      at = next + 3;
    } else if (text.startsWith('${', next)) {
      const end = text.indexOf('}', next);
      const inside = text.slice(next + 2, end === -1 ? undefined : end);
      const reference = referenceOf(inside, end !== -1);
      if (typeof reference === 'string') faults.push(reference);
      else {
        if (literal !== '') parts.push(literal);
        literal = '';
        parts.push(reference);
      }
      at = end === -1 ? text.length : end + 1;
    } else {
      literal += '$';
      at = next + 1;
    }
  }
  literal += text.slice(at);
  if (literal !== '') parts.push(literal);
  return { parts, faults };
}

export function hasReference(text: string): boolean {
  return parseReferences(text).parts.some((part) => typeof part !== 'string');
}

export function referencesIn(text: string): readonly Reference[] {
  return parseReferences(text).parts.filter((part) => typeof part !== 'string');
}

/** As written: `${secret:r2-key}`. */
export function showReference(reference: Reference): string {
  return 'name' in reference ? `\${${reference.kind}:${reference.name}}` : `\${${reference.kind}}`;
}

/** Names that would hand our own credentials to a destination (`reliability.md` H56). A proxy's may be in its URL. */
export function isForbidden(reference: Reference): boolean {
  if (reference.kind !== 'env') return false;
  return /^(CLOUDFLARE_API_|CLOUDFLARE_EMAIL$|LOGPUSHD_|(HTTPS?|ALL)_PROXY$)/i.test(reference.name);
}

/** The reference, or what is wrong with it. What is inside is shown only where it cannot be a pasted secret. */
function referenceOf(inside: string, closed: boolean): Reference | string {
  if (inside.includes('${'))
    return 'A reference stands inside a reference. Write one after the other, or put the whole value into one secret.';
  if (!closed)
    return 'A reference that starts with "${" is not closed with "}". For a plain "${" write "$${".';
  const plain = PLAIN_KINDS.find((kind) => kind === inside);
  if (plain !== undefined) return { kind: plain };
  const colon = inside.indexOf(':');
  const [kind, name] = colon === -1 ? [inside, undefined] : [inside.slice(0, colon), inside.slice(colon + 1)];
  if (name !== undefined && kind === 'env')
    return ENV_NAME.test(name)
      ? { kind, name }
      : badName('env', 'a letter or "_", then letters, digits and "_"');
  if (name !== undefined && kind === 'secret')
    return SECRET_NAME.test(name)
      ? { kind, name }
      : badName('secret', 'letters, digits, ".", "_" and "-", without a folder');
  return unknownReference(kind);
}

function badName(kind: string, allowed: string): string {
  return `The name in a \${${kind}:NAME} reference consists of ${allowed}.`;
}

function unknownReference(kind: string): string {
  const isWord = /^[A-Za-z._-]{1,20}$/.test(kind);
  const shown = isWord ? `"\${${kind}…}" is not a reference` : 'This is not a reference';
  if (kind === 'DATE') return `${shown}: Cloudflare's own {DATE} is written without "$".`;
  const near = isWord ? nearest(kind, ['env', 'secret', ...PLAIN_KINDS]) : undefined;
  const guess = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `${shown}.${guess} There are ${ALL_KINDS.map((one) => `\${${one}}`).join(', ')}; a plain "\${" is written "$\${".`;
}
