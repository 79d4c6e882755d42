import { destinationType } from './destination-type.ts';
import { ACCESS_KEYS } from './access-keys.ts';

/** With a role or with keys. Names of streams are case-sensitive. */
export const KINESIS = destinationType({
  type: 'kinesis',
  place: 'kinesis://{stream}',
  params: [
    { key: 'region', name: 'region', isPlace: true },
    { key: 'role_arn', name: 'sts-assume-role-arn', optional: true, isPlace: true },
    { key: 'external_id', name: 'sts-external-id', secret: true, optional: true },
    ...ACCESS_KEYS.map((key) => ({ ...key, optional: true as const })),
  ],
  alternatives: [['role_arn'], ['access_key_id', 'secret_access_key']],
  rules: { authority: 'name' },
});
