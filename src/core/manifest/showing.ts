/**
 * How text that a person wrote is quoted in a message: short, without characters that act on a terminal, and
 * without what may be a credential. A missing colon or quote can make a destination part of any text.
 */

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\uFE00-\uFE0F]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'gu');
const LONGEST_SHOWN = 60;

/** Control, direction and invisible characters: nobody wants them in a name, and they hide what it is. */
export function hasUnsafeCharacter(text: string): boolean {
  return UNSAFE.test(text);
}

/** As in `U+202E`, of the first unsafe character. */
export function unsafeCharacterIn(text: string): string | undefined {
  const [found] = UNSAFE.exec(text) ?? [];
  return found === undefined ? undefined : codePoint(found);
}

export function quoted(text: string): string {
  const safe = text
    .replace(/(:\/\/|[=?&]).{8,}$/s, '$1…')
    .replace(LONG_WORD, (word) => (isLikeAToken(word) ? '…' : word));
  const clipped = safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}…` : safe;
  return `"${clipped.replaceAll(UNSAFE_ALL, (character) => `<${codePoint(character)}>`)}"`;
}

const LONG_WORD = /[A-Za-z0-9+/]{20,}/g;

/** Small and capital letters and digits without any order: as a key pasted in the place of a name. */
function isLikeAToken(word: string): boolean {
  return /[a-z]/.test(word) && /[A-Z]/.test(word) && /[0-9]/.test(word);
}

/** Whether text is one short word, so that it cannot be a whole mapping whose colon or quote is missing. */
export function isWord(text: string): boolean {
  return /^\S{0,40}$/.test(text);
}

export function listed(items: readonly string[]): string {
  return items.join(', ');
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, '0')}`;
}

/** UTF-8 bytes, as limits count them. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
