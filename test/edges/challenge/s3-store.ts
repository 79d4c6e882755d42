import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answered, openStore, type Store } from './store.ts';

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An S3 that checks the signature of each read (Signature Version 4); a PUT without one is Cloudflare's. */
export function openS3Store(keys: S3Keys, forbidden: ReadonlySet<string> = new Set()): Promise<Store> {
  return openStore((request, objects, body) => {
    const name = decodeURIComponent((request.url ?? '').split('?')[0]?.slice(1) ?? '');
    if (request.method === 'PUT') {
      objects.set(name, body);
      return { status: 200 };
    }
    const refusal = refusalOf(request, keys);
    if (refusal !== null) return xml(403, refusal);
    if (forbidden.has(name.split('/')[0] ?? '')) return xml(403, 'AccessDenied');
    const content = objects.get(name);
    return content === undefined ? xml(404, 'NoSuchKey') : { status: 200, body: content };
  });
}

function xml(status: number, code: string): Answered {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>a message of S3</Message></Error>`;
  return { status, type: 'application/xml', body };
}

/** As AWS documents it: canonical request, text to sign, key of day, region and service. */
function refusalOf(request: IncomingMessage, keys: S3Keys): string | null {
  const written =
    /Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/;
  const match = written.exec(request.headers.authorization ?? '');
  if (match === null) return 'AccessDenied';
  const [, id = '', day = '', region = '', names = '', signature = ''] = match;
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [
    request.method,
    path,
    query.split('&').toSorted().join('&'),
    headers.join(''),
    names,
    request.headers['x-amz-content-sha256'],
  ].join('\n');
  const date = String(request.headers['x-amz-date']);
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', date, `${day}/${region}/s3/aws4_request`, digest].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys.secretAccessKey}`,
  );
  return hmac(key, toSign).toString('hex') === signature ? null : 'SignatureDoesNotMatch';
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
