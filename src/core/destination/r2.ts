import { FOLDER } from './codec.ts';
import { destinationType } from './destination-type.ts';
import { ACCESS_KEYS } from './access-keys.ts';

export const R2 = destinationType({
  type: 'r2',
  place: 'r2://{bucket}/{path}',
  codecs: { path: FOLDER },
  params: [{ key: 'account_id', name: 'account-id', isPlace: true }, ...ACCESS_KEYS],
});
