/** Milliseconds in each unit. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** The longest delay a timer takes; a longer one would fire at once (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
export const MAX_DURATION_MS = 2 ** 31 - 1;

/**
 * Reads a time as people write it.
 *
 * @param text - a decimal number and `ms`, `s`, `m` or `h`; seconds without a unit.
 * @returns whole milliseconds, 1 to {@link MAX_DURATION_MS}; undefined when the text is none or out of these bounds.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,12})?)(ms|s|m|h)?$/u.exec(text);
  if (match === null) return undefined;
  const [, amount = '', unit = 's'] = match;
  const durationMs = Math.round(Number(amount) * (UNITS.get(unit) ?? 1000));
  return durationMs >= 1 && durationMs <= MAX_DURATION_MS ? durationMs : undefined;
}
