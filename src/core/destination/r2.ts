import { destinationRules } from './rules.ts';
import { bucketUri, queryOf } from './s3.ts';

/** Cloudflare R2. Values are plain, not encoded. */
export interface R2Spec {
  readonly type: 'r2';
  readonly bucket: string;
  readonly path?: string;
  readonly account_id: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

export const R2 = destinationRules({ openParams: new Set(['account-id']) });

export function buildR2(spec: R2Spec): string {
  return (
    bucketUri('r2', spec.bucket, spec.path) +
    queryOf([
      ['account-id', spec.account_id],
      ['access-key-id', spec.access_key_id],
      ['secret-access-key', spec.secret_access_key],
    ])
  );
}
