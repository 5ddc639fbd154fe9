/** How much of the output's end is looked at, in UTF-16 units: what a command complains of last ends it. */
const MAX_OUTPUT_LENGTH = 65_536;

/** How much of one line is looked at: the longest path of Linux (PATH_MAX) and a sentence around it would hardly be longer. */
const MAX_LINE_LENGTH = 4096;

/** Colours and cursor movements (ECMA-48, section 5.4). */
// eslint-disable-next-line no-control-regex -- an escape sequence begins with a control character
const CONTROL_SEQUENCE = /\u001b\[[0-9;?]*[A-Za-z]/gu;

/**
 * Cuts output into lines that are short enough to be searched: the last 64 Ki, each line's first 4096 units, without
 * colours. A carriage return ends a line as well: progress bars are overwritten with it.
 *
 * @param output - decoded output.
 * @returns the lines that are not empty.
 */
export function outputLines(output: string): readonly string[] {
  return output
    .slice(-MAX_OUTPUT_LENGTH)
    .split(/[\r\n]/u)
    .map((line) => line.slice(0, MAX_LINE_LENGTH).replaceAll(CONTROL_SEQUENCE, ''))
    .filter((line) => line.trim() !== '');
}
