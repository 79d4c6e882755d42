import { isSamePlace, parseDestination, showDestination } from '../destination/destination.ts';
import type { DesiredJob, JobFields } from '../job/job.ts';
import { Secret } from '../secret.ts';

/** The plain destination of a job; for parsing and comparison, never to be shown. */
export function destinationText({ fields }: { readonly fields: JobFields }): string {
  const value = fields['destination_conf'];
  if (value instanceof Secret) return value.reveal();
  return typeof value === 'string' ? value : '';
}

/** Without secrets, as in `s3://acme-logs`: what jobs have in common that deliver to one store. */
export function destinationSite(job: { readonly fields: JobFields }): string {
  const text = destinationText(job);
  const { scheme, authority } = parseDestination(text);
  return scheme === '' || authority === '' ? showDestination(text) : `${scheme}://${authority}`;
}

/** Whether two jobs deliver to different places. */
export function isElsewhere(
  one: { readonly fields: JobFields },
  other: { readonly fields: JobFields },
): boolean {
  return !isSamePlace(destinationText(one), destinationText(other));
}

/** Always there in a desired job, and always text. */
export function datasetOf({ fields }: Pick<DesiredJob, 'fields'>): string {
  const value = fields['dataset'];
  return typeof value === 'string' ? value : '';
}
