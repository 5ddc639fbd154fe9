import { ERROR_CODES, type ErrorCode } from './codes.js';

/** What an error may carry beside its message. */
export interface CordonErrorOptions {
  /** Facts for programs; plain data, no secrets, no file content. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What to do next; the table's hint of the code when left out. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** The error that every failure of cordon is told by. `code` is contract; `message` is for people. */
export class CordonError extends Error {
  override readonly name = 'CordonError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string;

  /**
   * @param code - the row of `ERROR_CODES`.
   * @param message - what was wrong and where: `Cannot bind "/repo/a": …`.
   * @param options - details, a better hint, the cause.
   */
  constructor(code: ErrorCode, message: string, options: CordonErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.hint = options.hint ?? ERROR_CODES[code].hint;
  }
}

/**
 * Ends a branch that cannot be reached.
 *
 * @param message - the invariant that is broken.
 * @throws CordonError `internal`, always.
 */
export function unreachable(message: string): never {
  throw new CordonError('internal', `This is a defect of cordon: ${message}`);
}
