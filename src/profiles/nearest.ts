/** A word further away than this share of its length is not taken for a slip of the keyboard. */
const FURTHEST_SHARE = 0.4;

/** Longer text than this is no key or name that anybody mistyped; bounds the work of comparing. */
const MAX_COMPARED_LENGTH = 64;

/**
 * Finds what a person most likely meant by a mistyped word.
 *
 * @param text - the word as typed.
 * @param candidates - the words that would have been right.
 * @returns the nearest candidate, the first among equals; undefined when none is near.
 */
export function nearestOf(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > MAX_COMPARED_LENGTH) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(text.length * FURTHEST_SHARE)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(text, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * Counts the slips between two words: a character more, less, changed, or two neighbours swapped
 * ("optimal string alignment", Wikipedia: Damerau–Levenshtein distance).
 *
 * @param from - one word.
 * @param to - the other; the order does not matter.
 * @returns 0 for equal words, at most the length of the longer one.
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + changed,
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
