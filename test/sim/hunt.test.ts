import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { generate } from './generate.ts';
import { aJob, aStory, aZone } from './stories.ts';
import { emptyTally, MUST_COINCIDE, MUST_HAPPEN, tell, tooRare } from './hunt.ts';
import type { Scenario } from './scenario.ts';
import { runWithTwin, shrink } from './shrink.ts';
import { Simulation, simulate } from './simulation.ts';

/** `npm run sim` runs many more. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 300);
const PATIENCE_MS = 60_000 + SEEDS * 500;

describe('a simulated daemon', () => {
  it(
    'breaks no rule, whatever goes wrong around it',
    async () => {
      const tally = emptyTally();
      for (let seed = 0; seed < SEEDS; seed += 1) await tell(String(seed), tally);
      expect(tally.findings).toEqual([]);
      expect(tally.sometimes.size).toBeGreaterThan(MUST_HAPPEN.length);
    },
    PATIENCE_MS,
  );

  it(
    'does the same again for the same seed, to the byte',
    async () => {
      for (let seed = 1_000; seed < 1_100; seed += 1) {
        const [first, second] = [
          await simulate(generate(String(seed))),
          await simulate(generate(String(seed))),
        ];
        expect([seed, second.hash]).toEqual([seed, first.hash]);
      }
    },
    PATIENCE_MS,
  );

  it('does something else for another seed', async () => {
    const hashes = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) hashes.add((await simulate(generate(String(seed)))).hash);
    expect(hashes.size).toBe(20);
  });

  it('lives on virtual time only', async () => {
    const before = await simulate(generate('7'));
    const forbidden = () => {
      throw new Error('the machine was asked');
    };
    const spies = [
      vi.spyOn(Date, 'now').mockImplementation(forbidden),
      vi.spyOn(Math, 'random').mockImplementation(forbidden),
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(forbidden),
      vi.spyOn(globalThis, 'setInterval').mockImplementation(forbidden),
    ];
    onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
    const again = await simulate(generate('7'));
    expect(again).toEqual(before);
  });
});

describe('a story as plain data', () => {
  it('survives being written down', async () => {
    const scenario = generate('11');
    const read: Scenario = JSON.parse(JSON.stringify(scenario));
    expect((await simulate(read)).hash).toBe((await simulate(scenario)).hash);
  });

  it('is shrunk to what breaks the rule', async () => {
    const twice = { type: 'http', on: 'create', nth: 1, fault: { kind: 'twice', ms: 100 } } as const;
    const story = { ...generate('60164'), edits: generate('60165').edits };
    const failing = { ...story, disturbances: [...story.disturbances, twice] };
    const run = async ({ disturbances }: Scenario) => ({
      violations: disturbances.includes(twice) ? [{ rule: 'a rule', detail: '', at: 0 }] : [],
    });
    const short = await shrink(failing, run);
    expect(short.edits).toEqual([]);
    expect(short.disturbances).toEqual([twice]);
  });

  const folder = new URL('../fixtures/sim/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

  it.each(files)('%s breaks no rule any more', async (file) => {
    const { scenario }: { scenario: Scenario } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    expect((await runWithTwin(scenario)).violations).toEqual([]);
  });
});

describe('the rules', () => {
  it('see a job that is there twice', async () => {
    const simulation = new Simulation(aStory([aZone(0, aJob('http'))]), {});
    simulation.scheduler.after(1_289_000, null, 'sabotage', () => {
      const [job] = simulation.cloud.jobs(0);
      const headers = { Authorization: 'Bearer x' };
      const body = JSON.stringify(job?.config);
      simulation.cloud.handle(1, { method: 'POST', url: JOBS, headers, body, timeoutMs: 1 });
    });
    const { violations } = await simulation.run({});
    expect(violations.map(({ rule }) => rule)).toContain('duplicate');
  });

  it('see a job that differs from the manifest', async () => {
    const simulation = new Simulation(aStory([aZone(0, aJob('http'))]), {});
    // Somebody changes it behind the back of everything that could notice.
    simulation.scheduler.after(1_289_000, null, 'sabotage', () => {
      const [job] = simulation.cloud.jobs(0);
      simulation.cloud.asPerson('PUT', 0, job?.id ?? 0, { enabled: false });
    });
    const { violations } = await simulation.run({});
    expect(violations.map(({ rule }) => rule)).toEqual(['not-converged']);
  });

  it('see a job of ours that the manifest lacks', async () => {
    const both = aZone(0, aJob('http'), aJob('dns'));
    const simulation = new Simulation(aStory([both], { edit: [aZone(0, aJob('http'))] }), {});
    simulation.scheduler.after(1_289_000, null, 'sabotage', () => {
      const [job] = simulation.cloud.jobs(0);
      const headers = { Authorization: 'Bearer x' };
      const body = JSON.stringify({ ...job?.config, name: 'dns' });
      simulation.cloud.handle(1, { method: 'POST', url: JOBS, headers, body, timeoutMs: 1 });
    });
    const { violations } = await simulation.run({});
    expect(violations.map(({ rule }) => rule)).toContain('leftover');
  });

  it('see a foreign job that is written', async () => {
    const simulation = new Simulation(
      {
        ...aStory([aZone(0, aJob('http'))]),
        world: { ...aStory([aZone(0, aJob('http'))]).world, foreign: [{ zone: 0, name: 'legacy' }] },
      },
      {},
    );
    simulation.scheduler.after(60_000, null, 'sabotage', () => {
      simulation.cloud.handle(1, {
        method: 'DELETE',
        url: `${JOBS}/1001`,
        headers: { Authorization: 'Bearer x' },
        timeoutMs: 1,
      });
    });
    const { violations } = await simulation.run({});
    expect(violations.map(({ rule }) => rule)).toContain('foreign-job-written');
  });

  it('see a secret in an event', async () => {
    const simulation = new Simulation(aStory([aZone(0, aJob('http'))]), {});
    simulation.oracles.onState('{"scope":{},"note":"hN5cJ9dRy3Ps6WfEv0"}', true);
    expect(simulation.oracles.violations.map(({ rule }) => rule)).toEqual(['secret-told']);
  });

  it('see when something is tried too rarely', () => {
    const tally = { ...emptyTally(), seeds: 10_000 };
    expect(tooRare(tally)).toEqual([...MUST_HAPPEN, ...MUST_COINCIDE]);
  });
});

const JOBS = 'https://api.cloudflare.com/client/v4/zones/2ebc3b25e5b82662f032d2d540301afa/logpush/jobs';
