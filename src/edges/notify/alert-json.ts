import type { Notice } from '../../core/alert/alert.ts';

/** A notice as programs read it; `webhook` sends it whole, and docs/alerts.md says what is in it. */
export function alertJson({ status, alert }: Notice) {
  const { fingerprint, reason, severity, summary, detail, next, labels, count, since, subjects } = alert;
  return {
    status,
    fingerprint,
    reason,
    severity,
    summary,
    detail,
    next,
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
