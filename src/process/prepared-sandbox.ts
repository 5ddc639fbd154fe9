import { closeSync, writeSync } from 'node:fs';
import { type GuardEvent } from './guard-events.js';
import { type GuardedProcess } from './guarded-process.js';
import { type Launching } from './launching.js';

/** What a pipe takes at once while it is empty (pipe(7)). */
export const MAX_COMMAND_BYTES = 65_536;

/** How its zygote is told of it. */
export interface PreparedControl {
  /** It runs a command from now on. */
  readonly onRun: () => void;
  readonly kill: () => void;
}

/** A sandbox that a zygote has made, or is making, and that waits for its command. It keeps no event loop alive. */
export class PreparedSandbox {
  readonly #launching: Launching;
  readonly #control: PreparedControl;

  /**
   * @param launching - its events.
   * @param control - of its zygote.
   */
  constructor(launching: Launching, control: PreparedControl) {
    this.#launching = launching;
    this.#control = control;
  }

  /** Whether a command can be handed to it; no promise that it will be there to take it. */
  get isUsable(): boolean {
    const { hasEnded, init, commandEnd } = this.#launching;
    return !hasEnded && init !== undefined && commandEnd !== undefined;
  }

  /**
   * Hands it its command. To be called once, while `isUsable`.
   *
   * @param command - native/linux/launcher/request.h; at most `MAX_COMMAND_BYTES`.
   * @param onEvent - called for each event but those about pipes.
   */
  run(command: Uint8Array, onEvent: (event: GuardEvent) => void): GuardedProcess {
    const launching = this.#launching;
    this.#control.onRun();
    launching.follow(onEvent);
    const running = launching.asProcess(this.#control.kill);
    this.#send(command);
    return running;
  }

  /** Ends it; no command has been handed to it. */
  discard(): void {
    this.#control.kill();
    this.#launching.opened.then(
      () => {
        this.#closeCommandEnd();
        this.#launching.close();
      },
      () => undefined, // refused: nothing is open
    );
  }

  #send(command: Uint8Array): void {
    const end = this.#launching.commandEnd;
    try {
      if (end !== undefined) writeSync(end, command);
    } catch {
      /* It has ended meanwhile, and its events tell so (EPIPE). */
    } finally {
      this.#closeCommandEnd();
    }
  }

  #closeCommandEnd(): void {
    const end = this.#launching.commandEnd;
    this.#launching.commandEnd = undefined;
    if (end !== undefined) closeSync(end);
  }
}
