/** What JSON leaves as it is but a terminal may act upon: DEL, C1 controls, line separators, marks that turn the writing direction. */
const TREACHEROUS = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/**
 * Quotes a text for one line of a terminal or log: control characters are escaped.
 *
 * @param text - any text.
 * @returns a JSON string.
 */
export function quotePrintable(text: string): string {
  return JSON.stringify(text).replaceAll(
    TREACHEROUS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
