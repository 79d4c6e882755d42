/** Many times a token; what is longer is no challenge. */
export const MAX_BYTES = 16_384;

/** What a stream holds, or null where that is more than any challenge. No stream is an empty file. */
export async function boundedText(stream: unknown): Promise<string | null> {
  if (!isStream(stream)) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > MAX_BYTES) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
