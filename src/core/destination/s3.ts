import { FOLDER } from './codec.ts';
import { destinationType } from './destination-type.ts';

export const S3 = destinationType({
  type: 's3',
  place: 's3://{bucket}/{path}',
  codecs: { path: FOLDER },
  params: [
    { key: 'region', name: 'region' },
    { key: 'sse', name: 'sse', optional: true },
  ],
});
