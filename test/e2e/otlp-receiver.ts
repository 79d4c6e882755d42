/** An OpenTelemetry collector on this machine: takes OTLP over HTTP, as Protobuf or JSON, and keeps the spans. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export type Attributes = { readonly [key: string]: unknown };

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly attributes: Attributes;
  readonly events: readonly string[];
  readonly resource: Attributes;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** All that came, as text. */
  readonly raw: readonly string[];
}

/** `status` answers, where there is one; null: it hangs for good. */
export async function openOtlpReceiver(status: number | null = 200): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const raw: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      headers.push({ ...request.headers, ':path': request.url });
      raw.push(body.toString('latin1'));
      if (status === null) return;
      if (status === 200)
        spans.push(
          ...(request.headers['content-type'] === 'application/json' ? fromJson(body) : fromProtobuf(body)),
        );
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, headers, raw };
}

interface JsonKeyValue {
  readonly key: string;
  readonly value: { readonly [kind: string]: unknown };
}

interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly JsonKeyValue[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly attributes: readonly JsonKeyValue[];
        readonly events: readonly { readonly name: string }[];
      }[];
    }[];
  }[];
}

function fromJson(body: Buffer): readonly ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as JsonTraces;
  const read = (pairs: readonly JsonKeyValue[]): Attributes =>
    Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ parentSpanId: parentId = '', attributes, events, ...span }) => ({
        ...span,
        parentId,
        attributes: read(attributes),
        events: events.map(({ name }) => name),
        resource: read(resource.attributes),
      })),
    ),
  );
}

/** Numbers of fields as in opentelemetry/proto/trace/v1/trace.proto. */
function fromProtobuf(body: Buffer): readonly ReceivedSpan[] {
  return messages(body, 1).flatMap((resourceSpans) => {
    const resource = attributesIn(messages(resourceSpans, 1)[0] ?? Buffer.alloc(0), 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        traceId: messages(span, 1)[0]?.toString('hex') ?? '',
        spanId: messages(span, 2)[0]?.toString('hex') ?? '',
        parentId: messages(span, 4)[0]?.toString('hex') ?? '',
        name: textIn(span, 5),
        attributes: attributesIn(span, 9),
        events: messages(span, 11).map((event) => textIn(event, 2)),
        resource,
      }));
  });
}

function attributesIn(message: Buffer, field: number): Attributes {
  return Object.fromEntries(
    messages(message, field).map((pair) => [
      textIn(pair, 1),
      anyValue(messages(pair, 2)[0] ?? Buffer.alloc(0)),
    ]),
  );
}

function anyValue(message: Buffer): unknown {
  const [first] = fieldsOf(message);
  if (first === undefined || !Buffer.isBuffer(first.value)) return first?.value;
  return first.field === 1 ? first.value.toString() : messages(first.value, 1).map((one) => anyValue(one));
}

function textIn(message: Buffer, field: number): string {
  return messages(message, field)[0]?.toString() ?? '';
}

function messages(message: Buffer, wanted: number): readonly Buffer[] {
  return fieldsOf(message).flatMap(({ field, value }) =>
    field === wanted && Buffer.isBuffer(value) ? [value] : [],
  );
}

interface Field {
  readonly field: number;
  readonly value: Buffer | number;
}

/** The wire format: a key of field and type, then a varint, 8 or 4 bytes, or a length and so many bytes. */
function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const key = varint();
    const type = key & 7;
    if (type > 5 || type === 3 || type === 4) throw new Error(`There is no type ${type} in Protobuf.`);
    const value = type === 0 ? varint() : bytes(type === 1 ? 8 : type === 5 ? 4 : varint());
    fields.push({ field: key >>> 3, value });
  }
  return fields;
}
