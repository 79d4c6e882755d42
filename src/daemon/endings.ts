import { setTimeout as after } from 'node:timers/promises';

/** How long an ending may take in all, and what was given up may take to notice. */
export const ENDING_MS = 5_000;

/** Ends a part that runs. */
export type Ending = () => unknown;

/** The last one started ends first. One that fails or hangs keeps neither the others nor the process. */
export async function endAll(endings: Ending[]): Promise<void> {
  const failures: unknown[] = [];
  const inTurn = async (): Promise<void> => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.race([inTurn(), after(ENDING_MS, undefined, { ref: false })]);
  if (failures.length > 0) throw failures[0];
}
