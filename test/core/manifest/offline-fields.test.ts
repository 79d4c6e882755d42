import { describe, expect, it } from 'vitest';
import { DOCUMENTED_ON, documentedFields } from '../../../src/core/manifest/documented-fields.ts';
import { createManifestParser } from '../../../src/core/manifest/parser.ts';
import type { Problem } from '../../../src/core/problem.ts';
import { inShort, parseText, SCHEMA } from './fixtures.ts';

const parseOffline = createManifestParser(SCHEMA, { offline: true });

function offline(text: string): readonly Problem[] {
  return parseOffline([{ path: 'm.yaml', text }]).problems;
}

function aJob(keys: string, dataset = 'http_requests'): string {
  return `version: 1
defaults: { enabled: true }
zones:
  - zone: example.com
    jobs:
      - name: a
        dataset: ${dataset}
        destination_conf: https://logs.example.com/a
${keys.replaceAll(/^/gm, '        ')}
`;
}

describe('fields that nobody can be asked about', () => {
  it('are compared with the list of this release, wherever a job names them', () => {
    const problems = offline(
      aJob(`output_options:
  field_names: [RayID, ClientIPP]
  record_template: '{{.RayID}} {{.ClientHost}}'
filter:
  where: { and: [{ key: RayId, operator: eq, value: a }, { key: ClientIP, operator: eq, value: b }] }`),
    );
    expect(inShort(problems).filter((one) => one.endsWith('unlisted-field'))).toEqual([
      '10:32 unlisted-field',
      '11:28 unlisted-field',
      '13:33 unlisted-field',
    ]);
    expect(problems.find(({ path }) => path.endsWith('field_names[1]'))?.message).toBe(
      `"ClientIPP" is not among the fields of http_requests that Cloudflare documented on ${DOCUMENTED_ON}. Did you mean "ClientIP"? "logpushd plan" asks Cloudflare itself.`,
    );
  });

  it.each([
    ['field_names of all but some', 'output_options: { field_names: { all_except: [Cookeis] } }', '9:55'],
    ['the older options', 'logpull_options: fields=RayID,ClientIPP&timestamps=rfc3339', '9:26'],
    ['a filter in JSON', `filter: '{"where":{"key":"RayId","operator":"eq","value":"a"}}'`, '9:17'],
  ])('are found in %s', (_, keys, place) => {
    expect(inShort(offline(aJob(keys)))).toContain(`${place} unlisted-field`);
  });

  it('are no finding when somebody can be asked', () => {
    const text = aJob('output_options: { field_names: [ClientIPP] }');
    expect(inShort(parseText(text).problems)).toEqual([]);
    expect(inShort(offline(text))).toEqual(['9:41 unlisted-field']);
  });

  it('are no matter of a dataset that is called like what every object has', () => {
    const keys = "filter: { where: { key: ClientIP, operator: eq, value: '1' } }";
    expect(inShort(offline(aJob(keys, 'toString')))).toEqual(['7:18 unknown-dataset']);
  });

  it('are found in small datasets whose whole list is documented', () => {
    const keys = 'output_options: { field_names: [ServerAddres] }';
    expect(
      offline(aJob(keys, 'ssh_logs'))
        .map(({ message }) => message)
        .join(),
    ).toContain('Did you mean "ServerAddress"?');
  });

  it('are no finding in a dataset of which only a part is known, nor in references', () => {
    expect(offline(aJob('output_options: { field_names: [Anything] }', 'nel_reports'))).toEqual([]);
    expect(offline(aJob("output_options: { field_names: ['${env:FIELD}'] }"))).toEqual([]);
  });

  it('are found once in a preset, however many jobs use it, where it is written', () => {
    const text = `version: 1
presets: { p: { dataset: dns_logs, enabled: true, output_options: { field_names: [Coloo] } } }
zones:
  - zone: example.com
    jobs:
      - { name: a, preset: p, destination_conf: 'https://logs.example.com/a', output_options: { sample_rate: 0.5 } }
      - { name: b, preset: p, destination_conf: 'https://logs.example.com/b' }
`;
    expect(inShort(offline(text))).toEqual(['2:83 unlisted-field']);
  });

  it('may be nested so deep that no filter is, and nothing breaks', () => {
    const deep = `${'{"and":['.repeat(5_000)}1${']}'.repeat(5_000)}`;
    expect(inShort(offline(aJob(`filter: '{"where":${deep}}'`)))).toContain('9:17 bad-filter');
  });
});

describe('the list of this release', () => {
  it('has each field once, with a type', () => {
    expect(documentedFields('http_requests')?.size).toBe(108);
    expect(documentedFields('firewall_events')?.get('MatchIndex')).toBe('int');
    expect(documentedFields('gateway_dns')?.get('ResolvedIPs')).toBe('array[string]');
    expect(documentedFields('mnm_flow_logs')?.get('TcpFlags')).toBe('int');
    expect(documentedFields('dex_application_tests')?.get('TracerouteHops')).toBe('array[object]');
    expect(documentedFields('constructor')).toBeUndefined();
  });
});

describe('a filter on a field whose type is documented', () => {
  it.each([
    [
      'Cookies',
      'eq',
      'a',
      'Cookies is of type object, and Cloudflare filters neither objects nor lists of them',
    ],
    [
      'SecurityActions',
      'eq',
      'block',
      'SecurityActions is of type array[string], and "eq" is for other types',
    ],
    ['ClientIP', 'lt', '5', 'ClientIP is of type string, and "lt" is for other types'],
    [
      'EdgeResponseStatus',
      'contains',
      '5',
      'EdgeResponseStatus is of type int, and "contains" is for other types',
    ],
    [
      'EdgeResponseStatus',
      'eq',
      'error',
      'EdgeResponseStatus is of type int, and "error" is no value of that',
    ],
    ['WorkerSubrequest', 'eq', 'maybe', 'WorkerSubrequest is of type bool, and "maybe" is no value of that'],
  ])('%s %s %s is warned about', (key, operator, value, message) => {
    const problems = parseText(
      aJob(`filter: { where: { key: ${key}, operator: ${operator}, value: '${value}' } }`),
    );
    expect(inShort(problems.problems)).toEqual(['9:17 unusual-filter']);
    expect(problems.problems[0]?.message).toContain(message);
  });

  it.each([
    'key: EdgeResponseStatus, operator: in, value: [200, 201]',
    'key: EdgeResponseStatus, operator: geq, value: "500"',
    'key: SecurityActions, operator: contains, value: block',
    'key: WorkerSubrequest, operator: "!eq", value: true',
    'key: ClientIP, operator: startsWith, value: "10."',
    'key: EdgeStartTimestamp, operator: gt, value: 5',
    'key: NotListed, operator: lt, value: 5',
  ])('%s is fine', (condition) => {
    expect(parseText(aJob(`filter: { where: { ${condition} } }`)).problems).toEqual([]);
  });
});
