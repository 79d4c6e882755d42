/** The API server counts bytes, and answers 422 for one more. */
export const MOST_NOTE_BYTES = 1_024;

const END = '…';

/** A text that the API server takes as the note of an Event. Never half a character. */
export function clippedNote(text: string): string {
  if (Buffer.byteLength(text) <= MOST_NOTE_BYTES) return text;
  const room = MOST_NOTE_BYTES - Buffer.byteLength(END);
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    end += character.length;
  }
  return `${text.slice(0, end)}${END}`;
}
