import { FOLDER } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** IBM's object storage, which a manifest writes as a string alone. */
export const COS = destinationType({
  type: 'cos',
  place: 'cos://{bucket}/{path}',
  codecs: { path: FOLDER },
  params: [
    { key: 'region', name: 'region' },
    { key: 'instance_id', name: 'instance-id' },
  ],
});
