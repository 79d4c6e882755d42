/** Builders for alerts. */

import {
  type Alert,
  alertOf,
  type Group,
  type Notice,
  noticeOf,
  type Subject,
} from '../../../src/core/alert/alert.ts';
import type { AlertFilter } from '../../../src/core/alert/filter.ts';
import { aScope } from '../../builders.ts';

export const START = Date.parse('2026-11-23T09:00:00Z');

export function aSubject(overrides: Partial<Subject> = {}): Subject {
  const scope = aScope();
  return {
    key: `zone.${scope.id}/http`,
    scope,
    job: 'http',
    jobId: 48213,
    what: `Job "http" in ${scope.name} was changed at Cloudflare: enabled`,
    detail: 'enabled: true -> false',
    next: null,
    labels: { kind: 'zone', zone: scope.name, logpush_job: 'http', dataset: 'http_requests' },
    ...overrides,
  };
}

export function aGroup(overrides: Partial<Group> = {}): Group {
  return {
    fingerprint: '0123456789abcdef',
    reason: 'DriftDetected',
    cause: null,
    since: new Date(START).toISOString(),
    subjects: [aSubject()],
    ...overrides,
  };
}

export function anAlert(overrides: Partial<Alert> = {}): Alert {
  return { ...alertOf(aGroup()), ...overrides };
}

export function aNotice(status: Notice['status'] = 'firing', overrides: Partial<Alert> = {}): Notice {
  return noticeOf(anAlert(overrides), status, START + 60_000);
}

export const ANY: AlertFilter = { minSeverity: 'info', reasons: [], scopes: [], labels: {} };
