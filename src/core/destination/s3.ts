import { encodeParameter, encodePath } from './percent.ts';
import { destinationRules } from './rules.ts';

/** Amazon S3, or with `endpoint` and keys any store that speaks its protocol. Values are plain, not encoded. */
export interface S3Spec {
  readonly type: 's3';
  readonly bucket: string;
  readonly path?: string;
  readonly region: string;
  readonly sse?: string;
  readonly access_key_id?: string;
  readonly secret_access_key?: string;
  /** A bare host, without scheme and path. */
  readonly endpoint?: string;
}

export const S3 = destinationRules({
  openParams: new Set(['region', 'sse', 'endpoint']),
  needsChallenge: (params) =>
    !(params.has('endpoint') && params.has('access-key-id') && params.has('secret-access-key')),
});

export function buildS3(spec: S3Spec): string {
  return (
    bucketUri('s3', spec.bucket, spec.path) +
    queryOf([
      ['region', spec.region],
      ['sse', spec.sse],
      ['access-key-id', spec.access_key_id],
      ['secret-access-key', spec.secret_access_key],
      ['endpoint', spec.endpoint],
    ])
  );
}

export function bucketUri(scheme: string, bucket: string, path: string | undefined): string {
  return `${scheme}://${encodePath(bucket)}/${encodePath((path ?? '').replace(/^\/+/, ''))}`;
}

/** Leaves out what is not set. Order is the documentation's. */
export function queryOf(params: readonly (readonly [name: string, value: string | undefined])[]): string {
  const written = params.flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeParameter(name)}=${encodeParameter(value)}`],
  );
  return written.length === 0 ? '' : `?${written.join('&')}`;
}
