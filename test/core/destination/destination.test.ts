import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildDestination,
  differenceOfDestinations,
  isSamePlace,
  maskSecretsIn,
  needsChallenge,
  parseDestination,
  replaceSecrets,
  secretPartsOf,
  showDestination,
} from '../../../src/core/destination/destination.ts';
import type { DestinationSpec } from '../../../src/core/destination/destination-type.ts';

const SAME = { open: false, secrets: [], unseen: [] };
const OPEN = { open: true, secrets: [], unseen: [] };
const secret = (...secrets: string[]) => ({ open: false, secrets, unseen: [] });
const unseen = (...unseen: string[]) => ({ open: false, secrets: [], unseen });

const R2 = 'r2://acme-logs/http/{DATE}?account-id=abc&access-key-id=KEYID&secret-access-key=KEY';
const SPLUNK =
  'splunk://hec.example:8088/services/collector/raw?channel=c-1&insecure-skip-verify=false&sourcetype=cf&header_Authorization=Splunk%20TOKEN';

describe('showing a destination', () => {
  it.each([
    ['s3://acme/{DATE}?region=us-west-2&sse=AES256', 's3://acme/{DATE}?region=us-west-2&sse=AES256'],
    [
      's3://acme/x?region=auto&access-key-id=KEYID&secret-access-key=KEY&endpoint=s3.example',
      's3://acme/x?region=auto&access-key-id=…&secret-access-key=…&endpoint=s3.example',
    ],
    [R2, 'r2://acme-logs/http/{DATE}?account-id=abc&access-key-id=…&secret-access-key=…'],
    ['gs://acme/dir/{DATE}', 'gs://acme/dir/{DATE}'],
    ['azure://container/dir?sv=2022&sig=abc%3D', 'azure://container/dir?sv=…&sig=…'],
    ['sumo://endpoint.example/receiver/v1/http/CODE', 'sumo://endpoint.example/receiver/v1/http/…'],
    ['sumo://endpoint.example/other/CODE', 'sumo://endpoint.example/…'],
    [
      'datadog://intake.example/api/v2/logs?header_DD-API-KEY=KEY&ddsource=cloudflare&ddtags=env:prod',
      'datadog://intake.example/api/v2/logs?header_DD-API-KEY=…&ddsource=cloudflare&ddtags=env:prod',
    ],
    [
      SPLUNK,
      'splunk://hec.example:8088/services/collector/raw?channel=c-1&insecure-skip-verify=false&sourcetype=cf&header_Authorization=…',
    ],
    [
      'https://log-api.newrelic.com/log/v1?Api-Key=KEY&format=cloudflare',
      'https://log-api.newrelic.com/log/v1?Api-Key=…&format=cloudflare',
    ],
    [
      'https://log-api.eu.newrelic.com/log/v1?Api-Key=KEY&format=cloudflare',
      'https://log-api.eu.newrelic.com/log/v1?Api-Key=…&format=cloudflare',
    ],
    [
      'https://log-api.newrelic.com.evil.example/log/v1?format=x',
      'https://log-api.newrelic.com.evil.example/…?format=…',
    ],
    ['https://hook.example/TOKEN/in?header_X-Key=KEY&t=TOKEN', 'https://hook.example/…?header_X-Key=…&t=…'],
    ['https://hook.example/', 'https://hook.example/'],
    ['https://hook.example?TOKEN', 'https://hook.example?…'],
    ['https://hook.example?dG9rZW4tdG9rZW4tdG9rZW4=', 'https://hook.example?…'],
    ['https://user:PASSWORD@hook.example/', 'https://…@hook.example/'],
    [
      'ibmcl://id.ingress.eu.logs.example/logs/v1/singles?ibm_api_key=KEY',
      'ibmcl://id.ingress.eu.logs.example/logs/v1/singles?ibm_api_key=…',
    ],
    [
      'bq://projects/p/datasets/d/tables/t?credentials=base64:KEY',
      'bq://projects/p/datasets/d/tables/t?credentials=…',
    ],
    [
      'kinesis://Stream?region=eu-west-1&sts-assume-role-arn=arn:aws:iam::1:role/x&sts-external-id=ID',
      'kinesis://Stream?region=eu-west-1&sts-assume-role-arn=arn:aws:iam::1:role/x&sts-external-id=…',
    ],
    ['newthing://host.example/a/TOKEN?key=KEY', 'newthing://host.example/…'],
    ['newthing://host.example?key=KEY', 'newthing://host.example?…'],
    ['newthing://host.example', 'newthing://host.example'],
  ])('shows %s as %s', (text, shown) => {
    expect(showDestination(text)).toBe(shown);
    expect(parseDestination(text).open).toBe(shown);
  });

  it.each([
    ['a query that begins with & instead of ?', 's3://acme/logs&secret-access-key=KEY'],
    ['a query that was encoded as a whole', 's3://acme/logs?region=x%26secret-access-key%3DKEY'],
    ['a parameter nobody knows', 's3://acme/logs?region=x&secret_access_key=KEY'],
    ['a key after a fragment', 's3://acme/logs#secret-access-key=KEY'],
    ['a text that is no URI', 'acme-logs?secret-access-key=KEY'],
    ['a URI without //', 'https:KEY@host'],
    ['an encoded name', 'r2://acme?%73ecret-access-key=KEY'],
  ])('shows no key in %s', (_, text) => {
    expect(showDestination(text)).not.toContain('KEY');
  });

  it('shows control characters encoded', () => {
    expect(showDestination('s3://acme/\u001b[31m?region=x')).toBe('s3://acme/%1B[31m?region=x');
  });
});

describe('comparing two destinations', () => {
  it.each([
    ['are the same text', R2, R2],
    [
      'differ in the order of parameters',
      's3://acme/x?region=a&sse=AES256',
      's3://acme/x?sse=AES256&region=a',
    ],
    ['differ in the case of the scheme', 's3://acme/x', 'S3://acme/x'],
    ['differ in the case of the host', 'https://Hook.Example/x', 'https://hook.example/x'],
    ['differ in the default port', 'https://hook.example:443/x', 'https://hook.example/x'],
    ['differ in an empty path', 's3://acme?region=a', 's3://acme/?region=a'],
    ['differ in the encoding of the path', 's3://acme/a%20b/%C3%A9', 's3://acme/a b/é'],
    ['differ in the case of percent digits', 's3://acme/%c3%a9', 's3://acme/%C3%A9'],
    ['differ in the encoding of {DATE}', 's3://acme/{DATE}', 's3://acme/%7BDATE%7D'],
    ['differ in the encoding of a value', 's3://acme/?endpoint=a:9000', 's3://acme/?endpoint=a%3A9000'],
    ['differ in the encoding of a name', 's3://acme/?region=a', 's3://acme/?%72egion=a'],
    [
      'differ in the encoding of a secret',
      'r2://b?secret-access-key=a/b=',
      'r2://b?secret-access-key=a%2Fb%3D',
    ],
    ['write a space in a header as + and %20', SPLUNK, SPLUNK.replace('%20', '+')],
    ['write a space in a tag as + and %20', 'datadog://d/?ddtags=a+b', 'datadog://d/?ddtags=a%20b'],
    ['differ in empty parameters', 's3://acme/?region=a', 's3://acme/?&region=a&'],
    ['hold duplicates in another order', 'datadog://d/?ddtags=a&ddtags=b', 'datadog://d/?ddtags=b&ddtags=a'],
    ['hold duplicate secrets in another order', 'https://h/?t=a&t=b', 'https://h/?t=b&t=a'],
    ['are of an unknown scheme, spelled differently', 'new://H/a?x=1&y=%32', 'NEW://h/%61?y=2&x=1'],
  ])('finds no difference where they %s', (_, desired, live) => {
    expect(differenceOfDestinations(desired, live)).toEqual(SAME);
    expect(differenceOfDestinations(live, desired)).toEqual(SAME);
    expect(parseDestination(desired).identity).toBe(parseDestination(live).identity);
  });

  it.each([
    ['scheme', 's3://acme/x', 'gs://acme/x', OPEN],
    ['bucket', 's3://acme/x', 's3://acne/x', OPEN],
    ['port', 'https://h:8443/x', 'https://h/x', OPEN],
    ['path', 's3://acme/x', 's3://acme/y', OPEN],
    ['case of the path', 's3://acme/x', 's3://acme/X', OPEN],
    ['slash at the end of the path', 's3://acme/x', 's3://acme/x/', OPEN],
    ['slash that is part of a name', 's3://acme/a/b', 's3://acme/a%2Fb', OPEN],
    ['plus in a path, which is no space', 's3://acme/a+b', 's3://acme/a%20b', OPEN],
    ['open parameter', 's3://acme/x?region=a', 's3://acme/x?region=b', OPEN],
    ['missing open parameter', 's3://acme/x?region=a', 's3://acme/x', OPEN],
    ['number of duplicates', 'datadog://d/?ddtags=a&ddtags=a', 'datadog://d/?ddtags=a', OPEN],
    ['case of a Kinesis stream', 'kinesis://Stream', 'kinesis://stream', OPEN],
    ['missing secret parameter', R2, R2.replace('&secret-access-key=KEY', ''), OPEN],
    ['additional header', SPLUNK, `${SPLUNK}&header_X=1`, OPEN],
    ['secret key', R2, R2.replace('=KEYID', '=OTHER'), secret('access-key-id')],
    ['case of a secret', R2, R2.replace('=KEYID', '=keyid'), secret('access-key-id')],
    ['header', SPLUNK, SPLUNK.replace('TOKEN', 'OTHER'), secret('header_Authorization')],
    [
      'encoded plus in a header',
      'https://h/?header_A=a%2Bb',
      'https://h/?header_A=a%20b',
      secret('header_A'),
    ],
    ['signature', 'azure://c/?sv=1&sig=a', 'azure://c/?sv=1&sig=b', secret('sig')],
    ['code of Sumo Logic', 'sumo://e/receiver/v1/http/A', 'sumo://e/receiver/v1/http/B', secret('path')],
    ['path of a hook', 'https://h/A', 'https://h/B', secret('path')],
    ['parameter of a hook', 'https://h/?t=A', 'https://h/?t=B', secret('t')],
    ['parameter without a name', 'https://h/?A', 'https://h/?B', secret('query')],
    ['user name', 'https://a@h/', 'https://b@h/', secret('userinfo')],
    [
      'fragment',
      'r2://b?secret-access-key=a#b',
      'r2://b?secret-access-key=a%23b',
      secret('secret-access-key'),
    ],
    [
      'key with a raw plus, which is no space',
      'r2://b?secret-access-key=a+b',
      'r2://b?secret-access-key=a%20b',
      secret('secret-access-key'),
    ],
    [
      'key whose plus was mended',
      'r2://b?secret-access-key=a+b',
      'r2://b?secret-access-key=a%2Bb',
      secret('secret-access-key'),
    ],
    ['anything of an unknown scheme', 'new://h/a?b=1', 'new://h/a?b=2', secret('rest')],
    ['host of an unknown scheme', 'new://h/a', 'new://i/a', OPEN],
  ])('finds a different %s', (_, desired, live, difference) => {
    expect(differenceOfDestinations(desired, live)).toEqual(difference);
    expect(differenceOfDestinations(live, desired)).toEqual(difference);
  });

  it.each(['***', 'REDACTED', '[redacted]', '', '••••', '****abcd', '%2A%2A%2A', '%5Bredacted%5D', '…'])(
    'does not take %j for the value of a secret',
    (mask) => {
      const live = R2.replace('=KEYID', `=${mask}`).replace('=KEY', `=${mask}`);
      expect(differenceOfDestinations(R2, live)).toEqual(unseen('access-key-id', 'secret-access-key'));
      expect(parseDestination(live).masked).toBe(true);
      expect(parseDestination(R2).masked).toBe(false);
    },
  );

  it.each([
    ['part of a header', SPLUNK, SPLUNK.replace('TOKEN', '***'), unseen('header_Authorization')],
    ['code of Sumo Logic', 'sumo://e/receiver/v1/http/A', 'sumo://e/receiver/v1/http/***', unseen('path')],
    [
      'code of Sumo Logic, left out',
      'sumo://e/receiver/v1/http/A',
      'sumo://e/receiver/v1/http/',
      unseen('path'),
    ],
    ['path of a hook', 'https://h/A', 'https://h/REDACTED', unseen('path')],
    ['query as a whole', 'azure://c/d?sv=1&sig=a', 'azure://c/d?REDACTED', unseen('sv', 'sig')],
    ['text as a whole', R2, '***', unseen('access-key-id', 'secret-access-key')],
    ['text, which is empty', R2, '', unseen('access-key-id', 'secret-access-key')],
    ['rest of an unknown scheme', 'new://h/a?b=c', 'new://h/***', unseen('rest')],
    [
      'credentials of BigQuery, which are not returned',
      'bq://projects/p?credentials=a',
      'bq://projects/p',
      unseen('credentials'),
    ],
  ])('sees that it cannot see the %s', (_, desired, live, difference) => {
    expect(differenceOfDestinations(desired, live)).toEqual(difference);
  });

  it('still finds the open difference beside a masked secret', () => {
    const live = R2.replace('http/', 'https/').replace('=KEY', '=***');
    expect(differenceOfDestinations(R2, live)).toEqual({
      open: true,
      secrets: [],
      unseen: expect.any(Array),
    });
  });
});

describe('reading a destination', () => {
  it('names the parts', () => {
    const { scheme, authority, path, params } = parseDestination(
      'R2://Acme-Logs/a%20b/{DATE}?account-id=a%20b&sig',
    );
    expect({ scheme, authority, path }).toEqual({
      scheme: 'r2',
      authority: 'acme-logs',
      path: '/a%20b/{DATE}',
    });
    expect(params.map((param) => [param.name, param.value.reveal(), param.secret])).toEqual([
      ['account-id', 'a b', false],
      ['sig', '', true],
    ]);
  });

  it('spells the identity the way people write patterns, without parameters and user', () => {
    expect(parseDestination('S3://Acme/dt%3D{DATE}/a%20b%2Fc?region=x').identity).toBe(
      's3://acme/dt={DATE}/a b%2Fc',
    );
    expect(parseDestination('https://u:p@h:443').identity).toBe('https://h/');
  });

  it.each([
    ['s3://b/p?region=x&endpoint=S3.example:9000', 's3://b@S3.example:9000/p'],
    ['s3://b/p?region=x&%65ndpoint=evil.example%2F', 's3://b@evil.example%2F/p'],
    ['s3://b/p?region=x&ENDPOINT=evil.example', 's3://b@evil.example/p'],
    ['s3://b/p?endpoint=one&region=x&endpoint=two', 's3://b@one@two/p'],
    ['r2://b/p?account-id=abc&access-key-id=k&secret-access-key=s', 'r2://b@abc/p'],
    [
      'kinesis://Logs?region=eu-west-1&sts-assume-role-arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr',
      'kinesis://Logs@eu-west-1@arn:aws:iam::1:role%2Fr/',
    ],
  ])('names behind the host what says where that is: %s', (text, identity) => {
    expect(parseDestination(text).identity).toBe(identity);
  });

  it.each([
    ['s3://b/p?region=x&endpoint=a', 's3://b/p?endpoint=a&region=y', true],
    ['s3://b/p?region=x&endpoint=a', 's3://b/p?region=x&endpoint=c', false],
    ['s3://b/p?region=x&endpoint=a', 's3://b/p?region=x', false],
    ['s3://b/p?region=x&endpoint=a', 's3://b/p?***', true],
    ['s3://b/p?region=x&endpoint=a', 's3://c/p?***', false],
  ])('%s and %s are one place: %s', (one, other, isSame) => {
    expect([isSamePlace(one, other), isSamePlace(other, one)]).toEqual([isSame, isSame]);
  });

  it('never throws, and joins its pieces to the text it was given', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'s3:/?&=#%@+{}a2 '.split(''), '\ud800', 'r2://', '%zz', '%ff') }),
    );
    fc.assert(
      fc.property(anything, anything, (text, other) => {
        parseDestination(text);
        differenceOfDestinations(text, other);
        expect(differenceOfDestinations(text, text)).toMatchObject({ open: false, secrets: [] });
        expect(replaceSecrets(text, (_name, raw) => raw)).toBe(text);
      }),
    );
  });
});

describe('the secret parts of a destination', () => {
  it('are named, in order, as they stand in the text', () => {
    const text = 'https://u:p@h/hook?x=a%20b&x=c&TOKEN&header_A=';
    expect([...secretPartsOf(text)]).toEqual([
      ['userinfo', 'u:p'],
      ['path', 'hook'],
      ['x', 'a%20b'],
      ['x-2', 'c'],
      ['query', 'TOKEN'],
    ]);
  });

  it('are replaced where they stand', () => {
    expect(replaceSecrets(R2, (name) => `\${secret:${name}}`)).toBe(
      'r2://acme-logs/http/{DATE}?account-id=abc&access-key-id=${secret:access-key-id}&secret-access-key=${secret:secret-access-key}',
    );
  });

  it('are taken out of a message that quotes them in any spelling', () => {
    const destination = 'splunk://h/raw?header_Authorization=Splunk%20T0K-3N%2Babc';
    const message = 'POST with "Splunk T0K-3N+abc", Splunk%20T0K-3N%2Babc and T0K-3N+abc failed';
    expect(maskSecretsIn(message, destination)).not.toMatch(/T0K-3N/);
    expect(maskSecretsIn('connection refused', destination)).toBe('connection refused');
  });
});

describe('the ownership challenge', () => {
  it.each([
    ['s3://acme/x?region=a', true],
    ['s3://acme/x?region=a&access-key-id=k&secret-access-key=s&endpoint=e', false],
    [R2, false],
    ['gs://acme/x', true],
    ['azure://c/d?sig=s', true],
    ['sumo://e/receiver/v1/http/c', true],
    ['https://h/x', false],
    [SPLUNK, false],
    ['datadog://d/?header_DD-API-KEY=k', false],
    ['new://h/x', false],
  ])('%s: asked for: %s', (text, asked) => {
    expect(needsChallenge(text)).toBe(asked);
  });
});

describe('building a destination', () => {
  it.each<[DestinationSpec, string]>([
    [{ type: 's3', bucket: 'acme', region: 'us-west-2' }, 's3://acme/?region=us-west-2'],
    [
      { type: 's3', bucket: 'acme', path: '/logs/dt={DATE}/', region: 'us-west-2', sse: 'AES256' },
      's3://acme/logs/dt={DATE}/?region=us-west-2&sse=AES256',
    ],
    [
      {
        type: 's3-compatible',
        bucket: 'acme',
        path: 'a b/100%/é#?',
        region: 'auto',
        access_key_id: 'id',
        secret_access_key: 'a+b/c= d',
        endpoint: 'minio.example:9000',
      },
      's3://acme/a%20b/100%25/%C3%A9%23%3F?region=auto&access-key-id=id&secret-access-key=a%2Bb%2Fc%3D%20d&endpoint=minio.example%3A9000',
    ],
    [
      {
        type: 'r2',
        bucket: 'acme',
        path: '{DATE}',
        account_id: 'abc',
        access_key_id: 'i',
        secret_access_key: 's',
      },
      'r2://acme/{DATE}?account-id=abc&access-key-id=i&secret-access-key=s',
    ],
    [{ type: 'https', url: 'https://h/x' }, 'https://h/x'],
    [
      { type: 'https', url: 'https://h/x', headers: { Authorization: 'Bearer a+b' }, params: { q: 'a&b' } },
      'https://h/x?q=a%26b&header_Authorization=Bearer%20a%2Bb',
    ],
    [{ type: 'https', url: 'https://h/x?y=1', params: { q: '1' } }, 'https://h/x?y=1&q=1'],
    [{ type: 'https', url: 'https://h/x?', params: { q: '1' } }, 'https://h/x?q=1'],
    [{ type: 'https', url: 'https://h/x#y', params: { q: '1' } }, 'https://h/x%23y?q=1'],
  ])('builds %j as %s', (spec, text) => {
    expect(buildDestination(spec)).toBe(text);
  });

  const plain = fc.string({ unit: 'grapheme', minLength: 1 });
  const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);

  it('is undone by reading', () => {
    const spec = fc.record({
      type: fc.constant('r2' as const),
      bucket,
      path: plain,
      account_id: plain,
      access_key_id: plain,
      secret_access_key: plain,
    });
    fc.assert(
      fc.property(spec, (written) => {
        const { scheme, authority, path, params } = parseDestination(buildDestination(written));
        expect({ scheme, authority, path: decodeURIComponent(path) }).toEqual({
          scheme: 'r2',
          authority: written.bucket,
          path: `/${written.path.replace(/^\/+/, '')}`,
        });
        expect(params.map((param) => param.value.reveal())).toEqual([
          written.account_id,
          written.access_key_id,
          written.secret_access_key,
        ]);
      }),
    );
  });

  it('keeps names and values of headers, whatever is in them, and sorts them', () => {
    const headers = fc.dictionary(plain, plain, { minKeys: 1, noNullPrototype: true });
    fc.assert(
      fc.property(headers, (written) => {
        const { params } = parseDestination(
          buildDestination({ type: 'https', url: 'https://h/x', headers: written }),
        );
        const read = params.map((param) => [param.name, param.value.reveal()]);
        const inOrder = Object.entries(written).toSorted(([a], [b]) => (a < b ? -1 : 1));
        expect(read).toEqual(inOrder.map(([name, value]) => [`header_${name}`, value]));
        expect(params.every((param) => param.secret)).toBe(true);
      }),
    );
  });
});
