/** What is known of one type of destination; one file a type says it (`cloudflare-api.md` §6.1). */
import { type Codec, FOLDER, type Plain, TEXT } from './codec.ts';
import { decodePercent, encodeParameter } from './percent.ts';
import { type DestinationRules, destinationRules } from './rules.ts';

/** What the manifest holds under `destination`, with its references resolved: values are plain, not encoded. */
export interface DestinationSpec {
  readonly type: string;
  readonly [key: string]: Plain | NamedTexts;
}

/** Headers or parameters by name. */
export interface NamedTexts {
  readonly [name: string]: string;
}

/** A key of the manifest that becomes a parameter of the URI. */
export interface Parameter {
  readonly key: string;
  /** As in the URI. */
  readonly name: string;
  /** As older documentation of Cloudflare spells the name. */
  readonly formerly?: string;
  readonly codec?: Codec;
  readonly secret?: true;
  /** Says where the bucket or stream is: see `placeParams` of the rules. */
  readonly isPlace?: true;
  readonly optional?: true;
  /** Sent where the manifest has no such key. */
  readonly fallback?: string;
}

/** A URI, taken apart. */
export interface UriParts {
  /** Behind the scheme and before the query, as written. */
  readonly place: string;
  /** Behind the `?`, as written. */
  readonly query: string;
  /** Decoded, by decoded name; null where a name occurs twice or stands alone. */
  readonly params: ReadonlyMap<string, string> | null;
}

/** What a receiver takes at once, as Cloudflare documents it. */
export interface BatchLimits {
  /** As its maker calls it. */
  readonly receiver: string;
  /** `usual`: unless a job says less. `fixed`: whatever a job says. `asked`: only where a job says so. */
  readonly rule: 'usual' | 'fixed' | 'asked';
  readonly bytes: number;
  readonly records?: number;
}

/** Which `output_options` a receiver needs. */
export interface OutputNeed {
  readonly isMet: (options: { readonly [option: string]: unknown }) => boolean;
  /** Why, and what to write. */
  readonly message: string;
}

export interface DestinationType {
  /** As the manifest calls it. */
  readonly type: string;
  /** In lower case. */
  readonly scheme: string;
  readonly requiredKeys: readonly string[];
  /** Groups of keys of which exactly one has to be there, and whole. */
  readonly alternatives: readonly (readonly string[])[];
  /** Keys whose value is a credential. */
  readonly secretKeys: readonly string[];
  /** Of the URI, as documented; null where a person may add others. */
  readonly params: readonly Parameter[] | null;
  readonly rules: DestinationRules;
  /** Null where none are documented. */
  readonly batch: BatchLimits | null;
  readonly output: OutputNeed | null;
  readonly build: (spec: DestinationSpec) => string;
  /** The keys that mean this URI, or null where this type has none for it. */
  readonly read: (uri: UriParts) => DestinationSpec | null;
}

interface Layout {
  readonly type: string;
  /** As in `gs://{bucket}/{path}`: every name in braces is a key. */
  readonly place: string;
  /** How a key of `place` is written; {@link TEXT} where nothing is said. */
  readonly codecs?: { readonly [key: string]: Codec };
  readonly secretPlaces?: readonly string[];
  /** In the order of Cloudflare's documentation. */
  readonly params?: readonly Parameter[];
  readonly alternatives?: DestinationType['alternatives'];
  readonly rules?: Partial<DestinationRules>;
  readonly batch?: BatchLimits;
  readonly output?: OutputNeed;
}

/** A type whose URI is a place with keys in it and a list of parameters. */
export function destinationType(layout: Layout): DestinationType {
  const { type, place, codecs = {}, params = [], secretPlaces = [], alternatives = [] } = layout;
  const { rules, batch = null, output = null } = layout;
  const [scheme = ''] = place.split('://');
  const isOpen = ({ secret }: Parameter): boolean => secret !== true;
  const codecOf = (key: string): Codec => codecs[key] ?? TEXT;
  const requiredKeys = [
    ...keysOf(place).filter((key) => codecs[key] !== FOLDER),
    ...params.filter(({ optional, fallback }) => !optional && fallback === undefined).map(({ key }) => key),
  ];
  const secretKeys = [...secretPlaces, ...params.filter(({ secret }) => secret).map(({ key }) => key)];
  return {
    type,
    batch,
    output,
    scheme,
    requiredKeys,
    alternatives,
    secretKeys,
    params,
    rules: destinationRules({
      openParams: new Set(params.filter(isOpen).map(({ name }) => name)),
      placeParams: params.filter(({ isPlace }) => isPlace).map(({ name }) => name),
      ...rules,
    }),
    build: (spec) =>
      place.replaceAll(KEY, (_, key: string) => codecOf(key).write(plainIn(spec, key) ?? '')) +
      queryOf(params.map((param) => [param.name, parameterText(param, spec)])),
    read(uri) {
      const placed = readPlace(place, codecOf, uri.place);
      const read = uri.params === null ? null : readParameters(params, uri.params);
      if (placed === null || read === null) return null;
      const spec = { type, ...placed, ...read };
      return isWhole(spec, requiredKeys, alternatives, secretKeys) ? spec : null;
    },
  };
}

function isWhole(
  spec: DestinationSpec,
  required: readonly string[],
  alternatives: DestinationType['alternatives'],
  secrets: readonly string[],
): boolean {
  // Cloudflare may show an empty text in place of a secret.
  const isSet = (key: string): boolean =>
    spec[key] !== undefined && (spec[key] !== '' || secrets.includes(key));
  return required.every(isSet) && hasOneOf(alternatives, isSet);
}

/** Whether one of the groups is there, and nothing of the others. */
export function hasOneOf(
  alternatives: DestinationType['alternatives'],
  isSet: (key: string) => boolean,
): boolean {
  if (alternatives.length === 0) return true;
  const begun = alternatives.filter((keys) => keys.some(isSet));
  return begun.length === 1 && begun.flat().every(isSet);
}

function keysOf(place: string): readonly string[] {
  return [...place.matchAll(KEY)].map(([, key = '']) => key);
}

const KEY = /\{([a-z_]+)\}/g;

function parameterText({ key, codec, fallback }: Parameter, spec: DestinationSpec): string | undefined {
  const value = plainIn(spec, key);
  if (value === undefined) return fallback;
  return codec === undefined ? String(value) : codec.write(value);
}

export function plainIn(spec: DestinationSpec, key: string): Plain | undefined {
  const value = spec[key];
  return typeof value === 'object' ? undefined : value;
}

type Values = { readonly [key: string]: Plain };

function readPlace(place: string, codecOf: (key: string) => Codec, text: string): Values | null {
  const [, layout = ''] = place.split('://');
  const keys = keysOf(layout);
  const pattern = layout
    .split(KEY)
    .map((part, index) => (index % 2 === 0 ? RegExp.escape(part) : `(${codecOf(part).pattern})`))
    .join('');
  // An empty path and `/` are one.
  const match = new RegExp(`^${pattern.replace(/\\\/\(\.\*\)$/, '(?:/(.*))?')}$`, 's').exec(text);
  if (match === null) return null;
  const values = keys.flatMap((key, index) => {
    const value = codecOf(key).read(match[index + 1] ?? '');
    return value === null ? [] : [[key, value] as const];
  });
  if (values.length < keys.length) return null;
  return Object.fromEntries(values.filter(([, value]) => value !== ''));
}

function readParameters(known: readonly Parameter[], given: ReadonlyMap<string, string>): Values | null {
  const byName = new Map(known.map((param) => [param.name, param]));
  const values: [string, Plain][] = [];
  for (const [name, text] of given) {
    const param = byName.get(name);
    const value = param === undefined ? null : (param.codec?.read(text) ?? (param.codec ? null : text));
    if (param === undefined || value === null) return null;
    if (text !== param.fallback) values.push([param.key, value]);
  }
  const order = known.map(({ key }) => key);
  return Object.fromEntries(values.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

/** Leaves out what is not set. */
export function queryOf(params: readonly (readonly [name: string, value: string | undefined])[]): string {
  const written = params.flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeParameter(name)}=${encodeParameter(value)}`],
  );
  return written.length === 0 ? '' : `?${written.join('&')}`;
}

export function uriParts(text: string): UriParts {
  const border = text.indexOf('://') + '://'.length;
  const mark = text.indexOf('?');
  const query = mark < 0 ? '' : text.slice(mark + 1);
  return { place: text.slice(border, mark < 0 ? undefined : mark), query, params: paramsOf(query) };
}

function paramsOf(query: string): ReadonlyMap<string, string> | null {
  const segments = query.split('&').filter((segment) => segment !== '');
  if (!segments.every((segment) => segment.includes('='))) return null;
  const params = new Map(
    segments.map((segment) => {
      const equals = segment.indexOf('=');
      return [
        decodePercent(segment.slice(0, equals), 'space'),
        decodePercent(segment.slice(equals + 1), 'space'),
      ];
    }),
  );
  return params.size === segments.length ? params : null;
}
