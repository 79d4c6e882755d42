import { isMet, type Answered, type AnswerForm, type ErrorRow } from './error-row.ts';

const ANY_FORM: readonly AnswerForm[] = ['refusal', 'bare', 'page'];

/** Codes of a path that leads nowhere; they say nothing about the thing at its end. */
export const NO_ROUTE_CODES: readonly number[] = [7000, 7003];

/**
 * Every answer that says no, and what it means (`cloudflare-api.md` §§1.1, 6, 8.2). The first row that fits is the
 * meaning. 1004 is a family: quota, entitlement, permission and bad filter, which only the text tells apart.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  {
    name: 'rate-limit',
    kind: 'later',
    when: { forms: ANY_FORM, statuses: [429] },
    advice: 'rate-limit',
    says: 'The token, the dashboard and every other tool of that user share 1200 requests in 5 minutes, and they are used up.',
    next: 'Wait; if it comes often, lower cloudflare.quota.share or find out who else uses the token.',
  },
  {
    name: 'server-error',
    kind: 'retry',
    when: { forms: ANY_FORM, statuses: ['5xx', 408] },
    advice: 'backoff',
    says: 'Cloudflare, or something on the way, failed or took too long; a wrong Splunk address is answered with 504 too.',
    next: 'Wait; if it stays so, look at the destination, at cloudflarestatus.com, the proxy and cloudflare.base_url.',
  },
  {
    name: 'already-exists',
    kind: 'conflict',
    when: { codes: [1007] },
    example: 'a job with this destination already exists',
    isDoubtful: true,
    says: 'Cloudflare has a job with this destination already.',
    next: 'Look at the jobs of that scope with "logpushd plan"; write another destination, or pin the job with "id:".',
  },
  {
    name: 'token-invalid',
    kind: 'missing-right',
    when: { statuses: [401] },
    example: 'Invalid API Token',
    advice: 'blip',
    isOfToken: true,
    says: 'The token is wrong, expired or revoked.',
    next: 'Make a new one and put it where logpushd reads it.',
  },
  {
    name: 'token-refused',
    kind: 'missing-right',
    when: { codes: [10_000] },
    example: 'Authentication error',
    advice: 'blip',
    isOfToken: true,
    says:
      'The token is wrong, expired or revoked, or lacks the right: Logpush calls, reads included, need ' +
      '"Logs: Edit" on that zone or account, and listing zones needs "Zone: Read".',
    next: 'Give the token "Logs: Edit" on that zone or account, or use another token.',
  },
  {
    name: 'token-unauthorized',
    kind: 'missing-right',
    when: { codes: [9109] },
    example: 'Unauthorized to access requested resource',
    isOfToken: true,
    says: 'The token may not be used for this, from this address, or at this time.',
    next: 'Look at the permissions, the IP filter and the validity of the token in the dashboard.',
  },
  {
    name: 'credentials-malformed',
    kind: 'missing-right',
    when: { codes: [6003, 6111, 9103, 9106, 9107] },
    example: 'Invalid format for Authorization header',
    isOfToken: true,
    says: 'What was sent as the token or key does not look like one, or key and e-mail address do not belong together.',
    next: 'Compare CLOUDFLARE_API_TOKEN, or CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY, with what the dashboard shows.',
  },
  {
    name: 'product-right',
    kind: 'missing-right',
    when: { codes: [1004], text: /^reading\b|\bjob for product\b/i },
    example: "reading job for product '…' is not allowed",
    says:
      'The token may not see jobs of Zero Trust datasets (Access, Gateway, DEX and the like), and one such job keeps ' +
      'the whole account from being listed.',
    next: 'Give the token "Zero Trust: PII Read" besides "Logs: Edit" on that account.',
  },
  {
    name: 'reading-right',
    kind: 'missing-right',
    when: { codes: [1004], natures: ['read'] },
    example: 'listing jobs is not allowed',
    says: 'The token may not read this.',
    next: 'Give it "Logs: Edit" on that zone or account.',
  },
  {
    name: 'dataset-quota',
    kind: 'entitlement',
    when: { codes: [1004], text: /\bmax jobs allowed for\b/i },
    example: 'creating a new job is not allowed: exceeded max jobs allowed for … dataset',
    says: 'The plan includes no job, or no further one, for this dataset.',
    next: 'Remove the job from the manifest, or ask Cloudflare for the dataset.',
  },
  {
    name: 'max-jobs',
    kind: 'quota',
    when: { codes: [1004], text: /\bmax jobs allowed\b/i },
    example: 'creating a new job is not allowed: exceeded max jobs allowed',
    says: 'There are as many jobs as Cloudflare allows: 4 in a zone, and without the right plan none.',
    next: 'Delete a job of that zone or account that is not needed, or ask Cloudflare for more; "logpushd plan" lists those that nobody manages.',
  },
  {
    name: 'bad-filter',
    kind: 'after-edit',
    when: { codes: [1004], text: /\bbad predicate\b|\bfilter\b/i },
    example: 'creating a new job is not allowed: bad predicate: …',
    says: 'Cloudflare does not take the filter.',
    next: 'Mend what its message names; "logpushd validate" checks filters, and "logpushd filter test" tries them.',
  },
  {
    name: 'not-in-plan',
    kind: 'entitlement',
    when: { codes: [1004], text: /: .*\bnot (?:allowed|available|enabled|entitled)\b/i },
    example: 'creating a new job is not allowed: Bot Management fields are not allowed',
    says: 'The plan does not include what the job uses.',
    next: 'Leave out the fields or the option that the message names, or ask Cloudflare for the product.',
  },
  {
    name: 'feature-missing',
    kind: 'entitlement',
    when: { text: /\bfeature (?:is )?not available\b/i },
    example: 'feature not available for this account',
    says: 'The account does not have this feature.',
    next: 'Leave it out, or ask Cloudflare for it.',
  },
  {
    name: 'not-allowed',
    kind: 'unknown',
    when: { codes: [1004] },
    example: 'updating a job is not allowed: …',
    says: 'Cloudflare does not allow this job, for a reason that this release does not know.',
    next: 'Do as its message says; where it is about a right, look at the permissions of the token.',
  },
  {
    name: 'no-route',
    kind: 'gone',
    when: { codes: NO_ROUTE_CODES },
    example: 'Could not route to …, perhaps your object identifier is invalid?',
    says: 'There is no such zone or account, or it has moved.',
    next: 'Correct its name or id in the manifest, or remove it; then look at cloudflare.base_url.',
  },
  {
    name: 'not-found',
    kind: 'gone',
    when: { forms: ['refusal', 'bare'], statuses: [404] },
    example: 'Invalid logpush job identifier',
    says: 'What was asked for is not there.',
    next: 'If it is still wanted, the next pass makes it again.',
  },
  {
    name: 'forbidden',
    kind: 'missing-right',
    when: { statuses: [403] },
    example: 'Forbidden',
    says: 'The token lacks a right for this.',
    next: 'Give it "Logs: Edit" on that zone or account.',
  },
  {
    name: 'destination-dns',
    kind: 'destination',
    when: { text: /\bdns ?error\b|\bno such host\b/i },
    example: 'error validating destination: error writing object: error uploading: DNSError: …',
    says: 'Cloudflare could not look up the name of the receiver; it tries that on every write, not only on new jobs.',
    next: 'Check that the name is spelled right and resolves on the internet; a passing failure of DNS heals by itself.',
  },
  {
    name: 'azure-sas',
    kind: 'after-edit',
    when: { text: /\bsignedResourceTypes\b|\bsrt=o\b/i },
    example: 'signedResourceTypes must be Object only (srt=o)',
    says: 'The SAS of the Azure destination has the wrong kind of rights.',
    next: 'Make a new SAS: service blob (ss=b), resource type Object only (srt=o), permission Write, valid for years.',
  },
  {
    name: 'destination-test',
    kind: 'destination',
    when: { text: /\berror (?:writing object|uploading)\b/i },
    example: 'error validating destination: error writing object: error uploading: …',
    says: 'Cloudflare could not write its test file to the destination.',
    next: 'Check bucket or address, region, keys and their right to write; an HTTPS receiver must take a gzipped POST and have a public certificate.',
  },
  {
    name: 'ownership',
    kind: 'ownership',
    when: { text: /\bownership\b/i },
    example: 'invalid ownership challenge',
    says:
      'The destination needs a proof that it is yours: a token that Cloudflare writes there, good for exactly this ' +
      'string, this zone or account, and seven days.',
    next: 'Let a reader of the setting challenge.readers fetch it, or give a new token as "ownership_challenge"; docs/challenge.md says how.',
  },
  {
    name: 'bad-destination',
    kind: 'after-edit',
    when: { codes: [1002], text: /\bparsing input\b|\bcannot be converted\b/i },
    example: 'error parsing input: …',
    says: 'Cloudflare does not take the destination as it is written.',
    next: 'Mend what its message names; a job that exists cannot be turned into one for Datadog.',
  },
  {
    name: 'destination-refused',
    kind: 'destination',
    when: { codes: [1002] },
    example: 'no such bucket',
    says: 'Cloudflare does not take the destination: it cannot be written to, or is not proven to be yours.',
    next: 'Check bucket or address, region and keys; for S3, GCS, Azure and Sumo Logic also the ownership challenge.',
  },
  {
    name: 'destination-invalid',
    kind: 'destination',
    when: { text: /\bvalidating destination\b/i },
    example: 'error validating destination: …',
    says: 'Cloudflare tried the destination and it failed.',
    next: 'Do as its message says.',
  },
  {
    name: 'empty-filter',
    kind: 'after-edit',
    when: { text: /\bunexpected end of JSON input\b/i },
    example: 'unexpected end of JSON input',
    says: 'Cloudflare does not take an empty filter here.',
    next: 'Leave "filter" out, or write one.',
  },
  {
    name: 'in-use',
    kind: 'conflict',
    when: { statuses: [409] },
    example: 'transformer … is in use by a job',
    says: 'It is in use, or changes at this moment.',
    next: 'Take it out of the jobs that use it first.',
  },
  {
    name: 'bad-request',
    kind: 'after-edit',
    when: { statuses: [400, 413, 422] },
    example: 'error parsing input: …',
    says: 'Cloudflare does not take what was sent.',
    next: 'Mend what its message names in the manifest.',
  },
  {
    name: 'unknown',
    kind: 'unknown',
    when: {},
    says: 'This release does not know that answer.',
    next: 'Do as its message says; with the cf-ray from the log, Cloudflare can find the request.',
  },
  {
    name: 'blocked',
    kind: 'missing-right',
    when: { forms: ['bare', 'page'], statuses: [401, 403] },
    says: 'Something in front of the API, such as a proxy or a block page, did not let the request through.',
    next: 'Look at the proxy, and at whether this address may reach Cloudflare; see cloudflare.base_url.',
  },
  {
    name: 'unreadable',
    kind: 'retry',
    when: { forms: ['bare', 'page'] },
    says: 'This is no answer of the Cloudflare API, or only a part of one.',
    next: 'Look at the proxy and at cloudflare.base_url.',
  },
];

/** The first row that fits; the last two take whatever is left. */
export function rowOf(answered: Answered): ErrorRow {
  const row = ERROR_TABLE.find(({ when }) => isMet(when, answered));
  if (row === undefined) throw new Error('The table of errors has a gap.');
  return row;
}
