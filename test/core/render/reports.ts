/** Reports to render: one with everything in it, and the few parts a test may want to replace. */

import type { PlanReport } from '../../../src/core/render/plan-report.ts';
import { aDesiredJob, aLiveJob, aScope } from '../../builders.ts';
import { applied, planOf } from '../plan/planning.ts';

export function aReport(overrides: Partial<PlanReport> = {}): PlanReport {
  return {
    revision: '4f2c1ab09d3e5b7c8a6f1e2d3c4b5a6978869504',
    generatedAt: '2026-01-12T09:30:04.112Z',
    plans: [],
    unreadable: [],
    unresolved: [],
    refusal: null,
    problems: [],
    ...overrides,
  };
}

const at = (line: number) => ({ origin: { file: 'zones/example.yaml', line, column: 9 } });
const r2 = (key: string) => ({
  destination_conf: `r2://acme-logs/http?account-id=a&access-key-id=k&secret-access-key=${key}`,
});

/** Every action, class and list of a plan, each once. */
export function everything(): PlanReport {
  const audit = aDesiredJob({ name: 'audit', fields: { max_upload_records: 1_000 }, ...at(8) });
  const conflicting = aDesiredJob({ name: 'conflicting', fields: { max_upload_records: 1_000 } });
  const dns = aDesiredJob({ name: 'dns', fields: { dataset: 'dns_logs' } });
  const hidden = aDesiredJob({ name: 'hidden', fields: r2('one-secret-key') });
  const http = aDesiredJob({ name: 'http', fields: r2('one-secret-key') });
  const gone = aDesiredJob({ name: 'gone' });
  const entries = [
    applied(audit, aLiveJob({ name: 'audit', id: 10 })),
    applied(conflicting, aLiveJob({ name: 'conflicting', id: 11 })),
    applied(dns, aLiveJob({ name: 'dns', id: 12 })),
    applied(hidden, aLiveJob({ name: 'hidden', id: 13 })),
    applied(http, aLiveJob({ name: 'http', id: 14 })),
    applied(gone, aLiveJob({ name: 'gone', id: 15 })),
    applied(aDesiredJob({ name: 'kept', protect: true }), aLiveJob({ name: 'kept', id: 16 })),
  ];
  const plan = planOf({
    jobs: [
      aDesiredJob({ name: 'firewall', fields: { dataset: 'firewall_events' }, ...at(4) }),
      audit,
      aDesiredJob({ name: 'conflicting', fields: { max_upload_records: 3_000 }, ...at(12) }),
      aDesiredJob({ name: 'dns', ...at(16) }),
      aDesiredJob({ name: 'hidden', fields: r2('one-secret-key'), ...at(20) }),
      aDesiredJob({ name: 'http', fields: { ...r2('two-secret-key'), enabled: false }, ...at(24) }),
      aDesiredJob({ name: 'taken', ...at(28) }),
    ],
    live: [
      aLiveJob({ name: 'audit', id: 10, fields: { max_upload_records: 2_000 } }),
      aLiveJob({ name: 'conflicting', id: 11, fields: { max_upload_records: 2_000 } }),
      aLiveJob({ name: 'dns', id: 12, fields: { dataset: 'dns_logs' } }),
      aLiveJob({ name: 'hidden', id: 13, fields: r2('***') }),
      aLiveJob({ name: 'http', id: 14, fields: r2('one-secret-key') }),
      aLiveJob({ name: 'gone', id: 15 }),
      aLiveJob({ name: 'kept', id: 16 }),
      aLiveJob({ name: 'legacy', id: 17 }),
      aLiveJob({ name: 'taken', id: 18, fields: { enabled: false } }),
    ],
    entries,
    policy: { jobsPerZone: 100 },
  });
  return aReport({ plans: [plan] });
}

export const shop = aScope({ id: 'f'.repeat(32), name: 'shop.example' });
