import { type Attribution, attributionText } from '../../core/audit/attribution.ts';
import { gapText } from '../../core/health/gap.ts';
import { healthWords } from '../../core/health/health.ts';
import { whyStray } from '../../core/plan/stray.ts';
import type { Scope } from '../../core/job/job.ts';
import type { Change, FieldDiff } from '../../core/plan/change.ts';
import { idOf, type TransformerChange } from '../../core/transformer/change.ts';
import type { EventOf, EventType, ReconcileEvent } from '../event/events.ts';

/** Something that happened, for people who ask later. Names of fields, never a value of one. */
export interface HistoryEntry {
  /** RFC 3339: when it happened first, and last. */
  readonly at: string;
  readonly last: string;
  /** How often in a row. */
  readonly times: number;
  /** As in `job updated` or `drift found`. */
  readonly what: string;
  /** Null for what is about no single zone or account. */
  readonly scope: Scope | null;
  readonly job: string | null;
  readonly id: number | null;
  /** Absent where it is about none. */
  readonly transformer?: string;
  /** Names of fields. */
  readonly fields: readonly string[];
  /** `logpushd`, whoever the audit log names, or null for somebody of whom nothing is known. */
  readonly who: string | null;
  readonly why: string;
  /** The manifest in force. */
  readonly revision: string | null;
  /** Of Cloudflare's answer, to find it in the audit log. */
  readonly ray: string | null;
}

export interface Happening extends Omit<HistoryEntry, 'at' | 'last' | 'times' | 'revision'> {
  /** RFC 3339: when whoever the audit log names did it; null where nobody is named. */
  readonly doneAt: string | null;
}

type Teller<Type extends EventType> = (event: EventOf<Type>) => Happening;

/** What of an event is worth to be remembered; null for the rest. */
export function happeningOf(event: ReconcileEvent): Happening | null {
  return tellWith(event.type, event);
}

function tellWith<Type extends EventType>(type: Type, event: EventOf<Type>): Happening | null {
  const tell: Teller<Type> | undefined = TELLERS[type];
  return tell?.(event) ?? null;
}

const TELLERS: { readonly [Type in EventType]?: Teller<Type> } = {
  'manifest.accepted': ({ jobs, scopes }) => ({
    ...nothing('manifest accepted', `Jobs in it: ${jobs}; entries: ${scopes}.`),
    who: null,
  }),
  'pass.refused': ({ refusal }) => nothing('pass refused', refusal.reason),
  'pass.approved': ({ digest }) => ({
    ...nothing('pass approved', `Somebody approved the plan ${digest}.`),
    who: null,
  }),
  'pause.began': ({ scope, pause }) => ({
    ...nothing('paused', [pause.reason ?? '', pauseEnd(pause.until)].filter(Boolean).join(' ')),
    ...about(scope, pause.job ?? null, null),
    who: null,
  }),
  'pause.ended': ({ scope, pause, early }) => ({
    ...nothing('pause ended', early ? 'Somebody ended it.' : 'Its time was over.'),
    ...about(scope, pause.job ?? null, null),
    who: early ? null : 'logpushd',
  }),
  'token.refused': ({ error }) => nothing('token refused', error.message),
  'token.accepted': () => nothing('token accepted', 'Cloudflare takes the token again.'),
  'invariant.violated': ({ scope, job, id, error }) => ({
    ...nothing('write stopped', error.message),
    ...about(scope, job, id),
  }),
  'job.adopted': ({ scope, job }) => ({
    ...nothing('job adopted', 'It is in the manifest, and is as wanted already.'),
    ...about(scope, job.name, job.id),
  }),
  'change.applied': ({ scope, change, id, ray }) => ({
    ...nothing(`job ${DONE[change.action]}`, change.reason),
    ...about(scope, change.name, id),
    fields: change.fields.map(({ path }) => path),
    ray: ray ?? null,
  }),
  'change.failed': ({ scope, change, error }) => ({
    ...nothing(`${change.action} failed`, error.message),
    ...about(scope, change.name, 'live' in change ? change.live.id : undefined),
    fields: change.fields.map(({ path }) => path),
    ray: error.ray ?? null,
  }),
  'transformer.applied': ({ scope, change, id, ray }) => ({
    ...nothing(`transformer ${DONE[change.action]}`, change.reason),
    ...aboutTransformer(scope, change, id),
    ray: ray ?? null,
  }),
  'transformer.failed': ({ scope, change, error }) => ({
    ...nothing(`${change.action} of transformer failed`, error.message),
    ...aboutTransformer(scope, change, idOf(change)),
    ray: error.ray ?? null,
  }),
  'drift.found': ({ scope, job, id, action, fields, heals, attribution }) => ({
    ...nothing(DRIFTS[action], heals ? 'logpushd puts it right.' : 'It is only reported.'),
    ...about(scope, job, id),
    fields: pathsOf(fields),
    ...by(attribution),
  }),
  'drift.attributed': ({ scope, job, id, action, foundAt, attribution }) => ({
    ...nothing(DRIFTS[action], `It was found at ${foundAt}; the audit log tells only now who did it.`),
    ...about(scope, job, id),
    ...by(attribution),
  }),
  'drift.fought': ({ scope, job, id, fields, fight, attribution }) => ({
    ...nothing('drift fought', `It was put right ${fight.times} times and undone each time.`),
    ...about(scope, job, id),
    fields: pathsOf(fields),
    ...by(attribution),
  }),
  'stray.found': ({ scope, stray }) => ({
    ...nothing('stray found', whyStray(stray)),
    ...about(scope, stray.name, stray.id),
    who: null,
  }),
  'health.changed': ({ scope, job, id, from, health }) => ({
    ...nothing(`job ${healthWords(health.state)}`, healthWhy(from, health.cause?.text)),
    ...about(scope, job, id),
    ...by(health.disabledBy ?? undefined),
  }),
  'reenable.tried': ({ scope, job, id, passed, said }) => ({
    ...nothing(
      passed ? 'destination passes' : 'destination fails',
      passed ? REENABLES : `It stays disabled. ${said}`,
    ),
    ...about(scope, job, id),
  }),
  'gap.ended': ({ scope, job, id, gap }) => ({
    ...nothing(gap.isLost ? 'logs lost' : 'logs late', gapText(gap)),
    ...about(scope, job, id),
    who: null,
  }),
};

const DONE: { readonly [action in Change['action']]: string } = {
  create: 'created',
  update: 'updated',
  replace: 'replaced',
  delete: 'deleted',
  adopt: 'adopted',
};

const REENABLES = 'Cloudflare had disabled the job; logpushd enables it again.';

const DRIFTS: { readonly [action in Change['action']]: string } = {
  create: 'job deleted by others',
  delete: 'job made by others',
  update: 'job changed by others',
  replace: 'job changed by others',
  adopt: 'job changed by others',
};

function healthWhy(from: string | null, cause: string | undefined): string {
  const before = from === null ? '' : `Before: ${healthWords(from)}.`;
  return [cause ?? '', before].filter((text) => text !== '').join(' ');
}

function nothing(what: string, why: string): Happening {
  return {
    what,
    scope: null,
    job: null,
    id: null,
    fields: [],
    who: 'logpushd',
    why,
    ray: null,
    doneAt: null,
  };
}

/** As the audit log tells. */
function by(attribution: Attribution | undefined): Pick<Happening, 'who' | 'ray' | 'doneAt'> {
  if (attribution === undefined) return { who: null, ray: null, doneAt: null };
  const { ray, at: doneAt } = attribution;
  return { who: attributionText(attribution), ray, doneAt };
}

function pauseEnd(until: string | undefined): string {
  return until === undefined ? 'Until somebody resumes it.' : `Until ${until}.`;
}

function about(
  scope: Scope,
  job: string | null,
  id: number | null | undefined,
): Pick<HistoryEntry, 'scope' | 'job' | 'id'> {
  return { scope, job, id: id ?? null };
}

function aboutTransformer(
  scope: Scope,
  { name, fields }: TransformerChange,
  id: number | undefined,
): Pick<HistoryEntry, 'scope' | 'job' | 'id' | 'transformer' | 'fields'> {
  return { ...about(scope, null, id), transformer: name, fields };
}

function pathsOf(fields: readonly FieldDiff[]): readonly string[] {
  return fields.map(({ path }) => path);
}
