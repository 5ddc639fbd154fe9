import { type RunningCommand } from '../../sandbox/running-command.js';

/** What is sent to us and meant for the command: all that can be caught and that somebody may send (signal(7)). */
const FORWARDED = [
  ...['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGALRM'],
  ...['SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'],
] as const satisfies readonly NodeJS.Signals[];

/**
 * Sends the signals that reach us on to the command, which ends in its own way; a key that stops us (^Z) stops it first.
 * Begins before there is a command: a signal that comes early waits for it.
 */
export class SignalForwarder {
  readonly #early: NodeJS.Signals[] = [];
  #running: RunningCommand | undefined;

  constructor() {
    const before = process.listeners('SIGUSR1');
    for (const name of FORWARDED) process.on(name, this.#forward);
    process.on('SIGTSTP', this.#stop);
    /* The starter's, which would end us. Not a moment without one: Node's own opens the inspector. */
    for (const listener of before) process.off('SIGUSR1', listener);
  }

  /** From now on signals go to this command, those that came before it too. */
  connect(running: RunningCommand): void {
    this.#running = running;
    for (const name of this.#early.splice(0)) this.#forward(name);
  }

  /** Signals mean us again. */
  close(): void {
    for (const name of FORWARDED) process.off(name, this.#forward);
    process.off('SIGTSTP', this.#stop);
  }

  readonly #forward = (name: NodeJS.Signals): void => {
    if (this.#running === undefined) this.#early.push(name);
    else void this.#running.signal(name);
  };

  readonly #stop = (): void => {
    const stopped = this.#running?.signal('SIGSTOP') ?? Promise.resolve(false);
    void stopped.then(() => process.kill(process.pid, 'SIGSTOP'));
  };
}
