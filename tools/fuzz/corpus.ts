import { readdirSync, readFileSync } from 'node:fs';
import { canaryDestinations } from '../../test/canaries.ts';
import { HOSTILE_MANIFESTS } from '../../test/hostile/manifests.ts';
import { hostileJob, PAYLOADS } from '../../test/hostile/payloads.ts';

/** What inputs are made from: everything that the tests keep, good and bad. Longer ones only take time. */
const LONGEST = 16_384;
const ROOT = new URL('../../', import.meta.url);

export const MANIFESTS: readonly string[] = [
  ...filesBelow('config/manifest/'),
  ...filesBelow('test/fixtures/manifests/good/'),
  ...filesBelow('test/fixtures/manifests/broken/'),
  ...HOSTILE_MANIFESTS.flatMap(({ content }) => (typeof content === 'string' ? [content] : [])),
].filter(({ length }) => length <= LONGEST);

export const SETTINGS: readonly string[] = [
  ...filesBelow('config/'),
  'mode: warn\nguard: { max_removals: 3, allowed_destinations: ["s3://acme-*"] }\nhttp: "[::1]:8080"\n',
  'cloudflare: { base_url: https://api.example/v4, timeout_ms: 1000, quota: { requests: 10, share: 0.5 } }\n',
  'schedule: "*/5 * * * *"\ntimezone: Europe/Berlin\nstate: memory\nlog: { level: debug, format: json }\n',
];

export const SCHEDULES: readonly string[] = [
  '*/15 * * * *',
  '0 0 1 1 *',
  '*/10 * * * * *',
  '@hourly',
  '1-5,7 */2 L * MON#2',
];

export const DESTINATIONS: readonly string[] = [
  ...canaryDestinations().map(({ text }) => text),
  's3://acme-logs/http/{DATE}?region=us-west-2&sse=AES256',
  'https://logs.example.com:443/in/%7BDATE%7D?tags=a%20b+c#x',
  'gs://bucket/dir',
  'azure://c/d?sig=***',
  'r2://b/{DATE}?account-id=1&access-key-id=***&secret-access-key=***',
];

export const REFERENCES: readonly string[] = [
  '${zone.name}/${job.dataset}/{DATE}',
  '$${x} ${secret:key} $',
  '${env:NAME}${account.id}',
  '${secret:${env:X}}',
  '${',
  '${unknown}',
];

const HEADERS = 'Host: localhost\r\nConnection: close\r\n';
const BEARER = `${HEADERS}Authorization: Bearer TOKEN\r\n`;

/** `TOKEN` stands for the right one. */
export const REQUESTS: readonly string[] = [
  ...['/', '/healthz', '/readyz', '/metrics', '/api/v1/status', '/nothing'].map(
    (path) => `GET ${path} HTTP/1.1\r\n${HEADERS}\r\n`,
  ),
  `POST /api/v1/reconcile HTTP/1.1\r\n${BEARER}\r\n`,
  `POST /api/v1/reconcile?scope=example.com HTTP/1.1\r\n${BEARER}\r\n`,
  `POST /api/v1/reconcile?scope=${'0'.repeat(32)}&scope=b HTTP/1.1\r\n${BEARER}\r\n`,
  `POST /api/v1/approve?digest=0123456789abcdef HTTP/1.1\r\n${BEARER}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  `POST /api/v1/approve?digest=%30&a[b]=c&__proto__=x HTTP/1.1\r\n${BEARER}\r\n`,
  `POST /api/v1/reconcile HTTP/1.1\r\n${BEARER}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  `POST /api/v1/reconcile HTTP/1.1\r\n${HEADERS}Authorization: Bearer wrong\r\nExpect: 100-continue\r\n\r\n`,
];

export const TEXTS: readonly string[] = PAYLOADS.map(({ text }) => text);

/** Answers of Cloudflare to a listing, as values. */
export const LISTINGS: readonly object[] = [
  ...Array.from({ length: 10 }, (_, part) => ({
    success: true,
    errors: [],
    messages: [],
    result: PAYLOADS.slice(part * 3, part * 3 + 3).map(({ text }, n) => ({ id: n + 1, ...hostileJob(text) })),
  })),
  {
    success: true,
    errors: null,
    result: canaryDestinations()
      .slice(0, 12)
      .map(({ text }, n) => ({
        id: n + 1,
        name: `job-${n}`,
        dataset: 'http_requests',
        enabled: true,
        destination_conf: text,
        error_message: `cannot write to ${text}`,
      })),
    result_info: { page: 1, per_page: 20, count: 12, total_count: 12, total_pages: 1 },
  },
  {
    success: true,
    errors: [],
    result: [
      {
        id: 7,
        name: 'http-archive',
        dataset: 'http_requests',
        kind: '',
        frequency: 'high',
        enabled: false,
        filter: '{"where":{"key":"a","operator":"eq","value":"b"}}',
        logpull_options: 'fields=a,b&timestamps=rfc3339&CVE-2021-44228=true',
        output_options: { field_names: ['a'], 'CVE-2021-4428': true, sample_rate: 0.5 },
        destination_conf: 's3://b?region=***',
        last_complete: '2026-01-01T00:00:00Z',
        max_upload_bytes: null,
      },
    ],
  },
  {
    success: false,
    errors: [
      {
        code: 1004,
        message: 'creating a new job is not allowed: exceeded max jobs',
        error_chain: [{ code: 6003, message: 'inner' }],
        source: { pointer: '/a' },
      },
    ],
    result: null,
  },
];

function filesBelow(folder: string): readonly string[] {
  const url = new URL(folder, ROOT);
  return readdirSync(url, { recursive: true })
    .map(String)
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => readFileSync(new URL(name, url), 'utf8'));
}
