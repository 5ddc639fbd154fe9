import { type RunningCommand } from '../../sandbox/running-command.js';

/** What is sent to us and meant for the command. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGCONT'];

/**
 * Sends the signals that reach us on to the command, which ends in its own way; a key that stops us (^Z) stops it first.
 *
 * @param running - the command.
 * @returns takes the handlers away.
 */
export function forwardSignals(running: RunningCommand): () => void {
  const forward = (name: NodeJS.Signals): void => {
    void running.signal(name);
  };
  const stop = (): void => {
    void running.signal('SIGSTOP').then(() => process.kill(process.pid, 'SIGSTOP'));
  };
  for (const name of FORWARDED) process.on(name, forward);
  process.on('SIGTSTP', stop);
  return () => {
    for (const name of FORWARDED) process.off(name, forward);
    process.off('SIGTSTP', stop);
  };
}
