import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { cleanerFor } from '../../../src/edges/cloudflare/redaction.ts';
import { encodeBody, rayOf, readEnvelope } from '../../../src/edges/cloudflare/wire.ts';
import { envelope, failure } from './fault-server.ts';

const plain = cleanerFor([]);

function read(body: string, type = 'application/json; charset=UTF-8', status = 200) {
  return readEnvelope({ kind: 'answer', status, headers: { 'content-type': type }, body }, plain);
}

describe('a body', () => {
  it('holds secrets in plain text, at any depth, and says which', () => {
    const body = {
      name: 'a',
      destination_conf: new Secret('s3://x'),
      deep: { er: new Secret('y') },
      list: [1, null],
    };
    expect(encodeBody(body)).toEqual({
      text: '{"name":"a","destination_conf":"s3://x","deep":{"er":"y"},"list":[1,null]}',
      secrets: ['s3://x', 'y'],
    });
  });

  it('keeps "", 0, false and null, which clear a field', () => {
    expect(encodeBody({ filter: '', max_upload_records: 0, enabled: false, x: null }).text).toBe(
      '{"filter":"","max_upload_records":0,"enabled":false,"x":null}',
    );
  });
});

describe('an envelope', () => {
  it.each([
    ['empty lists', envelope(1)],
    ['nulls', envelope(1, { errors: null, messages: null })],
    ['neither', '{"success":true,"result":1}'],
    ['a byte order mark taken off by the transport and blanks', ` \n${envelope(1)} `],
  ])('of success may have %s', (_, body) => {
    expect(read(body)).toMatchObject({
      kind: 'envelope',
      success: true,
      result: 1,
      errors: [],
      labelled: true,
    });
  });

  it('is not read when it is nested so deep that no recursion over it would end well', () => {
    const deep = (levels: number) => `{"success":true,"result":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(read(deep(50)).kind).toBe('envelope');
    expect(read(deep(100_000))).toMatchObject({ kind: 'unreadable', empty: false });
  });

  it('gives a person a handful of errors, however many there are in chains of chains', () => {
    const chain = (levels: number): object[] =>
      Array.from({ length: 12 }, () => ({ code: 1, error_chain: levels > 0 ? chain(levels - 1) : [] }));
    expect(read(JSON.stringify({ success: false, errors: chain(3) }))).toMatchObject({
      errors: { length: 50 },
    });
  });

  it('keeps every error, its chain and the place it points at', () => {
    const body = JSON.stringify({
      success: false,
      errors: [
        { code: 1002, message: 'first', source: { pointer: '/destination_conf' } },
        { code: '1004', message: 'second', documentation_url: 'x' },
        { code: 6003, message: 'third', error_chain: [{ code: 6111, message: 'inner' }] },
      ],
    });
    expect(read(body)).toMatchObject({
      success: false,
      errors: [
        { code: 1002, message: 'first (at /destination_conf)' },
        { code: 1004, message: 'second' },
        { code: 6003, message: 'third' },
        { code: 6111, message: 'inner' },
      ],
    });
  });

  it.each([
    ['not an object', ['text'], [{ code: 0, message: 'text' }]],
    ['without a code', [{ message: 'm' }], [{ code: 0, message: 'm' }]],
    ['without a message', [{ code: 5 }], [{ code: 5, message: 'no message' }]],
    ['null', [null], [{ code: 0, message: '' }]],
    ['of wrong types', [{ code: {}, message: [] }], [{ code: 0, message: 'no message' }]],
  ])('keeps an error that is %s', (_, errors, expected) => {
    expect(read(JSON.stringify({ success: false, errors }))).toMatchObject({ errors: expected });
  });

  it.each(['text/html', '', 'application/x-ndjson', 'text/json-ish', 'application/json+gzip'])(
    'is not labelled as JSON by %j',
    (type) => {
      expect(read(envelope([]), type)).toMatchObject({ kind: 'envelope', labelled: false });
    },
  );

  it.each(['application/json', 'APPLICATION/JSON;charset=utf-8', 'application/problem+json', 'text/json'])(
    'is labelled as JSON by %j',
    (type) => {
      expect(read(envelope([]), type)).toMatchObject({ labelled: true });
    },
  );
});

describe('an answer without an envelope', () => {
  it.each([
    ['empty', '', 'application/json', 'the answer is empty'],
    ['blank', ' \r\n', 'application/json', 'the answer is empty'],
    ['HTML', '<html>secret page</html>', 'text/html', 'the answer is text/html, 24 characters, and not JSON'],
    [
      'cut JSON',
      envelope([1]).slice(0, 20),
      'application/json',
      'the answer is application/json, 20 characters, and not JSON',
    ],
    ['a list', '[]', 'application/json', 'the answer is application/json, 2 characters, and not an object'],
    ['null', 'null', 'application/json', 'the answer is application/json, 4 characters, and not an object'],
    [
      'an object of something else',
      '{"ok":true}',
      'text/plain',
      'the answer is text/plain, 11 characters, and has no "success"',
    ],
    [
      'errors that are no list',
      '{"success":true,"errors":{}}',
      'a/b',
      'the answer is a/b, 28 characters, and its "errors" is not a list',
    ],
    ['of a hostile type', 'x', '<script>', 'the answer is of no known type, 1 characters, and not JSON'],
    [
      'nested without an end',
      '['.repeat(200_000),
      'application/json',
      'the answer is application/json, 200000 characters, and not JSON',
    ],
  ])('is told by type and length when it is %s', (_, body, type, cause) => {
    expect(read(body, type)).toMatchObject({ kind: 'unreadable', cause });
  });
});

describe('the ray', () => {
  it('is kept when it looks like one', () => {
    const headers = (ray: string) =>
      ({ kind: 'answer', status: 200, headers: { 'cf-ray': ray }, body: '' }) as const;
    expect(rayOf(headers('8c1f3a2b4d5e6f70-AMS'))).toBe('8c1f3a2b4d5e6f70-AMS');
    expect(rayOf(headers('<b>'))).toBeUndefined();
    expect(rayOf(headers('x'.repeat(65)))).toBeUndefined();
  });
});

it('reads a failure', () => {
  expect(read(failure(1004, 'no'))).toMatchObject({
    success: false,
    errors: [{ code: 1004, message: 'no' }],
  });
});
