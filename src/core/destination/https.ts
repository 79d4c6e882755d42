import { compareText } from '../problem.ts';
import {
  type DestinationSpec,
  type DestinationType,
  type NamedTexts,
  plainIn,
  queryOf,
  type UriParts,
} from './destination-type.ts';
import { destinationRules, none } from './rules.ts';

/** Hooks carry their token in the path or the query, so both are hidden. */
const RULES = destinationRules({ openPath: none });

const HEADER = 'header_';

/** Any receiver of POSTs: `url`, encoded as URLs are, and plain names and values in `headers` and `params`. */
export const HTTPS: DestinationType = {
  type: 'https',
  batch: null,
  output: null,
  scheme: 'https',
  requiredKeys: ['url'],
  alternatives: [],
  secretKeys: [],
  params: null,
  rules: RULES,
  build: buildHttps,
  read: readHttps,
};

function buildHttps(spec: DestinationSpec): string {
  // A fragment is never sent to a server: what is written after `#` can only have been meant as a character.
  const url = String(plainIn(spec, 'url')).replaceAll('#', '%23');
  const headers = byName(textsIn(spec, 'headers')).map(([name, value]) => [HEADER + name, value] as const);
  const query = queryOf([...byName(textsIn(spec, 'params')), ...headers]);
  if (query === '') return url;
  if (!url.includes('?')) return url + query;
  return /[?&]$/.test(url) ? url + query.slice(1) : `${url}&${query.slice(1)}`;
}

function readHttps({ place, params }: UriParts): DestinationSpec | null {
  if (params === null) return null;
  const headers = [...params].filter(([name]) => name.startsWith(HEADER));
  const others = [...params].filter(([name]) => !name.startsWith(HEADER));
  return {
    type: 'https',
    url: `https://${place}`,
    ...mapOf(
      'headers',
      headers.map(([name, value]) => [name.slice(HEADER.length), value]),
    ),
    ...mapOf('params', others),
  };
}

function mapOf(
  key: string,
  entries: readonly (readonly [name: string, value: string])[],
): { readonly [key: string]: NamedTexts } {
  return entries.length === 0 ? {} : { [key]: Object.fromEntries(entries) };
}

/** The order of keys in a manifest means nothing, so it must not change the text. */
function byName(values: NamedTexts): readonly (readonly [string, string])[] {
  return Object.entries(values).toSorted(([a], [b]) => compareText(a, b));
}

export function textsIn(spec: DestinationSpec, key: string): NamedTexts {
  const value = spec[key];
  return typeof value === 'object' ? value : {};
}
