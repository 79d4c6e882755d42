/** How many examples each law tries. `LAW_RUNS=2000 npm test` searches harder. */
export const RUNS = Number(process.env['LAW_RUNS'] ?? 60);

/** No law is about speed, so none fails for it. */
export const PATIENCE_MS = 60_000 + RUNS * 2_000;
