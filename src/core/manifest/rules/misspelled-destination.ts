/** Slips of the hand in a plain `destination_conf`, which is otherwise taken as it is. */
import { R2 } from '../../destination/r2.ts';
import { DESTINATION_TYPES } from '../../destination/known-types.ts';
import { S3_COMPATIBLE } from '../../destination/s3.ts';
import type { Problem } from '../../problem.ts';
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

/** Only of types that take no parameter of a person's own: names as in the URI. */
const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map(
  [S3_COMPATIBLE, R2].map(({ scheme, rules, secretKeys }) => [
    scheme,
    [...rules.openParams, ...secretKeys.map((key) => key.replaceAll('_', '-'))],
  ]),
);

/** What was written is not repeated: it may be a part of a secret. */
export function* misspelledDestination(written: Written): Iterable<Problem> {
  for (const layer of everyLayer(written)) {
    const conf = textOf(layer.body, 'destination_conf');
    if (conf === undefined) continue;
    const place = placeIn(layer, 'destination_conf');
    const [, scheme = ''] = /^([a-z0-9]+):\/\//i.exec(conf) ?? [];
    const known = scheme.toLowerCase();
    const meant = scheme === '' || SCHEMES.has(known) ? undefined : nearest(scheme, SCHEMES);
    if (meant !== undefined) {
      yield finding(
        'unusual-destination',
        place,
        `The scheme of this destination is not known. Did you mean "${meant}://"?`,
      );
    }
    const names = PARAMETERS.get(known) ?? [];
    for (const name of parameterNames(conf).filter((one) => !names.includes(one))) {
      const near = nearest(name, names);
      if (near === undefined) continue;
      const message = `A parameter of this destination is not known, and Cloudflare may ignore it. Did you mean "${near}"?`;
      yield finding('unusual-destination', place, message);
    }
  }
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
