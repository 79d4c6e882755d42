import type { ErrorRow } from './error-row.ts';

/** What Cloudflare answers about transformers and the jobs that name one (`cloudflare-api.md` §1.3). */
export const TRANSFORMER_ROWS: readonly ErrorRow[] = [
  {
    name: 'in-use',
    kind: 'conflict',
    when: { statuses: [409] },
    example: 'transformer … is in use by a job',
    says: 'It is in use, or changes at this moment.',
    next: 'Take it out of the jobs that use it first.',
  },
  {
    name: 'transformer-mismatch',
    kind: 'after-edit',
    when: { statuses: [400], text: /\btransformer\b.*\b(?:not found|does not match)\b/i },
    example: 'transformer dataset does not match job dataset',
    says: 'The account does not have the transformer of the job, or its SQL reads another dataset.',
    next: 'Correct "transformer" or "transformer_id" of the job, or the FROM of the SQL.',
  },
];
