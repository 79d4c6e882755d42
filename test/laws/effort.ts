/**
 * How hard each law is tried. The seed is fixed, so that a test run does not depend on luck; to search for new
 * counterexamples, `LAW_RUNS=2000 LAW_SEED=17 npx vitest run test/laws`.
 */
const RUNS = Number(process.env['LAW_RUNS'] ?? 60);
const SEED = Number(process.env['LAW_SEED'] ?? 1);

/** @param share of the usual number of examples, for a law that is checked many times over */
export function tries(share = 1): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.max(5, Math.ceil(RUNS * share)), seed: SEED };
}

/** No law is about speed, so none fails for it. */
export const PATIENCE_MS = 60_000 + RUNS * 2_000;
