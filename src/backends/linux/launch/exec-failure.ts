import { type LaunchExit } from '../../backend.js';

/** bubblewrap's sentence, always in the C locale: `bwrap: execvp PROGRAM: ERRNO TEXT`. */
const SENTENCE = /^bwrap: execvp (?<program>[^]*): (?<reason>[^:]+)$/u;

/**
 * Reads from the launcher's words that the sandbox was ready and the program could not be executed in it.
 *
 * @param said - the launcher's words.
 * @param program - what was to be executed.
 */
export function readExecFailure(said: string, program: string): LaunchExit | undefined {
  const reason = SENTENCE.exec(said)?.groups?.['reason'];
  if (reason === undefined) return undefined;
  const isMissing = reason === 'No such file or directory' || reason === 'Not a directory';
  return {
    kind: 'not-executed',
    program,
    reason: isMissing ? 'not-found' : 'not-executable',
    message: reason,
  };
}
