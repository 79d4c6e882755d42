import { ACCESS_KEYS } from './access-keys.ts';
import { FOLDER } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** Any store that speaks S3's protocol; Cloudflare writes to it with keys instead of a grant. */
export const S3_COMPATIBLE = destinationType({
  type: 's3-compatible',
  place: 's3://{bucket}/{path}',
  codecs: { path: FOLDER },
  params: [
    { key: 'region', name: 'region' },
    { key: 'sse', name: 'sse', optional: true },
    ...ACCESS_KEYS,
    { key: 'endpoint', name: 'endpoint', isPlace: true },
  ],
  rules: {
    needsChallenge: (params) =>
      !(params.has('endpoint') && params.has('access-key-id') && params.has('secret-access-key')),
  },
});
