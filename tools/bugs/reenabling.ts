/** A job that Cloudflare has disabled: enabled blindly, too often, never, or in the name of somebody else. */
import type { Bug } from './bug.ts';

const REENABLE = 'src/core/plan/reenable.ts';
const SCENARIOS = ['test/scenarios/reenable.test.ts'];

export const REENABLING: readonly Bug[] = [
  {
    name: 'a job that Cloudflare disabled is enabled without being asked to',
    breaks: ['F79'],
    file: REENABLE,
    find: "if (policy.reenable === 'tell') {",
    replace: "if (policy.reenable !== 'retry' && now === 0) {",
    caughtBy: SCENARIOS,
  },
  {
    name: 'a job is enabled again though its destination still fails',
    breaks: ['F79'],
    file: 'src/reconcile/pass/reenable.ts',
    find: 'const passed = verdict?.valid ?? true;',
    replace: 'const passed = true;',
    caughtBy: SCENARIOS,
  },
  {
    name: 'a job is tried again with each look',
    breaks: ['29', 'F79'],
    file: REENABLE,
    find: 'if (until <= now || tries === undefined',
    replace: 'if (until <= now || tries !== undefined',
    caughtBy: SCENARIOS,
  },
  {
    name: 'a restart forgets how often it was tried to enable a job',
    breaks: ['29', 'F79'],
    file: 'src/reconcile/pass/reenable.ts',
    find: 'if (entry !== undefined) await failureOf(ledger.record(scope, withHealings(entry, healings)));',
    replace: '',
    caughtBy: SCENARIOS,
  },
  {
    name: 'a job that delivers again is never tried as if for the first time',
    breaks: ['F79'],
    file: REENABLE,
    find: 'Date.parse(lastComplete) - Date.parse(last) < RECOVERED_MS',
    replace: 'Date.parse(lastComplete) - Date.parse(last) > RECOVERED_MS',
    caughtBy: SCENARIOS,
  },
  {
    name: 'what a person disabled is taken for what Cloudflare does',
    breaks: ['43', 'F79'],
    file: 'src/core/health/disabler.ts',
    find: "if (by !== null && !isLate) return by.way === 'cloudflare' ? 'cloudflare' : 'person';",
    replace: '',
    caughtBy: SCENARIOS,
  },
  {
    name: 'who disabled a job is forgotten with the audit log',
    breaks: ['43'],
    file: 'src/core/health/record.ts',
    find: 'sight.lastWrite ?? known?.disabledBy ?? null;',
    replace: 'sight.lastWrite ?? null;',
    caughtBy: SCENARIOS,
  },
];
