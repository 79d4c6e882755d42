import type { Scope } from '../../core/job/job.ts';
import { scopeKey } from '../../core/job/job.ts';
import { driftedTransformers, type TransformerChange } from '../../core/transformer/change.ts';
import { NotAllowedError, type ReconcileError, StoppedError } from '../errors.ts';
import {
  type About,
  failing,
  HEALED,
  HEALS,
  keptKey,
  reportOf,
  type Rows,
  type Sight,
  type SightTerms,
} from './report.ts';

/** Of the SQL that jobs go through: a fault of each is told with its account, as one of a job is. */
export const TRANSFORMER_ROWS: Rows = {
  'transformers.planned': ({ plan }, terms) => ({
    reports: driftedTransformers(plan).map((one) => {
      const { name, action, fields, reason } = one;
      const did = action === 'create' ? 'deleted' : 'changed';
      const what = `${textOf(plan.scope, name)} was ${did} at Cloudflare${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
      const isHealed = plan.changes.some((change) => change === one);
      const next = isHealed ? HEALS : `It is only reported. ${reason}`;
      return reportOf('DriftDetected', { ...subjectOf(plan.scope, name), what, next }, terms);
    }),
  }),
  'transformers.unreadable': ({ scope, error }, terms) => {
    const key = `${scopeKey(scope)}#transformers`;
    if (isAnsweredElsewhere(error)) return { keeps: [keptKey('ScopeUnreadable', key, terms)] };
    const what = `The transformers of ${scope.name} cannot be read`;
    const report = reportOf(
      'ScopeUnreadable',
      { scope, key, what, detail: error.message },
      terms,
      failing(error),
    );
    return { reports: [report] };
  },
  'transformer.applied': ({ scope, change }, terms) => ({
    healed: { fault: keptKey('DriftDetected', keyOf(scope, change.name), terms), next: HEALED },
  }),
  'transformer.failed': ({ scope, change, error }, terms) => failed(scope, change, error, terms),
  'transformer.parked': ({ scope, change, error }, terms) => failed(scope, change, error, terms),
  'transformer.skipped': ({ scope, change }, terms) => untried(scope, change, terms),
};

function failed(scope: Scope, change: TransformerChange, error: ReconcileError, terms: SightTerms): Sight {
  if (error instanceof StoppedError || isAnsweredElsewhere(error)) return untried(scope, change, terms);
  const what = `${change.action} of ${textOf(scope, change.name)} failed`;
  const subject = { ...subjectOf(scope, change.name), what, detail: error.message };
  return { reports: [reportOf('ChangeFailed', subject, terms, failing(error))] };
}

/** The token itself is refused, and that was told. */
function isAnsweredElsewhere(error: ReconcileError): boolean {
  return error instanceof NotAllowedError && !error.isAsked;
}

/** Nothing was learnt of whether it can be written. */
function untried(scope: Scope, { name }: TransformerChange, terms: SightTerms): Sight {
  return { keeps: [keptKey('ChangeFailed', keyOf(scope, name), terms)] };
}

function subjectOf(scope: Scope, name: string): Pick<About, 'scope' | 'key' | 'labels'> {
  return { scope, key: keyOf(scope, name), labels: { transformer: name } };
}

function keyOf(scope: Scope, name: string): string {
  return `${scopeKey(scope)}#transformer/${name}`;
}

function textOf(scope: Scope, name: string): string {
  return `Transformer "${name}" in ${scope.name}`;
}
