const UNITS_MS: { readonly [unit: string]: number } = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Milliseconds of a text such as `90m`, `4h`, `1h30m` or `2d`; null for anything else, and for no time at all. */
export function durationOf(text: string): number | null {
  if (!/^(?:\d{1,6}[smhdw]){1,5}$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)];
  const ms = parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS_MS[unit] ?? 0), 0);
  return ms > 0 ? ms : null;
}
