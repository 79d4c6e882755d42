import { describe, expect, it } from 'vitest';
import { CRASH_STORIES } from './crash-stories.ts';
import { crashEverywhere } from './crashes.ts';

const PATIENCE_MS = 240_000;
/** `npm run sim -- --crash-points` tells them all. */
const FEW = 3;

describe('a crash', () => {
  it.each(CRASH_STORIES)(
    'at any moment of %s changes nothing about the end',
    async (_, story) => {
      const { points, broken } = await crashEverywhere(story);
      expect(broken.slice(0, FEW)).toEqual([]);
      expect(points).toBeGreaterThan(10);
    },
    PATIENCE_MS,
  );
});
