import { shown } from './finding.ts';

/** Where logpushd remembers which jobs it owns. */
export type StatePlace =
  | { readonly kind: 'file'; readonly path: string }
  /** ConfigMaps of that name. */
  | { readonly kind: 'kubernetes'; readonly name: string }
  | { readonly kind: 'memory' };

/** A DNS label; further ConfigMaps bear a number behind it. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/u;

/** Null for what is none. */
export function statePlace(text: string): StatePlace | null {
  if (text === 'memory') return { kind: 'memory' };
  const [, kind, place = ''] = /^(file|kubernetes):(.+)$/su.exec(text) ?? [];
  if (kind === 'file') return { kind, path: place };
  return kind === 'kubernetes' && NAME.test(place) ? { kind, name: place } : null;
}

/** As it is written. */
export function stateText(place: StatePlace): string {
  if (place.kind === 'memory') return 'memory';
  return place.kind === 'file' ? `file:${place.path}` : `kubernetes:${place.name}`;
}

export function whyNoState(text: string): string {
  if (text.startsWith('kubernetes:')) {
    return `${shown(text)} does not name a ConfigMap. Write "kubernetes:NAME" with at most 60 small letters, digits and hyphens.`;
  }
  return `${shown(text)} is no place for the state. Write "file:PATH", as in "file:.logpushd/state", "kubernetes:NAME", or "memory".`;
}
