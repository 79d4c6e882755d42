import type { Notice } from '../../core/alert/alert.ts';

/** A notice as programs read it; `webhook` sends it whole, and docs/alerts.md says what is in it. */
export function alertJson({ status, alert }: Notice) {
  const { fingerprint, reason, severity, summary, detail, next, runbook, labels, ...rest } = alert;
  const { count, since, subjects } = rest;
  return {
    status,
    fingerprint,
    reason,
    severity,
    summary,
    detail,
    next,
    ...(runbook !== undefined && { runbook }),
    labels,
    since,
    count,
    subjects: subjects.map(({ scope, job, jobId, what, detail: more }) => ({
      scope: scope === null ? null : { kind: scope.kind, id: scope.id, name: scope.name },
      job,
      job_id: jobId,
      summary: what,
      detail: more,
    })),
  };
}
