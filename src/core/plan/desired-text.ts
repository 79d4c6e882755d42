import type { DesiredJob } from '../job/job.ts';
import { Secret } from '../secret.ts';

/** The plain destination of a desired job; for parsing and comparison, never to be shown. */
export function destinationText({ fields }: Pick<DesiredJob, 'fields'>): string {
  const value = fields['destination_conf'];
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' ? value : '';
}

/** Always there in a desired job, and always text. */
export function datasetOf({ fields }: Pick<DesiredJob, 'fields'>): string {
  const value = fields['dataset'];
  return typeof value === 'string' ? value : '';
}
