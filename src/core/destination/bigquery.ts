import { CREDENTIALS } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** Cloudflare never shows the credentials again, and each test of the destination adds an empty row. */
export const BIGQUERY = destinationType({
  type: 'bigquery',
  place: 'bq://projects/{project}/datasets/{dataset}/tables/{table}',
  params: [{ key: 'credentials', name: 'credentials', codec: CREDENTIALS, secret: true }],
  rules: { authority: 'name', neverShown: ['credentials'] },
});
