import { describe, expect, it } from 'vitest';
import { generate } from './generate.ts';
import { simulate } from './simulation.ts';

const SEEDS = 60;
const PATIENCE_MS = 120_000;

describe('a simulated daemon that reads audit logs', () => {
  it(
    'breaks no rule, however late they are, and whatever goes wrong around it',
    async () => {
      const found: string[] = [];
      let changes = 0;
      for (let seed = 0; seed < SEEDS; seed += 1) {
        const scenario = generate(String(seed));
        const kinds = ['constant', 'spread', 'batched'] as const;
        const switches = {
          ...scenario.world.switches,
          audit_lag: kinds[seed % 3] ?? 'constant',
          audit_lag_ms: (seed % 5) * 60_000,
          audit_permission: seed % 7 === 6 ? ('missing' as const) : ('granted' as const),
        };
        const world = { ...scenario.world, switches, auditMs: 60_000 };
        const { violations, sometimes } = await simulate({ ...scenario, world });
        changes += sometimes.get('a change by others in the audit log') ?? 0;
        found.push(...violations.map(({ rule, detail }) => `${seed}: ${rule}: ${detail}`));
      }
      expect(found).toEqual([]);
      expect(changes).toBeGreaterThan(SEEDS / 4);
    },
    PATIENCE_MS,
  );
});
