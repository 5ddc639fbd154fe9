/**
 * Writes data as JSON over several lines, for standard output.
 *
 * @param value - plain data; a bigint, at which `JSON.stringify` alone throws, becomes a number or, where that would
 *   round it, text.
 * @returns text that ends in a newline.
 */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, withoutBigInt, 2)}\n`;
}

/**
 * The same on one line, for standard error, which others write to.
 *
 * @param value - as for {@link toJson}.
 */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value, withoutBigInt)}\n`;
}

function withoutBigInt(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
