import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildDestination,
  differenceOfDestinations,
  needsChallenge,
  parseDestination,
  showDestination,
} from '../../../src/core/destination/destination.ts';
import { type DestinationSpec, uriParts } from '../../../src/core/destination/destination-type.ts';
import { DESTINATION_TYPES, destinationTypeNamed } from '../../../src/core/destination/known-types.ts';
import { loadSchema } from '../../../src/schemas.ts';

const { definitions } = loadSchema('manifest') as { definitions: { [name: string]: any } };
const SAME = { open: false, secrets: [], unseen: [] };

/** Type, what the manifest holds, what Cloudflare documents (`cloudflare-api.md` §6.1), whether it asks for a proof. */
const GOLDEN: readonly (readonly [DestinationSpec, string, boolean])[] = [
  [
    { type: 's3', bucket: 'acme', path: 'logs/{DATE}', region: 'us-east-1', sse: 'AES256' },
    's3://acme/logs/{DATE}?region=us-east-1&sse=AES256',
    true,
  ],
  [
    {
      type: 's3-compatible',
      bucket: 'acme',
      path: 'logs',
      region: 'auto',
      access_key_id: 'ID',
      secret_access_key: 'a/b+c=',
      endpoint: 's3.example.com',
    },
    's3://acme/logs?region=auto&access-key-id=ID&secret-access-key=a%2Fb%2Bc%3D&endpoint=s3.example.com',
    false,
  ],
  [
    {
      type: 'r2',
      bucket: 'acme',
      path: 'a/{DATE}',
      account_id: 'A',
      access_key_id: 'ID',
      secret_access_key: 'S',
    },
    'r2://acme/a/{DATE}?account-id=A&access-key-id=ID&secret-access-key=S',
    false,
  ],
  [{ type: 'gcs', bucket: 'acme', path: 'dir' }, 'gs://acme/dir', true],
  [
    {
      type: 'azure',
      container: 'acme.blob.core.windows.net/logs',
      path: 'dir/{DATE}',
      sas: 'sv=2022-11-02&ss=b&srt=o&sp=cw&se=2031-01-01T00:00:00Z&sig=a%2Bb%3D',
    },
    'azure://acme.blob.core.windows.net/logs/dir/{DATE}?sv=2022-11-02&ss=b&srt=o&sp=cw&se=2031-01-01T00:00:00Z&sig=a%2Bb%3D',
    true,
  ],
  [
    {
      type: 'datadog',
      endpoint: 'http-intake.logs.datadoghq.com',
      api_key: 'K3Y-0123',
      ddsource: 'cloudflare',
      service: 'edge',
      host: 'example.com',
      ddtags: 'env:prod,team:web',
    },
    'datadog://http-intake.logs.datadoghq.com/api/v2/logs?header_DD-API-KEY=K3Y-0123&ddsource=cloudflare&service=edge&host=example.com&ddtags=env%3Aprod%2Cteam%3Aweb',
    false,
  ],
  [
    {
      type: 'splunk',
      endpoint: 'hec.example.com:8088',
      channel: 'c-1',
      insecure_skip_verify: true,
      sourcetype: 'cloudflare:json',
      token: 'TOKEN',
    },
    'splunk://hec.example.com:8088/services/collector/raw?channel=c-1&insecure-skip-verify=true&sourcetype=cloudflare%3Ajson&header_Authorization=Splunk%20TOKEN',
    false,
  ],
  [
    { type: 'sumo', endpoint: 'endpoint4.collection.sumologic.com', code: 'C0DE==' },
    'sumo://endpoint4.collection.sumologic.com/receiver/v1/http/C0DE==',
    true,
  ],
  [
    { type: 'new-relic', region: 'eu', api_key: 'KEY', format: 'other' },
    'https://log-api.eu.newrelic.com/log/v1?Api-Key=KEY&format=other',
    false,
  ],
  [
    {
      type: 'https',
      url: 'https://logs.example.com/cf',
      headers: { Authorization: 'Bearer a b' },
      params: { source: 'x' },
    },
    'https://logs.example.com/cf?source=x&header_Authorization=Bearer%20a%20b',
    false,
  ],
  [
    { type: 'ibm-cloud-logs', instance_id: 'i-1', region: 'eu-de', api_key: 'KEY' },
    'ibmcl://i-1.ingress.eu-de.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=KEY',
    false,
  ],
  [
    { type: 'sentinelone', endpoint: 'ingest.us1.sentinelone.net', sourcetype: 'cf', token: 'TOKEN' },
    'sentinelone://ingest.us1.sentinelone.net/services/collector/raw?sourcetype=cf&header_Authorization=Bearer%20TOKEN',
    false,
  ],
  [
    { type: 'bigquery', project: 'p', dataset: 'd', table: 't', credentials: 'base64:e30=' },
    'bq://projects/p/datasets/d/tables/t?credentials=base64%3Ae30%3D',
    false,
  ],
  [
    {
      type: 'kinesis',
      stream: 'Stream',
      region: 'us-west-2',
      role_arn: 'arn:aws:iam::1:role/x',
      external_id: 'EXT',
    },
    'kinesis://Stream?region=us-west-2&sts-assume-role-arn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&sts-external-id=EXT',
    false,
  ],
  [
    { type: 'elastic', url: 'https://elastic.example.com/cf', headers: { Authorization: 'ApiKey KEY' } },
    'https://elastic.example.com/cf?header_Authorization=ApiKey%20KEY',
    false,
  ],
  [{ type: 'qradar', url: 'https://qradar.example.com:12469' }, 'https://qradar.example.com:12469', false],
];

describe('a type of destination', () => {
  it('has keys, required ones among them, as the schema says', () => {
    const branches: readonly { $ref: string }[] = definitions['destination_object'].oneOf;
    const schemas = branches.map(({ $ref }) => definitions[$ref.replace('#/definitions/', '')]);
    expect(schemas.map(({ properties }) => properties.type.const)).toEqual(
      DESTINATION_TYPES.map(({ type }) => type),
    );
    for (const { required, properties } of schemas) {
      const type = destinationTypeNamed(properties.type.const);
      expect(required.toSorted()).toEqual(['type', ...(type?.requiredKeys ?? [])].toSorted());
      expect(Object.keys(properties)).toEqual(expect.arrayContaining([...(type?.secretKeys ?? [])]));
    }
  });

  it('stands in the golden list', () => {
    expect(GOLDEN.map(([{ type }]) => type)).toEqual(DESTINATION_TYPES.map(({ type }) => type));
  });

  it.each(GOLDEN.map(([spec, text, asks]) => [spec.type, spec, text, asks] as const))(
    '%s is written as Cloudflare documents it, and read back',
    (type, spec, text, asks) => {
      expect(buildDestination(spec)).toBe(text);
      const read = destinationTypeNamed(type)?.read(uriParts(text));
      // Nothing tells these two from any other receiver.
      expect(read).toEqual(['elastic', 'qradar'].includes(type) ? null : spec);
      expect(needsChallenge(text)).toBe(asks);
    },
  );

  it.each(GOLDEN.map(([spec, text]) => [spec.type, spec, text] as const))(
    '%s never shows its credentials',
    (type, spec, text) => {
      for (const key of destinationTypeNamed(type)?.secretKeys ?? [])
        expect(showDestination(text)).not.toContain(encodeURIComponent(String(spec[key])));
    },
  );

  const awkward = fc.string({
    unit: fc.constantFrom(...'ab1 +/&=%?#"{}:@,;~é漢🙂'.match(/./gu)!, '%20', '{DATE}'),
    minLength: 1,
    maxLength: 12,
  });
  /** What cannot be told from its borders: a host has no slash, a label no dot, a folder no slash at its start. */
  const NAMES: { readonly [key: string]: fc.Arbitrary<string> } = {
    bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/),
    endpoint: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}(:[1-9][0-9]{2,3})?$/),
    stream: fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
    instance_id: fc.stringMatching(/^[a-z0-9-]{1,20}$/),
    path: awkward.map((text) => text.replace(/^\/+/, '')).filter((text) => text !== ''),
    container: fc.constant('acme.blob.core.windows.net/logs'),
    sas: fc.stringMatching(/^sv=[a-z0-9%-]{1,9}&sig=[A-Za-z0-9%2B]{1,20}$/),
  };
  const structured = GOLDEN.filter(([{ type }]) => !['https', 'elastic', 'qradar'].includes(type));

  it.each(structured.map(([spec]) => [spec.type, spec] as const))(
    '%s keeps every character of its values, and is the same after reading and writing',
    (type, example) => {
      const keys = Object.keys(example).filter((key) => key !== 'type' && typeof example[key] === 'string');
      const region = ['new-relic', 'ibm-cloud-logs'].includes(type);
      const spec = fc.record(
        Object.fromEntries(
          keys.map((key) => [
            key,
            key === 'region' && region ? fc.constant(example[key]) : (NAMES[key] ?? awkward),
          ]),
        ),
      );
      fc.assert(
        fc.property(spec, (values) => {
          const written: DestinationSpec = { ...example, ...values, type };
          const text = buildDestination(written);
          const read = destinationTypeNamed(type)?.read(uriParts(text));
          expect(read).toEqual(
            type === 'bigquery' ? { ...written, credentials: read?.['credentials'] } : written,
          );
          expect(buildDestination(read!)).toBe(text);
          expect(differenceOfDestinations(text, buildDestination(read!))).toEqual(SAME);
        }),
      );
    },
  );

  it('reads nothing that it could not write', () => {
    const uri = fc
      .tuple(
        fc.constantFrom(...new Set(DESTINATION_TYPES.map(({ scheme }) => scheme))),
        fc.string({
          unit: fc.constantFrom(...'ab/.?&=%:-'.split(''), 'region=r', 'Splunk%20'),
          maxLength: 30,
        }),
      )
      .map(([scheme, rest]) => `${scheme}://${rest}`);
    fc.assert(
      fc.property(uri, (text) => {
        for (const type of DESTINATION_TYPES.filter(
          ({ scheme }) => scheme === parseDestination(text).scheme,
        )) {
          const read = type.read(uriParts(text));
          if (read === null) continue;
          expect(type.read(uriParts(type.build(read)))).toEqual(read);
        }
      }),
    );
  });

  it('takes the key of a service account as JSON, as base64, or as a place', () => {
    const spec = { type: 'bigquery', project: 'p', dataset: 'd', table: 't' };
    const credentials = (text: string) =>
      parseDestination(buildDestination({ ...spec, credentials: text })).params[0]?.value.reveal();
    expect(credentials('{"type":"é"}')).toBe(`base64:${Buffer.from('{"type":"é"}').toString('base64')}`);
    expect(credentials('e30=')).toBe('base64:e30=');
    expect(credentials('base64:e30=')).toBe('base64:e30=');
    expect(credentials('url:https://x')).toBe('url:https://x');
  });

  it('takes a signature with or without its question mark', () => {
    const spec = { type: 'azure', container: 'c', path: 'd' };
    expect(buildDestination({ ...spec, sas: '?sig=a' })).toBe(buildDestination({ ...spec, sas: 'sig=a' }));
  });
});
