/**
 * The name of a system error, such as `ENOENT`.
 *
 * @param error - what was caught.
 * @returns `UNKNOWN` when it is no system error.
 */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}
