/**
 * What tests and the processes they start have put out, for the scan that follows each test
 * (`reliability.md` invariant 39).
 */

import { expect } from 'vitest';
import { leaksIn, plantedCanaries } from './canaries.ts';

interface Heard {
  readonly test: string;
  readonly where: string;
  readonly text: string;
}

const heard: Heard[] = [];

/** Whatever anybody could read: it may hold none of the secrets that were planted. */
export function overhear(where: string, text: string): void {
  if (text !== '') heard.push({ test: expect.getState().currentTestName ?? 'no test', where, text });
}

/** What leaked since the last call: which secret, where, in which form and test, and never its value. */
export function leaksOverheard(): readonly string[] {
  if (heard.length === 0) return [];
  const canaries = plantedCanaries();
  return heard
    .splice(0)
    .flatMap(({ test, where, text }) =>
      leaksIn(text, canaries).map(({ label, form }) => `"${label}" in ${where} (${form}) of "${test}"`),
    );
}
