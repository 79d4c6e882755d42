import type { Bug } from './bug.ts';
import { CREATES } from './creates.ts';
import { OWNERSHIP } from './ownership.ts';
import { SAMENESS } from './sameness.ts';

export const BANK: readonly Bug[] = [...OWNERSHIP, ...CREATES, ...SAMENESS];
