import { toJson } from '../to-json.js';

/** What a subcommand comes to: printing it is the caller's. */
export interface CommandResult {
  /** For standard output; ends in a newline. */
  readonly output: string;
  /** 0 when the answer is yes. */
  readonly exitCode: number;
}

/**
 * A result in JSON.
 *
 * @param value - plain data.
 * @param exitCode - of the process.
 */
export function jsonResult(value: unknown, exitCode: number): CommandResult {
  return { output: toJson(value), exitCode };
}

/**
 * A result for people.
 *
 * @param lines - without newlines; undefined ones are left out.
 * @param exitCode - of the process.
 */
export function textResult(lines: readonly (string | undefined)[], exitCode: number): CommandResult {
  const shown = lines.filter((line) => line !== undefined);
  return { output: shown.map((line) => `${line.trimEnd()}\n`).join(''), exitCode };
}

/**
 * Lays cells out in columns.
 *
 * @param rows - each of the same number of cells.
 * @returns one line a row; the last cell is not padded.
 */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
