import { boundedText, MAX_BYTES } from './bounded-text.ts';
import { loaded, nameOf, ReadFailure } from './read-failure.ts';
import type { ReadFile } from './reader.ts';
import type { S3Spec } from './reader-spec.ts';

/** A region becomes part of a host name, and that of a destination is what a manifest says. */
const REGION = /^[a-z0-9-]{1,64}$/;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/** Reads from Amazon S3, and from what speaks its protocol at the endpoint of the settings. */
export const readFromS3: ReadFile<S3Spec> = async (spec, file, { secrets, signal }) => {
  const { S3Client, GetObjectCommand } = await loaded(
    '@aws-sdk/client-s3',
    () => import('@aws-sdk/client-s3'),
  );
  const region = spec.region ?? file.params.get('region') ?? 'us-east-1';
  if (!REGION.test(region))
    throw new ReadFailure('the region of the destination is not the name of a region');
  if (!BUCKET.test(file.bucket))
    throw new ReadFailure('the bucket of the destination has no name that S3 knows');
  const { keys, endpoint } = spec;
  const client = new S3Client({
    region,
    maxAttempts: 2,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(keys && {
      credentials: {
        accessKeyId: secrets(keys.accessKeyId),
        secretAccessKey: secrets(keys.secretAccessKey),
      },
    }),
  });
  try {
    const range = `bytes=0-${MAX_BYTES}`;
    const command = new GetObjectCommand({ Bucket: file.bucket, Key: file.filename, Range: range });
    const { Body } = await client.send(command, { abortSignal: signal });
    return await boundedText(Body);
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) return undefined;
    if (status === 403) throw new ReadFailure(forbidden(error));
    throw error instanceof ReadFailure ? error : new ReadFailure(`S3 answered ${nameOf(error, status)}`);
  } finally {
    client.destroy();
  }
};

/** Without the right to list, S3 does not tell what is missing from what is forbidden. */
function forbidden(error: unknown): string {
  return (
    `the reader is forbidden to read there (${nameOf(error, 403)}); its credentials need s3:GetObject on the ` +
    'bucket, and s3:ListBucket, without which a file that is not there yet looks the same'
  );
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
