import { CREDENTIALS } from './codec.ts';
import { destinationType } from './destination-type.ts';

/** Cloudflare never shows the credentials again, and each test of the destination adds an empty row. */
export const BIGQUERY = destinationType({
  type: 'bigquery',
  place: 'bq://projects/{project}/datasets/{dataset}/tables/{table}',
  params: [{ key: 'credentials', name: 'credentials', codec: CREDENTIALS, secret: true }],
  batch: { receiver: 'BigQuery', rule: 'usual', bytes: 10_000_000, records: 50_000 },
  output: {
    isMet: (options) => options['stringify_object'] === true,
    message:
      'BigQuery has no column for objects within objects. Write stringify_object: true into output_options.',
  },
  rules: { authority: 'name', neverShown: ['credentials'] },
});
