/** What a real API server knows about the kinds of objects that logpushd uses; test/kubernetes/contract* prove it. */

export interface FakeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly [key: string]: any;
  };
  readonly [key: string]: any;
}

/** A refusal, as a Status of Kubernetes. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly group: string;
  readonly plural: string;
  /** The refusal of an object that is not sound. */
  readonly check: (object: any) => void;
  /** The refusal of what is sound and may not be made of the object that is there. */
  readonly checkUpdate?: (old: any, object: any) => void;
}

export const KINDS: readonly Kind[] = [
  {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    group: 'coordination.k8s.io',
    plural: 'leases',
    check: checkLease,
  },
  { apiVersion: 'v1', kind: 'ConfigMap', group: '', plural: 'configmaps', check: checkConfigMap },
  { apiVersion: 'v1', kind: 'Secret', group: '', plural: 'secrets', check: checkSecret },
  {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    group: 'events.k8s.io',
    plural: 'events',
    check: checkEvent,
    checkUpdate: checkEventUpdate,
  },
];

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

function checkLease({ spec = {} }: any): void {
  microTime(spec.acquireTime);
  microTime(spec.renewTime);
  if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0)
    invalid(`spec.leaseDurationSeconds: Invalid value: ${spec.leaseDurationSeconds}: must be greater than 0`);
  if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0)
    invalid(
      `spec.leaseTransitions: Invalid value: ${spec.leaseTransitions}: must be greater than or equal to 0`,
    );
}

function checkSecret({ data = {} }: any): void {
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value)
      throw new Refusal(400, 'BadRequest', `illegal base64 data in Secret.data of ${key}`);
  }
}

const MAX_CONFIG_MAP_BYTES = 1_048_576;

function checkConfigMap({ data = {}, binaryData = {} }: any): void {
  const entries = [...Object.entries(data), ...Object.entries(binaryData)];
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      throw new Refusal(400, 'BadRequest', 'cannot unmarshal into Go struct field ConfigMap.data');
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || ['.', '..'].includes(key))
      invalid(`data[${key}]: Invalid value: ${key}`);
  }
  const size = entries.reduce((sum, [, value]) => sum + Buffer.byteLength(String(value)), 0);
  if (size > MAX_CONFIG_MAP_BYTES)
    invalid(`[]: Too long: may not be more than ${MAX_CONFIG_MAP_BYTES} bytes`);
}

function checkEvent(event: any): void {
  microTime(event.eventTime);
  if (event.eventTime === undefined) invalid('eventTime: Required value');
  if (!/^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(event.reportingController ?? ''))
    invalid('reportingController: Invalid value');
  for (const [field, longest] of [
    ['reportingInstance', 128],
    ['reason', 128],
    ['action', 128],
  ] as const) {
    const text = event[field] ?? '';
    if (text === '') invalid(`${field}: Required value`);
    if (text.length > longest) invalid(`${field}: can have at most ${longest} characters`);
  }
  if (Buffer.byteLength(event.note ?? '') > 1024) invalid('message: can have at most 1024 characters');
  if (!['Normal', 'Warning'].includes(event.type)) invalid(`type: has invalid value: ${event.type}`);
  if (event.series !== undefined) {
    microTime(event.series.lastObservedTime);
    if (!(event.series.count >= 2)) invalid('series.count: must be at least 2');
  }
}

/** An Event is never rewritten: only its series goes on. */
function checkEventUpdate(old: any, event: any): void {
  const said = (whole: any): string =>
    JSON.stringify(
      Object.entries(whole)
        .filter(([key]) => key !== 'metadata' && key !== 'series')
        .toSorted(),
    );
  if (said(old) !== said(event)) invalid('field is immutable');
}

function microTime(value: unknown): void {
  if (value === undefined || value === null || (typeof value === 'string' && MICRO_TIME.test(value))) return;
  const wanted = '2006-01-02T15:04:05.000000Z07:00';
  throw new Refusal(
    400,
    'BadRequest',
    `parsing time ${JSON.stringify(value)} as "${wanted}": cannot parse it`,
  );
}

function invalid(message: string): never {
  throw new Refusal(422, 'Invalid', `the object is invalid: ${message}`);
}
