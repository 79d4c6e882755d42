import { compareText } from '../problem.ts';
import { destinationRules, none } from './rules.ts';
import { queryOf } from './s3.ts';

/** Any receiver of POSTs. `url` is a URL, encoded as URLs are; names and values of the maps are plain. */
export interface HttpsSpec {
  readonly type: 'https';
  readonly url: string;
  /** Become request headers. */
  readonly headers?: { readonly [name: string]: string };
  /** Stay in the query of the request. */
  readonly params?: { readonly [name: string]: string };
}

/** Hooks carry their token in the path or the query, so both are hidden. */
export const HTTPS = destinationRules({ openPath: none });

/** Its path is the same for everybody; its key is in `Api-Key`. */
export const NEW_RELIC = destinationRules({ openParams: new Set(['format']) });

export function isNewRelic(host: string): boolean {
  return /^log-api\.(?:eu\.)?newrelic\.com(?::443)?$/i.test(host);
}

export function buildHttps(spec: HttpsSpec): string {
  // A fragment is never sent to a server: what is written after `#` can only have been meant as a character.
  const url = spec.url.replaceAll('#', '%23');
  const headers = byName(spec.headers).map(([name, value]) => [`header_${name}`, value] as const);
  const query = queryOf([...byName(spec.params), ...headers]);
  if (query === '') return url;
  if (!url.includes('?')) return url + query;
  return /[?&]$/.test(url) ? url + query.slice(1) : `${url}&${query.slice(1)}`;
}

/** The order of keys in a manifest means nothing, so it must not change the text. */
function byName(values: { readonly [name: string]: string } = {}): readonly (readonly [string, string])[] {
  return Object.entries(values).toSorted(([a], [b]) => compareText(a, b));
}
