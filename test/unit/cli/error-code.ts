import { CordonError } from '../../../src/errors/cordon-error.js';

/** The error that a call throws; fails the test when it throws none of ours. */
export function errorOf(call: () => unknown): CordonError {
  try {
    call();
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
