import { boundedText, MAX_BYTES } from './bounded-text.ts';
import { loaded, nameOf, ReadFailure } from './read-failure.ts';
import type { ChallengeFile, ReadFile } from './reader.ts';
import type { AzureSpec } from './reader-spec.ts';

/** Reads from Azure Blob Storage, in the account of the settings and in no other. */
export const readFromAzure: ReadFile<AzureSpec> = async (spec, file, { secrets, signal }) => {
  const sdk = await loaded('@azure/storage-blob', () => import('@azure/storage-blob'));
  const { account, accountKey, sas } = spec;
  const host = `${account}.blob.core.windows.net`;
  const endpoint = (spec.endpoint ?? `https://${host}`).replace(/\/+$/, '');
  const { container, prefix } = placeOf(file, host);
  const options = { retryOptions: { maxTries: 2 } };
  const service =
    sas === undefined
      ? new sdk.BlobServiceClient(
          endpoint,
          new sdk.StorageSharedKeyCredential(account, secrets(accountKey ?? '')),
          options,
        )
      : new sdk.BlobServiceClient(
          `${endpoint}?${secrets(sas).replace(/^\?/, '')}`,
          new sdk.AnonymousCredential(),
          options,
        );
  // Whether the name begins with the container is in no documentation.
  const names = [
    file.filename,
    ...(file.filename.startsWith(prefix) ? [file.filename.slice(prefix.length)] : []),
  ];
  for (const name of names) {
    const blob = service.getContainerClient(container).getBlobClient(name);
    try {
      const { readableStreamBody } = await blob.download(0, MAX_BYTES + 1, { abortSignal: signal });
      return await boundedText(readableStreamBody);
    } catch (error) {
      const status = statusOf(error);
      if (status === 404) continue;
      if (status !== 401 && status !== 403) throw new ReadFailure(`Azure answered ${nameOf(error, status)}`);
      throw new ReadFailure(
        `the reader is forbidden to read there (${nameOf(error, status)}); its key or signature has to be valid and ` +
          'allow to read blobs of the container',
      );
    }
  }
  return undefined;
};

/** `account.blob.core.windows.net/container`, or `container` alone. */
function placeOf({ bucket, path }: ChallengeFile, host: string): { container: string; prefix: string } {
  const container = bucket.includes('.') ? (path.split('/').find((part) => part !== '') ?? '') : bucket;
  if (bucket.includes('.') && bucket.toLowerCase() !== host) {
    throw new ReadFailure(`the destination is not in the storage account of the reader, ${host}`);
  }
  if (!/^(?:\$root|\$web|[A-Za-z0-9][A-Za-z0-9-]{1,62})$/.test(container)) {
    throw new ReadFailure('the container of the destination has no name that Azure knows');
  }
  return { container, prefix: `${container}/` };
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}
