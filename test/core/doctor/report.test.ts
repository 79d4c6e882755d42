import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/core/doctor/diagnosis.ts';
import { doctorJson, doctorText } from '../../../src/core/doctor/report.ts';
import { PLAIN } from '../../../src/core/render/style.ts';

const CAUSE = 'HTTP 401, Invalid API Token (1000). The token is wrong, expired or revoked.';

function failed(check: Diagnosis['check'], what: string, cause = CAUSE): Diagnosis {
  const says = `Cloudflare does not allow to ${what}: ${cause}`;
  return { check, subject: '', state: 'fail', says, next: 'Make a new one.' };
}

describe('one cause of several failures', () => {
  const rows = [
    failed('token', 'verify the token'),
    failed('zones', 'list the zones'),
    failed('scope', 'list the jobs', 'HTTP 403, another one.'),
  ];

  it('is told with the first of them', () => {
    const text = doctorText(rows, PLAIN);
    expect(text.split(CAUSE)).toHaveLength(2);
    expect(text).toContain('Cloudflare does not allow to list the zones, for the reason above.');
    expect(text).toContain('list the jobs: HTTP 403, another one.');
  });

  it('is told with each of them to programs', () => {
    expect(doctorJson(rows, '2026-01-12T09:30:00Z').split(CAUSE)).toHaveLength(3);
  });
});
