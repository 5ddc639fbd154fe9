import { existsSync } from 'node:fs';
import { type LaunchExit } from '../../backend.js';
import { type CommandLine } from '../plan/launch-plan.js';

/** Of bubblewrap and of our launcher, always in the C locale. */
const SENTENCE = /^(?:bwrap: execvp|cordon-launcher: execute) (?<program>[^]*): (?<reason>[^:]+)$/u;

/**
 * Reads from the launcher's words that the sandbox was ready and the program could not be executed in it.
 *
 * @param said - the launcher's words.
 * @param command - what was to be executed.
 */
export function readExecFailure(said: string, command: CommandLine): LaunchExit | undefined {
  const reason = SENTENCE.exec(said)?.groups?.['reason'];
  if (reason === undefined) return undefined;
  const isMissing = MISSING.has(reason) || (reason === 'Permission denied' && !isOnSearchPath(command));
  return {
    kind: 'not-executed',
    program: command.argv[0],
    reason: isMissing ? 'not-found' : 'not-executable',
    message: reason,
  };
}

const MISSING = new Set(['No such file or directory', 'Not a directory']);

/** execvp(3) answers EACCES also when it found nothing, but could not look into a directory of PATH. */
function isOnSearchPath({ argv: [program], environment, cwd }: CommandLine): boolean {
  if (program.includes('/')) return true;
  const directories = (environment['PATH'] ?? '/bin:/usr/bin').split(':');
  return directories.some((directory) => existsSync(`${directory === '' ? cwd : directory}/${program}`));
}
