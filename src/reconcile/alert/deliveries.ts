import type { Reason } from '../../core/alert/reasons.ts';
import { gapText } from '../../core/health/gap.ts';
import type { HealthState } from '../../core/health/health.ts';
import { whyPaused } from '../../core/plan/pause.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import { jobText, keyOf, reportOf, type Rows, shownKey } from './report.ts';

/**
 * States of which people are told. What a person has disabled is drift, and told as such.
 */
const TOLD: { readonly [State in HealthState]?: readonly [reason: Reason, says: string] } = {
  disabled_by_cloudflare: ['JobDisabled', 'was disabled by Cloudflare, because it could not deliver'],
  failing: ['JobFailing', 'cannot deliver'],
  lagging: ['JobLagging', 'has delivered nothing for too long'],
};

const RECORDS = { health: 'health and gaps of jobs', history: 'history', audit: 'audit log' } as const;

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Rows of `alert-table.ts` about whether jobs deliver, and about what a person has stopped. */
export const DELIVERY_ROWS = {
  'scope.health': ({ scope, jobs }, terms) => ({
    reports: jobs.flatMap(({ name: job, id, dataset, isManaged, health }) => {
      const told = TOLD[health.state];
      if (told === undefined || !isManaged) return [];
      const { error, cause, gap } = health;
      const [reason, says] = told;
      const last = gap === null ? null : gapText(gap);
      const subject = {
        scope,
        job,
        id: id ?? undefined,
        what: `${jobText(scope, job)} ${says}`,
        detail: [error, cause?.text, last].flatMap((text) => (text ? [sentence(text)] : [])).join(' '),
        ...(cause !== null && { next: cause.next }),
        labels: { dataset },
      };
      // What is known of the cause says more than the job: a dead destination is one alert.
      const common =
        reason === 'JobLagging' || cause === null ? null : cleanText(cause.text).replace(/\.$/, '');
      return [reportOf(reason, subject, terms, { cause: common })];
    }),
  }),
  'record.unsaved': ({ what, error }, terms) => {
    const subject = { key: what, what: `What is remembered of the ${RECORDS[what]} cannot be saved` };
    return {
      reports: [reportOf('RecordUnsaved', { ...subject, detail: error.message }, terms, { cause: 'state' })],
    };
  },
  'record.saved': ({ what }, terms) => ({
    ends: ({ reason, subject }) => reason === 'RecordUnsaved' && subject.key === shownKey(what, terms),
  }),
  'pause.standing': ({ scope, pause }, terms) => ({
    reports: [
      reportOf(
        'PauseStanding',
        {
          scope,
          ...(pause.job !== undefined && { job: pause.job }),
          key: keyOf(scope, pause.job),
          what: `${pause.job === undefined ? scope.name : jobText(scope, pause.job)} is still paused`,
          detail: whyPaused(pause, scope),
        },
        terms,
      ),
    ],
  }),
  'pause.ended': ({ scope, pause }, terms) => ({
    ends: ({ reason, subject }) =>
      reason === 'PauseStanding' && subject.key === shownKey(keyOf(scope, pause.job), terms),
  }),
} satisfies Rows;
