import type { JsonValue } from '../core/job/job.ts';
import { WRITING_SHARE } from '../core/leader/lease-times.ts';
import type { Finding } from './finding.ts';
import { shown } from './finding.ts';

/** How much longer than the retry period two renewals may lie apart by chance. */
const RETRY_SPREAD = 1.2;

/** What is wrong with values that are right one by one. Nothing of it matters while there is no election. */
export function brokenElection(
  values: ReadonlyMap<string, JsonValue>,
  places: ReadonlyMap<string, string>,
): readonly Finding[] {
  if (values.get('leader_election.enabled') !== true) return [];
  const finding = (key: string, message: string): Finding => ({
    severity: 'error',
    code: 'bad-election',
    place: places.get(key) ?? places.get('leader_election.enabled') ?? '',
    key,
    message,
  });
  const seconds = (name: string): number => Number(values.get(`leader_election.${name}`));
  const lease = seconds('lease_duration_seconds');
  const renew = seconds('renew_deadline_seconds');
  const retry = seconds('retry_period_seconds');
  const state = values.get('state');
  const findings: Finding[] = [];
  if (renew >= lease * WRITING_SHARE) {
    const message =
      `${renew} is not below five sixths of lease_duration_seconds (${lease}), when a holder that could not renew the ` +
      'Lease must have stopped to write. Lower it, or raise leader_election.lease_duration_seconds.';
    findings.push(finding('leader_election.renew_deadline_seconds', message));
  }
  if (retry * RETRY_SPREAD >= renew) {
    const message =
      `${retry}, and a fifth more by chance, is not below renew_deadline_seconds (${renew}): the Lease would be lost ` +
      'before it is renewed. Lower it, or raise leader_election.renew_deadline_seconds.';
    findings.push(finding('leader_election.retry_period_seconds', message));
  }
  if (typeof state === 'string' && state.startsWith('file:')) {
    const message =
      `${shown(state)} is on a disk that other replicas do not see, so none of them could take over. Write ` +
      '"kubernetes:NAME", or "memory", or run one replica with leader_election.enabled: false.';
    findings.push(finding('state', message));
  }
  return findings;
}
