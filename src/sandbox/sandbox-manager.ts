import { type CapturedOutcome } from './outcome.js';
import { type Machine, openMachine } from './machine.js';
import { runCommand } from './run-command.js';
import { RunningCommand } from './running-command.js';
import { type SandboxCommand } from './sandbox-command.js';
import { startCommand } from './start.js';
import { concludeWith } from './conclude.js';

/** What a manager is made with. */
export interface SandboxManagerOptions {
  /** Where HOME, TMPDIR, PATH, the XDG variables and the commands' environments come from; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Runs commands in sandboxes. One manager serves any number of commands at once; it keeps nothing running between them and
 * needs no closing.
 */
export class SandboxManager {
  readonly #machine: Machine;

  /** @param options - all may be left out. */
  constructor(options: SandboxManagerOptions = {}) {
    this.#machine = openMachine(options.environment ?? process.env);
  }

  /**
   * Runs a command to its end and keeps its output within bounds.
   *
   * @param command - what to run; its pipes are ours.
   * @throws CordonError when the sandbox could not be set up; the command then did not run.
   */
  run(command: SandboxCommand): Promise<CapturedOutcome> {
    return runCommand(command, this.#machine);
  }

  /**
   * Starts a command whose streams the caller reads and writes.
   *
   * @param command - what to run.
   * @throws CordonError when the command cannot be prepared; what fails later rejects `ended`.
   */
  async spawn(command: SandboxCommand): Promise<RunningCommand> {
    const started = await startCommand(command, this.#machine);
    return new RunningCommand(started.process, command, concludeWith(started.prepared));
  }
}
