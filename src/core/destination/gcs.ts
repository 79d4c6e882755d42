import { FOLDER } from './codec.ts';
import { destinationType } from './destination-type.ts';
import { always } from './rules.ts';

export const GCS = destinationType({
  type: 'gcs',
  place: 'gs://{bucket}/{path}',
  codecs: { path: FOLDER },
  rules: { needsChallenge: always },
});
