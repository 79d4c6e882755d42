import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import { isObject, parseJson } from '../../core/job/canonical-json.ts';
import type { JsonObject } from '../../core/job/job.ts';

/** What Logpush sends: compressed, and what becomes of it. Its smallest limit of an upload is 5 MB uncompressed. */
const BATCH_BYTES = 5_000_000;
const UNPACKED_BYTES = 32_000_000;

export const INGEST_PATH = '/ingest/audit';

export interface IngestOptions {
  /** Lets only the holder of the token in. */
  readonly authorize: onRequestAsyncHookHandler;
  /** Takes the entries in; resolves to false where they must be sent again later. */
  readonly take: (entries: readonly JsonObject[]) => Promise<boolean>;
  readonly problem: (reply: FastifyReply, status: number, error: string) => FastifyReply;
}

/**
 * Where a Logpush job of the dataset `audit_logs_v2` delivers to (`cloudflare-api.md` §6): newline-delimited JSON,
 * compressed. When the job is made Cloudflare sends one line that is no entry, which counts as none.
 */
export function ingest(app: FastifyInstance, { authorize, take, problem }: IngestOptions): void {
  void app.register(async (own) => {
    own.removeAllContentTypeParsers();
    const whole = { parseAs: 'buffer', bodyLimit: BATCH_BYTES } as const;
    own.addContentTypeParser('*', whole, async (_request: unknown, body: Buffer) => body);
    own.post(INGEST_PATH, { onRequest: authorize, bodyLimit: BATCH_BYTES }, async (request, reply) => {
      const { body } = request;
      const text = Buffer.isBuffer(body) ? await unpacked(body) : '';
      if (text === null) return problem(reply, 400, UNREADABLE);
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      const entries = lines.map(parseJson).filter(isObject);
      if (entries.length < lines.length) return problem(reply, 400, NOT_LINES);
      if (!(await take(entries))) return problem(reply, 503, TOO_EARLY);
      return reply.code(200).send({ entries: entries.length });
    });
  });
}

const UNREADABLE = `The body is damaged, or larger than ${UNPACKED_BYTES} bytes unpacked. Set max_upload_records of the job to 1000.`;
const TOO_EARLY = 'logpushd has just started and does not know its zones yet. Send it again in a minute.';
const NOT_LINES = 'Every line of the body must be a JSON object: set output_type of the job to ndjson.';

const unzip = promisify(gunzip);

/** Null for what cannot be unpacked. Whether it is packed its first bytes tell, whatever the headers say. */
async function unpacked(body: Buffer): Promise<string | null> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) return body.toString('utf8');
  try {
    return (await unzip(body, { maxOutputLength: UNPACKED_BYTES })).toString('utf8');
  } catch {
    return null;
  }
}
