import { brotliCompressSync, gzipSync } from 'node:zlib';
import { envelope, failure, type Headers, rawAnswer } from '../edges/cloudflare/fault-server.ts';
import type { Meddler } from './raw-cloudflare.ts';

/** What can happen to one exchange between its last byte out and its first byte back (`reliability.md` §3.1). */
export interface HttpFault {
  /** Row of the fault catalogue. */
  readonly row: string;
  readonly name: string;
  readonly strike: Meddler;
  /** There will be no answer: the test does not wait for it as long as a user would. */
  readonly isEndless?: boolean;
  /** The answer says that nothing was carried out, so that a create may be sent again at once. */
  readonly isRefusal?: boolean;
  /** Differs from another fault only where a request changes something. */
  readonly isForWrites?: boolean;
}

const HTML = { 'Content-Type': 'text/html; charset=UTF-8' };
const PAGE = '<!DOCTYPE html><title>Attention Required!</title><h1>Sign in to the network</h1>';
const MIB = 1024 * 1024;

const send =
  (status: number, body: string | Buffer, headers: Headers = {}): Meddler =>
  ({ socket }) =>
    socket.write(rawAnswer(status, body, headers));

/** Its answer, changed on the way. */
const change =
  (how: (head: string, body: string) => Buffer | string): Meddler =>
  ({ carryOut, socket }) => {
    const [head = '', ...rest] = carryOut().toString('latin1').split('\r\n\r\n');
    socket.write(how(head, rest.join('\r\n\r\n')), 'latin1');
  };

/** The same, and then the connection ends. */
const changeAndEnd =
  (how: (head: string, body: string) => Buffer | string): Meddler =>
  (exchange) => {
    change(how)(exchange);
    exchange.socket.end();
  };

/** Once with the request lost, once with the request carried out: nobody can tell from the answer. */
function eitherWay(fault: HttpFault): readonly HttpFault[] {
  const { name, strike } = fault;
  return [
    { ...fault, name: `${name}, not carried out` },
    {
      ...fault,
      name: `${name}, carried out`,
      isForWrites: true,
      strike: (exchange) => {
        exchange.carryOut();
        return strike(exchange);
      },
    },
  ];
}

const refusals: readonly HttpFault[] = [
  {
    row: 'F11',
    name: 'a 429 with Retry-After',
    strike: send(429, failure(971, 'slow'), { 'Retry-After': '2' }),
  },
  { row: 'F11', name: 'a 429 without a word', strike: send(429, '') },
  { row: 'F11', name: 'a 429 in HTML', strike: send(429, PAGE, HTML) },
  { row: 'F12', name: 'a 401', strike: send(401, failure(1000, 'Invalid API Token')) },
  { row: 'F12', name: 'a 403 of 10000', strike: send(403, failure(10000, 'Authentication error')) },
  {
    row: 'F12',
    name: 'a 403 of 9109',
    strike: send(403, failure(9109, 'Unauthorized to access requested resource')),
  },
  {
    row: 'F12b',
    name: 'a 403 of 1004, the quota',
    strike: send(403, failure(1004, 'creating a new job is not allowed: exceeded max jobs allowed')),
  },
  {
    row: 'F12b',
    name: 'a 403 of 1004, reading',
    strike: send(403, failure(1004, "reading job for product 'access' is not allowed")),
  },
  { row: 'F17', name: 'a 200 that says failure', strike: send(200, failure(1002, 'error parsing input')) },
].map((fault) => ({ ...fault, isRefusal: true }));

const silences = [
  { row: 'F04 F05 F06', name: 'no answer in time', strike: () => undefined, isEndless: true },
  { row: 'F08', name: 'a reset', strike: ({ socket }) => socket.resetAndDestroy() },
  { row: 'F08', name: 'a connection that is closed', strike: ({ socket }) => socket.end() },
] satisfies readonly HttpFault[];

const GATEWAYS = [500, 502, 503, 504, 520, 524, 530];

const gateways = GATEWAYS.map((status) => ({
  row: 'F10',
  name: `a ${status}`,
  strike: status === 500 ? send(500, failure(1000, 'internal error')) : send(status, PAGE, HTML),
}));

/** Answers that somebody between us and Cloudflare made up. */
const strangers = [
  { row: 'F20', name: 'a page in HTML', strike: send(200, PAGE, HTML) },
  { row: 'F20', name: 'a page in HTML called JSON', strike: send(200, PAGE) },
  { row: 'F20', name: 'a 403 in HTML', strike: send(403, PAGE, HTML) },
  {
    row: 'F21',
    name: 'a body of a gigabyte',
    strike: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(MIB, ' ')));
      };
      socket.on('drain', more);
      more();
    },
  },
  {
    row: 'F21',
    name: 'a drip that never ends',
    isEndless: true,
    strike: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{');
      const drip = setInterval(() => socket.write(' '), 10);
      socket.once('close', () => clearInterval(drip));
    },
  },
  {
    row: 'F22',
    name: 'a gzip bomb',
    strike: send(200, gzipSync(Buffer.alloc(32 * MIB, ' ')), { 'Content-Encoding': 'gzip' }),
  },
  {
    row: 'F22',
    name: 'a br bomb',
    strike: send(200, brotliCompressSync(Buffer.alloc(9 * MIB, ' ')), { 'Content-Encoding': 'br' }),
  },
  {
    row: 'F22',
    name: 'what is called gzip and is not',
    strike: send(200, envelope([]), { 'Content-Encoding': 'gzip' }),
  },
] satisfies readonly HttpFault[];

/** The true answer, damaged on the way; the request was carried out. */
const damaged: readonly HttpFault[] = [
  {
    row: 'F19',
    name: 'an answer whose body is cut',
    strike: changeAndEnd((head, body) => `${head}\r\n\r\n${body.slice(0, body.length / 2)}`),
  },
  {
    row: 'F19',
    name: 'an answer whose content-length is too short',
    strike: changeAndEnd(
      (head, body) => `${head.replace(/content-length: \d+/i, 'Content-Length: 40')}\r\n\r\n${body}`,
    ),
  },
  {
    row: 'F19',
    name: 'an answer whose content-length is too long',
    strike: changeAndEnd(
      (head, body) => `${head.replace(/content-length: \d+/i, 'Content-Length: 9999')}\r\n\r\n${body}`,
    ),
  },
  {
    row: 'F19',
    name: 'an answer in chunks without an end',
    strike: changeAndEnd(
      (head, body) =>
        `${head.replace(/content-length: \d+/i, 'Transfer-Encoding: chunked')}\r\n\r\n` +
        `${body.length.toString(16)}\r\n${body}\r\n`,
    ),
  },
  {
    row: 'F22',
    name: 'an answer in an encoding that nobody knows',
    strike: change((head) => {
      const body = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x01, 0x09, 0x00, 0x00, 0x31]).toString(
        'latin1',
      );
      const sized = head.replace(/content-length: \d+/i, `Content-Length: ${body.length}`);
      return `${sized}\r\nContent-Encoding: x-unheard-of\r\n\r\n${body}`;
    }),
  },
];

export const HTTP_FAULTS: readonly HttpFault[] = [
  ...refusals,
  ...damaged,
  ...[...silences, ...gateways, ...strangers].flatMap(eitherWay),
];
