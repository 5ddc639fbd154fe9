import { ERROR_CODES } from '../errors/codes.js';
import { printable } from '../paths/printable.js';
import { CordonError } from '../errors/cordon-error.js';
import { toJsonLine } from './to-json.js';

/** The sandbox could not be set up, or the command line is wrong; env(1) and timeout(1) use it likewise. */
const EXIT_REFUSED = 125;

/** How an error is reported. */
export interface ErrorReporting {
  /** One line of JSON. */
  readonly json: boolean;
  /** The message alone, without hint and code. */
  readonly quiet: boolean;
  /** The stack of an error that is not ours as well; by default when CORDON_DEBUG is 1. */
  readonly isDebug?: boolean;
  /** Takes the report; standard error by default. */
  readonly write?: (text: string) => void;
}

/**
 * Tells why nothing was run.
 *
 * @param error - a CordonError; anything else is a defect of cordon and told as `internal`.
 * @param reporting - how.
 * @returns the exit code, 125.
 */
export function reportError(error: unknown, reporting: ErrorReporting): number {
  const known = error instanceof CordonError ? error : defectFrom(error);
  const stack = (reporting.isDebug ?? process.env['CORDON_DEBUG'] === '1') ? stackOf(error) : undefined;
  const write = reporting.write ?? writeToStderr;
  write(reporting.json ? jsonReport(known, stack) : textReport(known, reporting.quiet, stack));
  return EXIT_REFUSED;
}

function jsonReport({ code, message, hint, details }: CordonError, stack: string | undefined): string {
  return toJsonLine({ error: { code, message, hint, details, stack } });
}

function textReport(
  { code, message, hint }: CordonError,
  isQuiet: boolean,
  stack: string | undefined,
): string {
  const lines = [`sandbox-run: ${message}`];
  if (!isQuiet) lines.push(`  hint: ${hint}`, `  code: ${code}`);
  if (stack !== undefined) lines.push(stack);
  return printable(`${lines.join('\n')}\n`);
}

function defectFrom(error: unknown): CordonError {
  const message = error instanceof Error ? error.message : String(error);
  return new CordonError('internal', `This is a defect of cordon: ${message}`, {
    hint: `${ERROR_CODES.internal.hint} CORDON_DEBUG=1 prints where it happened.`,
    cause: error,
  });
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

/** When nobody reads standard error there is nobody to tell; the exit code still says it. */
function writeToStderr(text: string): void {
  process.stderr.once('error', () => undefined);
  process.stderr.write(text);
}
