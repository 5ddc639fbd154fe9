import { constants } from 'node:os';
import { CordonError, unreachable } from '../errors/cordon-error.js';

const SIGNAL_NUMBERS = new Map<string, number>(Object.entries(constants.signals));

/** What a shell adds to the number of the signal that ended a process; POSIX says "greater than 128", shells add 128. */
const SIGNAL_STATUS_BASE = 128;

/**
 * The number of a signal on this system.
 *
 * @param name - such as `SIGTERM`; real-time signals have no name here.
 * @throws CordonError `usage-invalid` when this system has no such signal.
 */
export function signalNumber(name: string): number {
  const number = SIGNAL_NUMBERS.get(name);
  if (number !== undefined) return number;
  throw new CordonError(
    'usage-invalid',
    `Cannot use signal ${JSON.stringify(name)}: this system has none of that name`,
    {
      details: { signal: name },
      hint: 'Name a signal as in signal(7), for example SIGTERM.',
    },
  );
}

/**
 * The name of a signal number; of several (SIGABRT and SIGIOT), the one that signal(7) explains.
 *
 * @param number - as the system counts.
 * @returns undefined for a number without a name, such as that of a real-time signal.
 */
export function signalName(number: number): string | undefined {
  for (const [name, value] of SIGNAL_NUMBERS) {
    if (value === number) return name;
  }
  return undefined;
}

/**
 * The one number that says how a process ended.
 *
 * @param code - the exit code, or null when a signal ended it.
 * @param signal - the signal, or null.
 * @returns the code, or 128 plus the signal's number.
 * @throws CordonError `internal` when both are null.
 */
export function exitStatusOf(code: number | null, signal: string | null): number {
  if (signal !== null) return SIGNAL_STATUS_BASE + signalNumber(signal);
  return code ?? unreachable('a process ended with neither a code nor a signal');
}
