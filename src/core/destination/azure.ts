import { decodePercent, encodePath } from './percent.ts';
import { FOLDER } from './codec.ts';
import { type DestinationSpec, type DestinationType, plainIn, type UriParts } from './destination-type.ts';
import { always, destinationRules } from './rules.ts';

/** `account.blob.core.windows.net/container`, or `container` alone. */
const CONTAINER = /^([^/]*\.[^/]*\/[^/]+|[^/]+)(?:\/(.*))?$/s;

/** The shared access signature is a query of its own, signed as it stands: it is put in as it was given. */
export const AZURE: DestinationType = {
  type: 'azure',
  batch: null,
  output: null,
  scheme: 'azure',
  requiredKeys: ['container', 'sas'],
  alternatives: [],
  secretKeys: ['sas'],
  params: null,
  rules: destinationRules({ needsChallenge: always }),
  build(spec: DestinationSpec): string {
    const container = encodePath(String(plainIn(spec, 'container')));
    const sas = String(plainIn(spec, 'sas')).replace(/^\?/, '');
    return `azure://${container}/${FOLDER.write(plainIn(spec, 'path') ?? '')}?${sas}`;
  },
  read({ place, query }: UriParts): DestinationSpec | null {
    const [, container, path = ''] = CONTAINER.exec(place) ?? [];
    if (container === undefined || query === '' || query.startsWith('?')) return null;
    const folder = FOLDER.read(path);
    if (folder === null) return null;
    return {
      type: 'azure',
      container: decodePercent(container, 'plus'),
      ...(folder === '' ? {} : { path: folder }),
      sas: query,
    };
  },
};
