import type { Alert, Notice, Subject } from '../../core/alert/alert.ts';
import type { Told } from '../../core/alert/due.ts';
import { isReason, SEVERITIES } from '../../core/alert/reasons.ts';
import type { StandingState } from '../../core/alert/standing.ts';
import type { MailboxState, OutboxState } from './outbox-page.ts';

type Test = (value: unknown) => boolean;
/** A test for each key, so that none can be forgotten. */
type Tests<Shape> = { readonly [Key in keyof Required<Shape>]: Test };

const isText: Test = (value) => typeof value === 'string';
const isNumber: Test = (value) => Number.isFinite(value);
const isMoment: Test = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const isReasonName: Test = (value) => typeof value === 'string' && isReason(value);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shapeOf<Shape>(tests: Tests<Shape>): Test {
  const all = Object.entries<Test>(tests);
  return (value) => isRecord(value) && all.every(([key, test]) => test(value[key]));
}

const recordOf =
  (test: Test): Test =>
  (value) =>
    isRecord(value) && Object.values(value).every(test);

const isSubject = shapeOf<Subject>({
  key: isText,
  scope: orNull((scope) => isRecord(scope) && [scope['kind'], scope['id'], scope['name']].every(isText)),
  job: orNull(isText),
  jobId: orNull(isNumber),
  what: isText,
  detail: isText,
  next: orNull(isText),
  labels: recordOf(isText),
});

const isAlert = shapeOf<Omit<Alert, 'runbook'>>({
  fingerprint: isText,
  reason: isReasonName,
  severity: (value) => SEVERITIES.some((severity) => severity === value),
  summary: isText,
  detail: isText,
  next: isText,
  labels: recordOf(isText),
  count: isNumber,
  subjects: listOf(isSubject),
  since: isMoment,
});

const isStanding = shapeOf<StandingState>({
  groups: listOf(
    shapeOf<StandingState['groups'][number]>({
      fingerprint: isText,
      reason: isReasonName,
      cause: orNull(isText),
      since: isMoment,
    }),
  ),
  faults: listOf(
    shapeOf<StandingState['faults'][number]>({
      reason: isReasonName,
      subject: isSubject,
      cause: orNull(isText),
      patienceMs: isNumber,
      passId: orNull(isText),
      firstAt: isNumber,
      fingerprint: orNull(isText),
    }),
  ),
});

const isTold = shapeOf<Told>({
  alert: isAlert,
  at: isNumber,
  times: isNumber,
  groupSince: isMoment,
  isOver: (value) => typeof value === 'boolean',
});

const isMailbox = shapeOf<MailboxState>({
  told: listOf((value) => Array.isArray(value) && value.length === 2 && isText(value[0]) && isTold(value[1])),
  queue: listOf(
    shapeOf<Notice>({
      id: isText,
      status: (value) => value === 'firing' || value === 'resolved',
      at: isMoment,
      alert: isAlert,
    }),
  ),
});

/** Also of a reason that only another version of this program knows it is not whole: nothing could be told of it. */
export function isOutboxState(value: unknown): value is OutboxState {
  return isRecord(value) && isStanding(value['standing']) && recordOf(isMailbox)(value['mailboxes']);
}
