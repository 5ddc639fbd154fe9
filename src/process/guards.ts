import { type GuardEvent } from './guard-events.js';
import { type GuardStart, type GuardedProcess, type WaitingGuard, startGuard } from './guarded-process.js';
import { inheritedState } from './inherited-state.js';

/** A guard that is to run something at once. */
export interface GuardRequest extends GuardStart {
  /**
   * Makes what the guard reads first, while the guard starts.
   *
   * @param commandLine - what the message must tell of the command: nothing when the guard was started with it.
   */
  readonly message: (commandLine: readonly string[]) => Promise<Uint8Array | undefined>;
}

/** Characters of a command line above which the system may refuse it; the guard's own start then tells so (execve(2)). */
const LONG_COMMAND = 65_536;

/** Milliseconds that a guard waits for a next command. */
const STANDBY_MS = 60_000;

interface Standby {
  readonly guard: WaitingGuard;
  /** What it was started with. */
  readonly key: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Starts guards. While one runs, the next is started in advance: a spawn takes Node longer than all that cordon does itself.
 * The guard in advance holds nothing of a command, keeps no event loop alive, and ends with us, or when nobody has needed it
 * for a minute. It is used only while a new one would inherit the same from us.
 */
export class Guards {
  readonly #keepsStandby: boolean;
  #standby: Standby | undefined;

  /** @param keepsStandby - false for who runs one command. */
  constructor(keepsStandby: boolean) {
    this.#keepsStandby = keepsStandby;
  }

  /**
   * Has a guard run something.
   *
   * @param request - what.
   * @param onEvent - called for each event but those about pipes.
   * @throws CordonError `setup-failed` when the guard cannot be started.
   */
  async run(request: GuardRequest, onEvent: (event: GuardEvent) => void): Promise<GuardedProcess> {
    if (!this.#keepsStandby || !canWait(request)) {
      const guard = await startGuard(request);
      return guard.run(() => request.message([]), onEvent);
    }
    const start = { ...request, options: [...request.options, '--standby'], command: [] };
    const guard = this.#take(start) ?? (await startGuard(start));
    const running = await guard.run(() => request.message(request.command), onEvent);
    setImmediate(() => void this.#startNext(start));
    return running;
  }

  #take(start: GuardStart): WaitingGuard | undefined {
    const standby = this.#standby;
    if (standby?.key !== keyOf(start) || !isAsNew(standby)) return undefined;
    this.#standby = undefined;
    clearTimeout(standby.timer);
    standby.guard.keepLoopAlive(true);
    return standby.guard;
  }

  async #startNext(start: GuardStart): Promise<void> {
    const key = keyOf(start);
    if (this.#standby?.key === key && isAsNew(this.#standby)) return;
    try {
      const guard = await startGuard(start);
      guard.keepLoopAlive(false);
      this.#dismiss();
      const timer = setTimeout(() => {
        this.#dismiss();
      }, STANDBY_MS).unref();
      this.#standby = { guard, key, timer };
    } catch {
      /* The next command starts its own, and tells what is wrong. */
    }
  }

  #dismiss(): void {
    if (this.#standby === undefined) return;
    clearTimeout(this.#standby.timer);
    this.#standby.guard.dismiss();
    this.#standby = undefined;
  }
}

function isAsNew({ guard }: Standby): boolean {
  const own = inheritedState('thread-self');
  return !guard.isGone && own !== undefined && own === inheritedState(guard.pid);
}

/**
 * Not with a descriptor of the caller's or a channel, which belong to one command, and not where the start itself must tell of an
 * error.
 */
function canWait({ stdin, stdout, stderr, command, onHandle }: GuardStart): boolean {
  if (onHandle !== undefined) return false;
  const length = command.reduce((sum, text) => sum + text.length, 0);
  return [stdin, stdout, stderr].every((target) => typeof target === 'string') && length < LONG_COMMAND;
}

function keyOf({ guard, options, cwd, env, stdin, stdout, stderr, hasEvidence }: GuardStart): string {
  return JSON.stringify([guard, options, cwd, env, stdin, stdout, stderr, hasEvidence === true]);
}
