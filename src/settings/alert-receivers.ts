import type { AlertFilter } from '../core/alert/filter.ts';
import { isReason, SEVERITIES } from '../core/alert/reasons.ts';
import type { JsonValue } from '../core/job/job.ts';
import type { ReceiverSpec, ReceiverType } from '../edges/notify/receiver-spec.ts';
import { isLoopback, whyNoEndpoint } from './endpoint.ts';
import type { Broken } from './rules.ts';

/** The setting `alerts`: what a schema of one shape cannot say of its kinds of receivers. */

type Written = { readonly [key: string]: JsonValue };

interface Keys {
  readonly needed: readonly string[];
  readonly optional: readonly string[];
  /** Where it is, if nothing else is said. */
  readonly url?: string;
}

const WEBHOOK: Keys = { needed: ['url'], optional: [] };
const ISSUES: Keys = { needed: ['token', 'repository'], optional: ['url', 'issue_labels'] };
const KEYS: { readonly [Type in ReceiverType]: Keys } = {
  slack: WEBHOOK,
  teams: WEBHOOK,
  discord: WEBHOOK,
  pagerduty: { needed: ['token'], optional: ['url'], url: 'https://events.pagerduty.com' },
  opsgenie: { needed: ['token'], optional: ['url'], url: 'https://api.opsgenie.com' },
  alertmanager: { needed: ['url'], optional: ['token'] },
  email: { needed: ['host', 'from', 'to'], optional: ['port', 'tls', 'username', 'password'] },
  github: { ...ISSUES, url: 'https://api.github.com' },
  gitlab: { ...ISSUES, url: 'https://gitlab.com/api/v4' },
  webhook: { needed: ['url'], optional: ['signing_secret', 'token'] },
  flux: { needed: ['url'], optional: ['signing_secret'] },
};
const COMMON = [
  'type',
  'name',
  'min_severity',
  'reasons',
  'scopes',
  'labels',
  'repeat_seconds',
  'timeout_seconds',
];
const REFERENCE = /^\$\{(secret|env):[^}]+\}$/;
const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_REPEAT_SECONDS = 4 * 3600;
/** Alertmanager forgets what is not confirmed. */
const ALERTMANAGER_REPEAT_SECONDS = 300;
/** What still stands is looked through once a minute. */
const SHORTEST_REPEAT_SECONDS = 60;
const LABELS = ['kind', 'zone', 'account', 'logpush_job', 'dataset', 'destination'];

/** Why one of the receivers cannot be meant, or null. Each has the shape that the schema asks for. */
export function brokenReceivers(value: JsonValue): Broken | null {
  const receivers = writtenReceivers(value);
  const names = receivers.map(nameOf);
  const reasons = receivers.map((receiver, index) => {
    const isDouble = names.indexOf(nameOf(receiver)) !== index;
    const why = isDouble ? whyDouble(nameOf(receiver)) : whyBroken(receiver);
    return why === null ? null : `[${index}] ${why}`;
  });
  const message = reasons.find((reason) => reason !== null);
  return message === undefined ? null : { code: 'bad-receiver', message };
}

function whyDouble(name: string): string {
  return `Another receiver is called "${name}" already. Give each a "name" of its own.`;
}

function whyBroken(receiver: Written): string | null {
  const type = typeOf(receiver);
  const { needed, optional } = KEYS[type];
  const known = [...needed, ...optional];
  const foreign = Object.keys(receiver).find((key) => ![...COMMON, ...known].includes(key));
  if (foreign !== undefined) {
    return `A receiver of type ${type} has no key "${foreign}". Its keys are ${[...known, ...COMMON].join(', ')}.`;
  }
  const missing = needed.find((key) => receiver[key] === undefined);
  if (missing !== undefined) return `A receiver of type ${type} needs the key "${missing}".`;
  const repeat = receiver['repeat_seconds'];
  if (typeof repeat === 'number' && repeat > 0 && repeat < SHORTEST_REPEAT_SECONDS) {
    return `repeat_seconds is ${repeat}; it is 0 for never, or at least ${SHORTEST_REPEAT_SECONDS}.`;
  }
  const label = Object.keys(labelsIn(receiver)).find((name) => !LABELS.includes(name));
  if (label !== undefined) return `There is no label "${label}". Labels are ${LABELS.join(', ')}.`;
  return type === 'email' ? whyBadMail(receiver) : whyBadUrl(receiver);
}

/** The address itself may be a credential, and is not shown. */
function whyBadUrl(receiver: Written): string | null {
  const type = typeOf(receiver);
  const url = textIn(receiver, 'url');
  if (url === undefined || REFERENCE.test(url)) return null;
  if (type === 'slack' || type === 'teams' || type === 'discord') {
    return `The address of a ${type} webhook is a credential. ${HIDE}`;
  }
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    return 'The url is not an http or https address. Write it as in "https://alerts.example.com".';
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    return `The url has a user, a password, a query or a fragment, which may be a credential. ${HIDE}`;
  }
  return receiver['token'] === undefined ? null : whyNoEndpoint(url);
}

const HIDE =
  'Put it into a file of secrets_dir and write ${secret:NAME}, or into a variable and write ${env:NAME}.';

function whyBadMail(receiver: Written): string | null {
  const [host = '', tls] = [textIn(receiver, 'host'), textIn(receiver, 'tls')];
  const [username, password] = [receiver['username'], receiver['password']];
  if ((username === undefined) !== (password === undefined)) {
    return 'Of username and password only one is set. Set both, or neither.';
  }
  const isOpen = tls === 'none' && password !== undefined && !isLoopback(host);
  return isOpen
    ? `tls: none would send the password unencrypted to ${host}. Use starttls or implicit.`
    : null;
}

/** The receivers of a checked value. */
export function receiversFrom(value: JsonValue): readonly ReceiverSpec[] {
  return writtenReceivers(value).map((receiver) => {
    const type = typeOf(receiver);
    const usual = type === 'alertmanager' ? ALERTMANAGER_REPEAT_SECONDS : DEFAULT_REPEAT_SECONDS;
    const repeat = numberIn(receiver, 'repeat_seconds', usual);
    return {
      name: nameOf(receiver),
      filter: filterOf(receiver),
      repeatMs: repeat === 0 ? null : repeat * 1000,
      timeoutMs: numberIn(receiver, 'timeout_seconds', DEFAULT_TIMEOUT_SECONDS) * 1000,
      ...specOf(receiver),
    };
  });
}

function filterOf(receiver: Written): AlertFilter {
  const wanted = textIn(receiver, 'min_severity');
  return {
    minSeverity: SEVERITIES.find((one) => one === wanted) ?? 'warning',
    reasons: textsIn(receiver, 'reasons').filter(isReason),
    scopes: textsIn(receiver, 'scopes'),
    labels: labelsIn(receiver),
  };
}

type Spec = ReceiverSpec extends infer Each
  ? Each extends ReceiverSpec
    ? Omit<Each, 'name' | 'filter' | 'repeatMs' | 'timeoutMs'>
    : never
  : never;

function specOf(receiver: Written): Spec {
  const type = typeOf(receiver);
  const url = textIn(receiver, 'url') ?? KEYS[type].url ?? '';
  const token = textIn(receiver, 'token');
  const signingSecret = textIn(receiver, 'signing_secret');
  const own = token === undefined ? {} : { token };
  const signed = signingSecret === undefined ? {} : { signingSecret };
  switch (type) {
    case 'slack':
    case 'teams':
    case 'discord':
      return { type, url };
    case 'pagerduty':
    case 'opsgenie':
      return { type, url, token: token ?? '' };
    case 'alertmanager':
      return { type, url, ...own };
    case 'github':
    case 'gitlab': {
      const repository = textIn(receiver, 'repository') ?? '';
      return { type, url, token: token ?? '', repository, issueLabels: textsIn(receiver, 'issue_labels') };
    }
    case 'webhook':
      return { type, url, ...own, ...signed };
    case 'flux':
      return { type, url, ...signed };
    case 'email':
      return mailOf(receiver);
  }
}

function mailOf(receiver: Written): Spec {
  const written = textIn(receiver, 'tls');
  const tls = written === 'implicit' || written === 'none' ? written : 'starttls';
  const [username, password] = [textIn(receiver, 'username'), textIn(receiver, 'password')];
  return {
    type: 'email',
    host: textIn(receiver, 'host') ?? '',
    port: numberIn(receiver, 'port', tls === 'implicit' ? 465 : 587),
    tls,
    from: textIn(receiver, 'from') ?? '',
    to: textsIn(receiver, 'to'),
    ...(username !== undefined && password !== undefined && { username, password }),
  };
}

function writtenReceivers(value: JsonValue): readonly Written[] {
  return Array.isArray(value) ? value.filter(isWritten) : [];
}

function isWritten(value: JsonValue | undefined): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf({ type }: Written): ReceiverType {
  if (typeof type === 'string' && isType(type)) return type;
  throw new Error('The schema of alerts lets a wrong "type" through.');
}

function isType(text: string): text is ReceiverType {
  return Object.hasOwn(KEYS, text);
}

function nameOf(receiver: Written): string {
  return textIn(receiver, 'name') ?? typeOf(receiver);
}

function textIn(receiver: Written, key: string): string | undefined {
  const value = receiver[key];
  return typeof value === 'string' ? value : undefined;
}

function numberIn(receiver: Written, key: string, otherwise: number): number {
  const value = receiver[key];
  return typeof value === 'number' ? value : otherwise;
}

function textsIn(receiver: Written, key: string): readonly string[] {
  const value = receiver[key];
  return Array.isArray(value) ? value.map(String) : [];
}

function labelsIn({ labels }: Written): Readonly<Record<string, string>> {
  return isWritten(labels)
    ? Object.fromEntries(
        Object.entries(labels).flatMap(([name, pattern]) =>
          typeof pattern === 'string' ? [[name, pattern]] : [],
        ),
      )
    : {};
}
