import { Secret } from '../../core/secret.ts';
import type { ReferenceResolver } from '../../reconcile/ports.ts';
import { NotDelivered } from './receiver.ts';
import type { Written } from './receiver-spec.ts';

export interface RevealPorts {
  readonly references: ReferenceResolver;
  /** Called with each secret before it is used. */
  readonly onSecret: (secret: Secret) => void;
}

const REFERENCE = /^\$\{(secret|env):([^}]+)\}$/;

/** What texts of the settings stand for, read anew, so that a rotated secret is seen. @throws NotDelivered when one is missing */
export async function revealed(
  texts: readonly unknown[],
  { references, onSecret }: RevealPorts,
): Promise<(written: Written) => string> {
  const found = texts.flatMap((text) => {
    const [written, kind, name] = typeof text === 'string' ? (REFERENCE.exec(text) ?? []) : [];
    return written === undefined || name === undefined ? [] : [{ written, kind, name }];
  });
  const named = (kind: string) => new Set(found.filter((one) => one.kind === kind).map(({ name }) => name));
  const values = await references.read({ env: named('env'), secrets: named('secret') });
  const known = new Map<Written, string>();
  for (const { written, kind, name } of found) {
    const value = kind === 'secret' ? values.secrets.get(name)?.reveal() : values.env.get(name);
    if (value === undefined) {
      throw new NotDelivered('settings', `${written} cannot be read: ${whyMissing(kind, name, values)}`);
    }
    onSecret(new Secret(value));
    // Whoever is asked at an address may repeat the part that he sees of it.
    const { pathname = '', search = '' } = URL.parse(value) ?? {};
    if (pathname.length > 1) onSecret(new Secret(pathname + search));
    known.set(written, value);
  }
  return (written) => known.get(written) ?? written;
}

function whyMissing(
  kind: string | undefined,
  name: string,
  { unreadable, missingFolder }: Awaited<ReturnType<ReferenceResolver['read']>>,
): string {
  if (kind === 'env') return `the variable ${name} is not set, or is a credential of logpushd itself`;
  return missingFolder === undefined
    ? (unreadable.get(name) ?? 'it is not there')
    : `the folder ${missingFolder} is not there`;
}
