import { styleText } from 'node:util';
import type { FieldDiff } from '../../core/plan/change.ts';
import { cleanText } from '../../core/render/foreign-text.ts';
import { showDifference } from '../../core/render/shown-value.ts';
import { PLAIN, type Style } from '../../core/render/style.ts';

export interface ShopTerms {
  readonly color: boolean;
  readonly scrub: (text: string) => string;
}

/** What lines for a terminal are made with. */
export interface Shop extends Style {
  /** Makes foreign text safe to show. Secrets go first: a text that is cut could hide half of one. */
  readonly clean: (text: string) => string;
  /** Both sides of a field, as the plan shows them. */
  readonly difference: (field: FieldDiff) => string;
}

export function shopWith({ color, scrub }: ShopTerms): Shop {
  return {
    ...(color ? COLORS : PLAIN),
    clean: (text) => cleanText(scrub(text)),
    difference: (field) => showDifference(field, scrub),
  };
}

type Format = Parameters<typeof styleText>[0];

/** Whether to colour is decided by the caller; `styleText` would look at the environment itself. */
const paint = (format: Format) => (text: string) => styleText(format, text, { validateStream: false });

const COLORS: Style = {
  ...PLAIN,
  bold: paint('bold'),
  dim: paint('dim'),
  green: paint('green'),
  yellow: paint('yellow'),
  red: paint('red'),
  cyan: paint('cyan'),
};

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
