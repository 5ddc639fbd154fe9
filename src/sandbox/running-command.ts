import { type Readable, type Writable } from 'node:stream';
import { type LaunchExit, type SandboxedProcess } from '../backends/backend.js';
import { type SandboxListener } from '../process/listener-reception.js';
import { signalName } from '../process/signals.js';
import { type CommandStatus, type SandboxOutcome } from './outcome.js';

/** Milliseconds between SIGTERM and the end of the whole tree. */
const DEFAULT_GRACE_MS = 2000;

/** Limits of one command. */
export interface CommandLimits {
  readonly timeoutMs?: number | undefined;
  readonly graceMs?: number | undefined;
}

/** How a command ended and after how long. */
export interface CommandEnd {
  readonly status: CommandStatus;
  readonly durationMs: number;
  readonly exit: LaunchExit;
}

/** Makes an outcome of an end and of the tail of what the command wrote to its standard error or terminal. */
export type Conclude = (end: CommandEnd, outputTail: string) => Promise<SandboxOutcome>;

/** A command that runs, whatever enforces its profile. */
export class RunningCommand {
  readonly #process: SandboxedProcess;
  readonly #limits: CommandLimits;
  readonly #startedAt = performance.now();
  readonly #conclude: Conclude;
  /** Resolves once the sandbox's whole tree is gone. Rejects with a CordonError when it could not be set up. */
  readonly ended: Promise<CommandEnd>;
  #hasTimedOut = false;

  /**
   * @param sandboxed - has just been started.
   * @param limits - the time limit counts from now.
   * @param conclude - how its outcome is made.
   */
  constructor(sandboxed: SandboxedProcess, limits: CommandLimits, conclude: Conclude) {
    this.#process = sandboxed;
    this.#limits = limits;
    this.#conclude = conclude;
    this.ended = this.#watch();
    this.ended.catch(() => undefined);
  }

  /** The process that stands for the sandbox on this machine. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Where a pipe or terminal was asked for. */
  get stdin(): Writable | undefined {
    return this.#process.stdin;
  }

  /** The same; a terminal's whole output. */
  get stdout(): Readable | undefined {
    return this.#process.stdout;
  }

  /** The same; nothing with a terminal. */
  get stderr(): Readable | undefined {
    return this.#process.stderr;
  }

  /** Ports of the sandbox that this process answers at, in the order in which they were asked for. */
  get listeners(): readonly SandboxListener[] {
    return this.#process.listeners;
  }

  /**
   * What came of the command.
   *
   * @param outputTail - the end of its standard error or terminal output, as far as the caller has it; denials are told from it.
   */
  async outcome(outputTail = ''): Promise<SandboxOutcome> {
    return this.#conclude(await this.ended, outputTail);
  }

  /** Changes the terminal's size; nothing without a terminal. */
  resize(rows: number, columns: number): void {
    this.#process.resize(rows, columns);
  }

  /** Sends a signal to the command's process group. Resolves to whether it was sent. */
  signal(name: NodeJS.Signals): Promise<boolean> {
    return this.#process.signal(name);
  }

  /** Ends the whole tree at once. */
  kill(): void {
    this.#process.kill();
  }

  /** Asks the command to end (SIGTERM), and ends its whole tree when it has not after `graceMs`. */
  async stop(graceMs: number = this.#limits.graceMs ?? DEFAULT_GRACE_MS): Promise<void> {
    const timer = setTimeout(() => {
      this.kill();
    }, graceMs);
    try {
      await this.signal('SIGTERM');
      await this.#process.exited.catch(() => undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  async #watch(): Promise<CommandEnd> {
    const timer = this.#startTimer();
    try {
      const exit = await this.#process.exited;
      return { status: this.#statusOf(exit), durationMs: performance.now() - this.#startedAt, exit };
    } finally {
      clearTimeout(timer);
    }
  }

  #startTimer(): NodeJS.Timeout | undefined {
    const { timeoutMs } = this.#limits;
    if (timeoutMs === undefined) return undefined;
    return setTimeout(() => {
      this.#hasTimedOut = true;
      void this.stop();
    }, timeoutMs);
  }

  #statusOf(exit: LaunchExit): CommandStatus {
    if (this.#hasTimedOut) return { kind: 'timeout', code: 124 };
    if (exit.kind === 'not-executed') {
      return { kind: 'not-executed', program: exit.program, code: exit.reason === 'not-found' ? 127 : 126 };
    }
    const signal = exit.code > 128 ? signalName(exit.code - 128) : undefined;
    return signal === undefined
      ? { kind: 'exit', code: exit.code }
      : { kind: 'signal', signal: signal as NodeJS.Signals, code: exit.code };
  }
}
