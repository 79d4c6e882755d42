/** How many examples each law tries. `LAW_RUNS=2000 npm test` searches harder. */
export const RUNS = Number(process.env['LAW_RUNS'] ?? 60);
