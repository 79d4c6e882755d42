import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { differenceOfDestinations } from '../../../src/core/destination/destination.ts';
import { exportManifest } from '../../../src/core/export/manifest-of.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import { resolveManifest } from '../../../src/core/manifest/resolve.ts';
import { Secret } from '../../../src/core/secret.ts';
import { loadSchema } from '../../../src/schemas.ts';
import { aLiveJob, aScope, aZone } from '../../builders.ts';
import { aCanary, canaryDestinations, leaksIn } from '../../canaries.ts';

const parseManifest = createManifestParser(loadSchema('manifest'));

function exportOf(...destinations: readonly string[]) {
  const live = destinations.map((text, index) =>
    aLiveJob({ id: index + 1, name: `job-${index + 1}`, fields: { destination_conf: text } }),
  );
  const result = exportManifest([{ scope: aScope(), live }]);
  const root = parse(result.text) as {
    destinations?: object;
    zones: { jobs: { destination?: unknown; destination_conf?: string }[] }[];
  };
  return { ...result, root, jobs: root.zones[0]!.jobs };
}

/** What the manifest wants once its secrets are provided as the export says. */
function resolvedFrom({ text, secrets }: ReturnType<typeof exportOf>): readonly string[] {
  const { manifest, problems } = parseManifest([{ path: 'm.yaml', text }]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  const values = new Map(secrets.map(({ name, value }) => [name, value ?? new Secret('provided-by-hand')]));
  const world = {
    zones: [aZone()],
    accounts: [],
    now: 0,
    values: { env: new Map(), secrets: values, unreadable: new Map() },
  };
  const { scopes } = resolveManifest(manifest!, world);
  expect(scopes[0]?.blocked).toEqual([]);
  return (scopes[0]?.jobs ?? []).map(({ fields }) => (fields['destination_conf'] as Secret).reveal());
}

const R2 =
  'r2://acme-logs/http/{DATE}?account-id=a1&access-key-id=KEY-ID-0123&secret-access-key=KEY%2B0123%3D';
const SPLUNK =
  'splunk://hec.example:8088/services/collector/raw?channel=c-1&insecure-skip-verify=false&sourcetype=s&header_Authorization=Splunk%20T0K3N-0123';

describe('an exported destination', () => {
  it.each<[string, string, object]>([
    [
      's3',
      's3://acme-logs/a%20b/{DATE}?region=us-west-2&sse=AES256',
      { type: 's3', bucket: 'acme-logs', path: 'a b/{DATE}', region: 'us-west-2', sse: 'AES256' },
    ],
    [
      's3-compatible',
      's3://acme-logs?endpoint=s3.example&region=auto&secret-access-key=KEY-0123456&access-key-id=ID-0123456',
      {
        type: 's3-compatible',
        bucket: 'acme-logs',
        region: 'auto',
        endpoint: 's3.example',
        access_key_id: '${secret:s3.acme-logs.access-key-id}',
        secret_access_key: '${secret:s3.acme-logs.secret-access-key}',
      },
    ],
    [
      'r2',
      R2,
      {
        type: 'r2',
        bucket: 'acme-logs',
        path: 'http/{DATE}',
        account_id: 'a1',
        access_key_id: '${secret:r2.acme-logs.access-key-id}',
        secret_access_key: '${secret:r2.acme-logs.secret-access-key}',
      },
    ],
    [
      'https',
      'https://logs.example:8443/cf?header_Authorization=Bearer%20T0K3N-0123&tags=a',
      {
        type: 'https',
        url: 'https://logs.example:8443/cf',
        headers: { Authorization: '${secret:https.logs.example-8443.header-authorization}' },
        params: { tags: 'a' },
      },
    ],
    [
      'a hook, whose path may be its token',
      'https://hooks.example/T0K3N/0123',
      { type: 'https', url: 'https://hooks.example/${secret:https.hooks.example.path}' },
    ],
    ['gcs', 'gs://acme-logs/http/{DATE}', { type: 'gcs', bucket: 'acme-logs', path: 'http/{DATE}' }],
    [
      'azure, whose signature is one secret',
      'azure://acme.blob.core.windows.net/logs/dir?sv=2022&ss=b&sig=SIG-0123%3D',
      {
        type: 'azure',
        container: 'acme.blob.core.windows.net/logs',
        path: 'dir',
        sas: '${secret:azure.acme.blob.core.windows.net.sas}',
      },
    ],
    [
      'sumo, with its code',
      'sumo://e.example/receiver/v1/http/C0DE-0123',
      { type: 'sumo', endpoint: 'e.example', code: '${secret:sumo.e.example.code}' },
    ],
    [
      'splunk, without the word before the token',
      SPLUNK,
      {
        type: 'splunk',
        endpoint: 'hec.example:8088',
        channel: 'c-1',
        sourcetype: 's',
        token: '${secret:splunk.hec.example-8088.token}',
      },
    ],
    [
      'kinesis',
      'kinesis://Stream?region=eu-west-1&sts-assume-role-arn=arn:aws:iam::1:role/x',
      { type: 'kinesis', stream: 'Stream', region: 'eu-west-1', role_arn: 'arn:aws:iam::1:role/x' },
    ],
  ])('is structured: %s', (_, text, spec) => {
    const result = exportOf(text);

    expect(result.jobs[0]!.destination).toEqual(spec);
    expect(differenceOfDestinations(resolvedFrom(result)[0]!, text)).toEqual({
      open: false,
      secrets: [],
      unseen: [],
    });
  });

  it('shows the type of the content, which is no secret', () => {
    const [job] = exportOf(
      'https://h.example/a?header_Content-Type=application%2Fjson&header_Accept=T0K3N-0123',
    ).jobs;
    expect(job?.destination).toEqual({
      type: 'https',
      url: 'https://h.example/a',
      headers: { Accept: '${secret:https.h.example.header-accept}', 'Content-Type': 'application/json' },
    });
  });

  it.each<[string, string, string]>([
    [
      'another header than the type has',
      SPLUNK.replace('Splunk%20', 'Bearer%20'),
      SPLUNK.replace('Splunk%20T0K3N-0123', '${secret:splunk.hec.example-8088.header-authorization}'),
    ],
    [
      'a code at another path',
      'sumo://e.example/other/C0DE-0123',
      'sumo://e.example/${secret:sumo.e.example.path}',
    ],
    [
      'a parameter without a key',
      's3://b?region=x&session-token=T0K3N-0123',
      's3://b?region=x&session-token=${secret:s3.b.session-token}',
    ],
    [
      'a key given twice',
      'https://h.example?t=T0K3N-0123&t=T0K3N-4567',
      'https://h.example?t=${secret:https.h.example.t}&t=${secret:https.h.example.t-2}',
    ],
    ['a word alone, too short for a secret', 'https://h.example/a?b', 'https://h.example/a?b'],
    ['a token alone', 'https://h.example?T0K3N-0123', 'https://h.example?${secret:https.h.example.query}'],
    [
      'a user and password',
      'https://me:T0K3N-0123@h.example/',
      'https://${secret:https.h.example.userinfo}@h.example/',
    ],
    ['a scheme that nobody knows', 'new://h.example/T0K3N?a=b', 'new://h.example/${secret:new.rest}'],
    [
      'a plus that may be a space',
      's3://b?region=x&access-key-id=ID+01234567&secret-access-key=KEY-0123&endpoint=e',
      's3://b?region=x&${secret:s3.b.access-key-id}&secret-access-key=${secret:s3.b.secret-access-key}&endpoint=e',
    ],
    ['bytes that are no text', 'new://h.example?a=%FF%FE0123', 'new://h.example?${secret:new.rest}'],
    [
      'a short value',
      'datadog://d.example/v1?header_X=prod&ddsource=cf',
      'datadog://d.example/v1?${secret:datadog.d.example.header-x}&ddsource=cf',
    ],
    [
      'parameters too short for secrets',
      'datadog://d.example/v1?a=1&ddsource=cf',
      'datadog://d.example/v1?${secret:datadog.d.example.query}',
    ],
    ['nothing but short parts', 'new://h.example/x?y', 'new://${secret:new.all}'],
  ])('is the text of Cloudflare with references: %s', (_, text, conf) => {
    const result = exportOf(text);

    expect(result.jobs[0]!.destination_conf).toBe(conf);
    expect(resolvedFrom(result)).toEqual([text]);
  });

  it.each(canaryDestinations())('holds no secret and means the same: $canary.label', ({ text, canary }) => {
    const result = exportOf(text);

    expect(leaksIn(result.text + JSON.stringify(result), [canary])).toEqual([]);
    for (const resolved of resolvedFrom(result)) {
      expect(differenceOfDestinations(resolved, text)).toEqual({ open: false, secrets: [], unseen: [] });
    }
  });

  it('means the same for any URI, known or not, and gives nothing away', () => {
    const canary = aCanary('in any URI');
    const piece = fc.oneof(
      fc.constant(canary.core),
      fc.constant(encodeURIComponent(canary.value)),
      fc.string({ unit: fc.constantFrom(...'ab/%41+.$~{}:@é=&?#'), maxLength: 6 }),
      fc.constantFrom(
        'region=us-west-2',
        'header_X=',
        'sig=',
        'access-key-id=',
        '${x}',
        '$${',
        '%zz',
        '&',
        '?',
      ),
    );
    const uri = fc
      .tuple(
        fc.constantFrom('s3', 'r2', 'https', 'azure', 'sumo', 'splunk', 'new', 'S3'),
        fc.array(piece, { maxLength: 6 }),
      )
      .map(([scheme, pieces]) => `${scheme}://h.example/${pieces.join('')}`);

    fc.assert(
      fc.property(uri, (text) => {
        const result = exportOf(text);
        const open = text.slice(0, text.indexOf(canary.core.slice(0, 8)));
        // The path of a bucket is no place for secrets, so one that stands there is shown.
        fc.pre(
          !/^(s3|r2|azure|splunk):/i.test(text) ||
            open.includes('?') ||
            !text.includes(canary.core.slice(0, 8)),
        );

        expect(leaksIn(result.text + JSON.stringify(result), [canary])).toEqual([]);
        for (const resolved of resolvedFrom(result)) {
          expect(differenceOfDestinations(resolved, text)).toMatchObject({ open: false, secrets: [] });
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('the secrets of an export', () => {
  it('are listed by name with the jobs that use them, and never print', () => {
    const { secrets } = exportOf(R2, SPLUNK);

    expect(secrets.map(({ name, usedBy }) => ({ name, usedBy }))).toEqual([
      { name: 'r2.acme-logs.access-key-id', usedBy: ['example.com/job-1'] },
      { name: 'r2.acme-logs.secret-access-key', usedBy: ['example.com/job-1'] },
      { name: 'splunk.hec.example-8088.token', usedBy: ['example.com/job-2'] },
    ]);
    expect(JSON.stringify(secrets)).not.toContain('0123');
  });

  it('have one name where they are equal, and different names where they are not', () => {
    const { secrets } = exportOf(R2, R2.replace('KEY-ID-0123', 'KEY-ID-4567'));

    expect(secrets.map(({ name, usedBy }) => [name, usedBy.length])).toEqual([
      ['r2.acme-logs.access-key-id', 1],
      ['r2.acme-logs.access-key-id-2', 1],
      ['r2.acme-logs.secret-access-key', 2],
    ]);
  });

  it.each(['***', 'REDACTED', ''])('are told as unknown where Cloudflare shows only %j', (mask) => {
    const { secrets, notes, jobs } = exportOf(R2.replace('KEY%2B0123%3D', mask));

    expect(jobs[0]!.destination).toMatchObject({
      secret_access_key: '${secret:r2.acme-logs.secret-access-key}',
    });
    expect(secrets.find(({ name }) => name.endsWith('secret-access-key'))).not.toHaveProperty('value');
    expect(notes).toEqual([
      expect.stringContaining(
        'Cloudflare does not show the value of the secret "r2.acme-logs.secret-access-key"',
      ),
    ]);
  });

  it('have a name each where two of them are masked alike, as their masks say nothing', () => {
    const { secrets } = exportOf(R2.replace('KEY-ID-0123', '***').replace('KEY%2B0123%3D', '***'));

    expect(secrets.map(({ name }) => name)).toEqual([
      'r2.acme-logs.access-key-id',
      'r2.acme-logs.secret-access-key',
    ]);
  });

  it('have a name each where their masked texts show that they differ', () => {
    const { secrets } = exportOf(
      'azure://c/a?sig=***&sv=***',
      'azure://c/b?sig=***&sp=***',
      'azure://c/d?sig=***&sp=***',
    );

    expect(secrets.map(({ name, usedBy }) => [name, usedBy.length])).toEqual([
      ['azure.c.sas', 1],
      ['azure.c.sas-2', 2],
    ]);
  });

  it('are references even where only a mask shows that there is one', () => {
    expect(exportOf('https://h.example/?tags=***').jobs[0]!.destination).toMatchObject({
      params: { tags: '${secret:https.h.example.tags}' },
    });
  });

  it('share no name between a masked value and a shown one', () => {
    const { secrets } = exportOf(R2, R2.replace('KEY%2B0123%3D', '***'));

    expect(secrets.map(({ name }) => name)).toContain('r2.acme-logs.secret-access-key-2');
  });

  it('are told apart where they stand for more than a value', () => {
    const { notes } = exportOf('datadog://d.example/v1?header_X=prod&ddsource=cf');

    expect(notes).toEqual([expect.stringContaining('stands for a whole parameter, name included')]);
  });
});

describe('a credential that is too short for a secret', () => {
  it.each(['http://h.example?a=1', 'newthing://h?x', 'azure://c/d?sig=1'])(
    'keeps the job of %s out of the manifest, which says why',
    (text) => {
      const { notes, jobs, secrets } = exportOf(SPLUNK, text);

      expect(jobs).toHaveLength(1);
      expect(secrets.map(({ usedBy }) => usedBy)).toEqual([['example.com/job-1']]);
      expect(notes).toEqual([expect.stringMatching(/^Job 2 .* is left out.*shorter than the 8 characters/)]);
    },
  );

  it('is kept in a longer one where that holds it', () => {
    const { notes, jobs } = exportOf('sumo://h.example/receiver/v1/http/abc');

    expect(jobs).toHaveLength(1);
    expect(notes).toEqual([]);
  });
});

describe('a destination that several jobs have', () => {
  it('gets a name, and is written once', () => {
    const { root, jobs } = exportOf(
      R2,
      R2.replace('r2:', 'R2:'),
      's3://acme-logs?region=x',
      's3://acme-logs?region=y',
      's3://acme-logs?region=x',
    );

    expect(Object.keys(root.destinations ?? {})).toEqual(['acme-logs', 'acme-logs-2']);
    expect(jobs.map(({ destination }) => destination)).toEqual([
      'acme-logs',
      'acme-logs',
      'acme-logs-2',
      { type: 's3', bucket: 'acme-logs', region: 'y' },
      'acme-logs-2',
    ]);
  });

  it('has a name that a manifest accepts, whatever the bucket is called', () => {
    const text = `s3://${'_'.repeat(3)}${'x'.repeat(80)}?region=x`;
    expect(resolvedFrom(exportOf(text, text))).toHaveLength(2);
  });
});
