/** Slips of the hand in a plain `destination_conf`, which is otherwise taken as it is. */
import { type DestinationType, hasOneOf, type Parameter } from '../../destination/destination-type.ts';
import { DESTINATION_TYPES, typesWithParameters } from '../../destination/known-types.ts';
import type { Problem } from '../../problem.ts';
import { writtenDestinationFault } from '../destination-faults.ts';
import { finding } from '../finding.ts';
import { nearest } from '../nearest.ts';
import type { Written } from '../written.ts';
import { placeIn, textOf } from '../written.ts';
import { everyLayer } from './rule.ts';

const SCHEMES: ReadonlySet<string> = new Set([
  ...DESTINATION_TYPES.map(({ scheme }) => scheme),
  'http',
  'cos',
]);

/** What was written is not repeated: it may be a part of a secret. */
export function* misspelledDestination(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const conf = textOf(layer.body, 'destination_conf');
    if (conf === undefined || writtenDestinationFault(conf) !== undefined) continue;
    for (const message of slipsIn(conf)) {
      yield finding('unusual-destination', placeIn(layer, 'destination_conf'), message);
    }
  }
}

/** Understood, and Cloudflare may understand it, too; what is documented now is safer. */
export function* oldSpelling(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const conf = textOf(layer.body, 'destination_conf');
    if (conf === undefined) continue;
    const given = parameterNames(conf).map((name) => name.toLowerCase());
    for (const { type, params } of typesFor(conf)) {
      for (const { name, formerly } of params ?? []) {
        if (formerly === undefined || !given.includes(formerly.toLowerCase())) continue;
        const message =
          `The parameter ${name} is spelled ${formerly} here, as in older documentation. Write ${name}, or "destination" ` +
          `with "type: ${type}".`;
        yield finding('old-spelling', placeIn(layer, 'destination_conf'), message);
      }
    }
  }
}

function typesFor(conf: string): readonly DestinationType[] {
  const { scheme, host } = startOf(conf);
  return typesWithParameters(scheme.toLowerCase(), host);
}

function startOf(conf: string): { readonly scheme: string; readonly host: string } {
  const [, scheme = '', host = ''] = /^([a-z0-9]+):\/\/([^/?#]*)/i.exec(conf) ?? [];
  return { scheme, host };
}

function slipsIn(conf: string): readonly string[] {
  const { scheme } = startOf(conf);
  if (!SCHEMES.has(scheme.toLowerCase())) {
    const meant = nearest(scheme, SCHEMES);
    return meant === undefined
      ? []
      : [`The scheme of this destination is not known. Did you mean "${meant}://"?`];
  }
  const types = typesFor(conf);
  if (types.length === 0) return [];
  const given = parameterNames(conf);
  const slips = misspelled(given, types);
  if (slips.length > 0) return slips;
  // One reference may stand for a whole query.
  return /\$\{(secret|env):/.test(conf.replaceAll(/=[^&]*/g, '')) ? [] : lacking(given, types);
}

function misspelled(given: readonly string[], types: readonly DestinationType[]): readonly string[] {
  const known = types.flatMap(({ params }) => params ?? []);
  const names = known.map(({ name }) => name);
  return given.flatMap((name) => {
    const meant = known.some((one) => isSame(one, name)) ? undefined : nearest(name, names);
    return meant === undefined
      ? []
      : [
          `A parameter of this destination is not known, and Cloudflare may ignore it. Did you mean "${meant}"?`,
        ];
  });
}

function lacking(given: readonly string[], types: readonly DestinationType[]): readonly string[] {
  const isGiven = (param: Parameter): boolean => given.some((one) => isSame(param, one));
  const likeness = ({ params }: DestinationType): number => (params ?? []).filter(isGiven).length;
  const [type] = types.toSorted((a, b) => likeness(b) - likeness(a));
  const params = type?.params ?? [];
  const missing = params.filter((param) => param.optional !== true && !isGiven(param));
  if (type === undefined) return [];
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `"${name}"`).join(' and ');
    return [
      `This destination lacks ${names}, for which the documentation of Cloudflare asks. Add what is missing.`,
    ];
  }
  const isSet = (key: string): boolean => params.some((param) => param.key === key && isGiven(param));
  if (hasOneOf(type.alternatives, isSet)) return [];
  const nameOf = (key: string): string => params.find((param) => param.key === key)?.name ?? key;
  const groups = type.alternatives.map((keys) => keys.map((key) => `"${nameOf(key)}"`).join(' and '));
  return [`This destination needs either ${groups.join(', or ')}; not both, and no part of one.`];
}

/** Names of headers have no case; an older spelling is told of by itself. */
function isSame({ name, formerly }: Parameter, given: string): boolean {
  if (!name.startsWith('header_')) return [name, formerly].includes(given);
  return [name, formerly].some((one) => one?.toLowerCase() === given.toLowerCase());
}

function parameterNames(conf: string): readonly string[] {
  const query = conf.indexOf('?');
  if (query === -1) return [];
  return conf
    .slice(query + 1)
    .split('&')
    .map((pair) => pair.split('=', 1)[0] ?? '')
    .filter((name) => /^[a-z_-]+$/i.test(name));
}
