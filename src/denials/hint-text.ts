import { type AllowFlag, type Denial } from './denial.js';
import { quotePrintable } from '../paths/printable.js';

/** As many hints as people read. */
const MAX_HINTS = 20;

/**
 * Tells denials to people: what was refused, how sure that is, why, and which option would allow it.
 *
 * @param denials - of one command.
 * @returns one line each, without line end; control characters are escaped. Of more than 20 the rest is counted in a last line.
 */
export function hintLines(denials: readonly Denial[]): readonly string[] {
  /* Different calls for one path are one line. */
  const lines = [...new Set(denials.map(lineOf))];
  const rest = lines.length - MAX_HINTS;
  return rest > 0 ? [...lines.slice(0, MAX_HINTS), `and ${String(rest)} more`] : lines;
}

function lineOf(denial: Denial): string {
  const doubt = denial.certainty === 'likely' ? ' (likely)' : '';
  return `${subjectOf(denial)} was refused${doubt}: ${reasonOf(denial)}${remedyOf(denial)}`;
}

/**
 * An option as it is typed on a command line, its path quoted for reading: `--allow-write "/srv"`.
 *
 * @param allow - the option; with what has to be done before it, if anything.
 */
export function describeAllowFlag(allow: AllowFlag): string {
  if (allow.flag === '--network') return `${allow.flag} ${allow.value}`;
  const path = quotePrintable(allow.value);
  const first = allow.isMissing === true ? `create ${path} outside of the sandbox (mkdir), then ` : '';
  return `${first}${allow.flag} ${path}`;
}

function subjectOf(denial: Denial): string {
  switch (denial.kind) {
    case 'file':
      return `${denial.operation === 'read' ? 'read of' : 'write to'} ${quotePrintable(denial.path)}`;
    case 'socket':
      return `connecting to socket ${quotePrintable(denial.path)}`;
    case 'network':
      return denial.target === undefined
        ? 'a network connection'
        : `connecting to ${quotePrintable(denial.target)}`;
    case 'system-call':
      return 'a system call';
  }
}

function reasonOf(denial: Denial): string {
  switch (denial.kind) {
    case 'file':
    case 'socket':
      return denial.rule;
    case 'network':
      return 'the network is restricted';
    case 'system-call':
      return 'the command ended as if by SIGSYS';
  }
}

function remedyOf(denial: Denial): string {
  if (denial.kind === 'system-call' || denial.allowedBy === undefined) return '';
  return `; ${describeAllowFlag(denial.allowedBy)} would allow it`;
}
