import { showDestination } from '../destination/destination.ts';
import type { LiveJob } from '../job/job.ts';
import { compareText } from '../problem.ts';
import { destinationText } from './desired-text.ts';
import { isAmongDestinations } from './policy.ts';

/** A live job, whoever made it, that delivers to where the settings allow no job to deliver. */
export interface Stray {
  readonly name: string;
  readonly id: number;
  /** Without secrets. */
  readonly destination: string;
  /** The manifest has it, or logpushd owns it. */
  readonly isManaged: boolean;
}

/** @param managed ids of live jobs that the manifest has or that are owned */
export function straysOf(
  live: readonly LiveJob[],
  managed: ReadonlySet<number>,
  allowed: readonly string[],
): readonly Stray[] {
  if (allowed.length === 0) return [];
  return live
    .filter((job) => destinationText(job) !== '' && !isAmongDestinations(job, allowed))
    .map((job) => ({
      name: job.name,
      id: job.id,
      destination: showDestination(destinationText(job)),
      isManaged: managed.has(job.id),
    }))
    .toSorted((a, b) => compareText(a.name, b.name) || a.id - b.id);
}

/** What a person is told of it. */
export function whyStray({ destination, isManaged }: Stray): string {
  const remedy = isManaged
    ? 'have the manifest send it to a place that is allowed'
    : 'find out who made it, and delete it';
  return `It sends logs to ${destination}, which guard.allowed_destinations does not allow; ${remedy}, or add the place there.`;
}
