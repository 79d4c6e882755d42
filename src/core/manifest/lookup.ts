import type { Scope } from '../job/job.ts';
import type { Lookup } from './fill.ts';
import type { PlainKind, Reference } from './reference.ts';
import { showReference } from './reference.ts';
import type { ReferenceValues } from './world.ts';

/** What references to the scope stand for. Absent where it is not known. */
export interface ScopeNames {
  readonly zoneName?: string;
  readonly accountId?: string;
  readonly accountName?: string;
}

export interface JobNames {
  readonly name?: string;
  readonly dataset?: string;
}

export function lookupIn(scope: Scope, names: ScopeNames, job: JobNames, values: ReferenceValues): Lookup {
  return (reference) => {
    if (reference.kind === 'env') return envValue(reference, values);
    if (reference.kind === 'secret') return secretValue(reference, values);
    const value = plainValue(reference.kind, scope, names, job);
    if (value !== undefined) return { value };
    return { missing: `${showReference(reference)} is not known: the token does not see this ${scope.kind}` };
  };
}

function plainValue(kind: PlainKind, scope: Scope, names: ScopeNames, job: JobNames): string | undefined {
  const isAccount = scope.kind === 'account';
  const values: { readonly [kind in PlainKind]: string | undefined } = {
    'zone.id': scope.id,
    // One destination may serve zones and accounts alike; the id needs no right to list accounts.
    'zone.name': isAccount ? scope.id : names.zoneName,
    'account.id': isAccount ? scope.id : names.accountId,
    'account.name': names.accountName,
    'job.name': job.name,
    'job.dataset': job.dataset,
  };
  return values[kind];
}

type Found = ReturnType<Lookup>;

function envValue(reference: Reference & { readonly name: string }, { env }: ReferenceValues): Found {
  const value = env.get(reference.name);
  if (value !== undefined && value !== '') return { value };
  const what = value === '' ? 'is empty' : 'is not set';
  return {
    missing: `${showReference(reference)} ${what}: give logpushd the environment variable ${reference.name}`,
  };
}

function secretValue(
  reference: Reference & { readonly name: string },
  { secrets, unreadable, missingFolder }: ReferenceValues,
): Found {
  const { name } = reference;
  const secret = secrets.get(name);
  if (secret !== undefined && secret.reveal() !== '') return { value: secret.reveal() };
  // Without the name: said once, however many are in there.
  if (missingFolder !== undefined) {
    return {
      missing: `the secrets folder ${missingFolder} does not exist: make it, or name another with --secrets-dir or the setting "secrets_dir"`,
    };
  }
  const why = unreadable.get(name) ?? `put a file named ${name} into the secrets folder`;
  return { missing: `${showReference(reference)} cannot be used: ${why}` };
}
