/** What JSON leaves as it is but a terminal may act upon: DEL, C1 controls, line separators, marks that turn the writing direction. */
const TREACHEROUS = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Makes a text of several lines harmless for a terminal: every control character but line feed is escaped.
 *
 * @param text - any text; what is quoted in it already stays as it is.
 */
export function printable(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\n' ? character : escape(character)))
    .replaceAll(TREACHEROUS, escape);
}

/**
 * Quotes a text for one line of a terminal or log: control characters are escaped.
 *
 * @param text - any text.
 * @returns a JSON string.
 */
export function quotePrintable(text: string): string {
  return JSON.stringify(text).replaceAll(TREACHEROUS, escape);
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
