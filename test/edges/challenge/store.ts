import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** What a store answers to a request that it lets through, or not. */
export interface Answered {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

/** A store of objects on this machine, by `bucket/name`. */
export interface Store {
  readonly url: string;
  readonly objects: Map<string, string>;
  /** As in `GET /acme-logs/a.txt`. */
  readonly requests: string[];
}

export async function openStore(
  answer: (request: IncomingMessage, objects: Map<string, string>, body: string) => Answered | null,
): Promise<Store> {
  const objects = new Map<string, string>();
  const requests: string[] = [];
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${request.method} ${request.url}`);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const answered = answer(request, objects, text);
    // Null: it never answers.
    if (answered === null) return;
    const { status, type = 'text/plain', body = '' } = answered;
    const length = Buffer.byteLength(body);
    response.writeHead(status, { 'content-type': type, 'content-length': length, etag: '"a-tag"' });
    response.end(body);
  };
  const server = createServer((request, response) => void reply(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The store has no port.');
  return { url: `http://127.0.0.1:${address.port}`, objects, requests };
}
