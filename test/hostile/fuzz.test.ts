import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { hunt } from '../../tools/fuzz/hunt.ts';
import { stopServer } from '../../tools/fuzz/requests.ts';
import { TARGETS } from '../../tools/fuzz/targets.ts';
import { caseOf, trial } from '../../tools/fuzz/trial.ts';

const PLANTED = new URL('planted-targets.ts', import.meta.url).href;
const KEPT = new URL('../fixtures/fuzz/', import.meta.url);

afterAll(() => stopServer());

describe('the hunt', () => {
  const planted = (name: string, inputs: number) =>
    hunt({ inputs, seed: 1, jobs: 1, names: [name], module: PLANTED });

  it('finds nothing where nothing is', async () => {
    const { findings, counts } = await planted('harmless', 200);
    expect(findings).toEqual([]);
    expect(Object.fromEntries(counts)).toEqual({ harmless: 200 });
  });

  it('finds what throws, with the input and the seed that makes it again', async () => {
    const { findings } = await planted('crashing', 40);
    expect(findings.length).toBeGreaterThan(0);
    for (const { what, input, seed } of findings) {
      expect({ what, input }).toEqual({ what: expect.stringMatching(/^TypeError: planted/), input: 3 });
      const again = await hunt({ inputs: 1, seed, jobs: 1, names: ['crashing'], module: PLANTED });
      expect(again.findings.map(({ input: same }) => same)).toEqual([3]);
    }
  });

  it('finds what shows a canary, and never shows it itself', async () => {
    const { findings } = await planted('leaking', 40);
    expect(new Set(findings.map(({ what }) => what))).toEqual(
      new Set(['shows the canary "planted in a target"']),
    );
  });

  it('ends what hangs, and goes on with the next', { timeout: 120_000 }, async () => {
    const { findings } = await planted('hanging', 30);
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ input }) => input))).toEqual(new Set([7]));
    const [first] = findings;
    expect(first?.what).toMatch(/CPU/);
  });

  it('gives the same inputs for the same seed, in however many workers', async () => {
    const one = await planted('crashing', 60);
    const three = await hunt({ inputs: 60, seed: 1, jobs: 3, names: ['crashing'], module: PLANTED });
    expect(three.findings.map(({ seed }) => seed)).toEqual(one.findings.map(({ seed }) => seed));
  });
});

describe('mutated inputs do not crash, hang or leak', () => {
  it.each(Object.keys(TARGETS))('in %s', async (name) => {
    for (let seed = 0; seed < 250; seed += 1) {
      const { target, input } = caseOf(seed, TARGETS, [name]);
      const { what } = await trial(target, input, seed % 10 === 0);
      expect({ seed, what }).toEqual({ seed, what: null });
    }
  });
});

describe('an input that once did', () => {
  const files = readdirSync(KEPT).filter((file) => file.endsWith('.json'));

  it.each(files)('does so no more: %s', async (file) => {
    const kept = JSON.parse(readFileSync(new URL(file, KEPT), 'utf8')) as { target: string; input: unknown };
    const target = TARGETS[kept.target];
    expect(target).toBeDefined();
    expect(target && (await trial(target, kept.input, true)).what).toBeNull();
  });
});
