import { CordonError } from '../errors/cordon-error.js';
import { type GuardEvent } from './guard-events.js';
import { type GuardedProcess } from './guarded-process.js';
import { type OpenStreams, type PipeEnds, closeEnds, openEnd, streamsOfEnds } from './pipe-ends.js';
import { type ZygoteEvent } from './zygote-frames.js';

type OnEvent = (event: GuardEvent) => void;

/** The number by which a zygote calls the pipe that a prepared sandbox's command comes through. */
const COMMAND_PIPE = 4;

/** One sandbox of a zygote, as its events tell of it. */
export class Launching {
  /** Our ends of its pipes, once all are open. Rejects when the request was refused. */
  readonly opened: Promise<PipeEnds>;
  readonly isReady: Promise<void>;
  readonly exited: Promise<number>;
  /** Its process 1, by its id on this machine. */
  init: number | undefined;
  /** Where the command of a prepared sandbox is written to. */
  commandEnd: number | undefined;
  readonly #zygote: number;
  #onEvent: OnEvent;
  #hasEnded = false;
  readonly #ends: (number | undefined)[] = [];
  #streams: OpenStreams | undefined;
  #open: (ends: PipeEnds) => void = () => undefined;
  #refuse: (error: CordonError) => void = () => undefined;
  #becomeReady: () => void = () => undefined;
  #exit: (status: number) => void = () => undefined;
  #fail: (error: CordonError) => void = () => undefined;

  /**
   * @param zygote - its process id: who holds the other ends.
   * @param onEvent - called for each event but those about pipes.
   */
  constructor(zygote: number, onEvent: OnEvent) {
    this.#zygote = zygote;
    this.#onEvent = onEvent;
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    this.isReady = new Promise((resolve) => (this.#becomeReady = resolve));
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve;
      this.#fail = reject;
    });
    this.exited.catch(() => undefined);
  }

  /** Whether nothing will come of it any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Tells somebody of what is to come, and of its process 1 at once. */
  follow(onEvent: OnEvent): void {
    this.#onEvent = onEvent;
    if (this.init !== undefined) onEvent({ kind: 'child', pid: this.init });
  }

  /** Returns whether it was the last event. */
  take(event: ZygoteEvent['event']): boolean {
    if (event.kind === 'prepared') return false;
    if (event.kind === 'pipe') {
      this.#takePipe(event);
      return false;
    }
    if (event.kind !== 'malformed') return this.#takeStep(event);
    this.#takeRefusal(event.errno);
    return true;
  }

  /** The zygote has ended, and all that it made with it. */
  end(): void {
    this.#hasEnded = true;
    this.#open(this.#ends);
    this.#becomeReady();
    this.#fail(
      new CordonError('launcher-died', 'The process that makes sandboxes has ended, and the command with it'),
    );
  }

  /** Makes streams of its pipes, which have been opened, before they are needed. */
  makeStreams(): void {
    if (this.#streams !== undefined) return;
    this.#streams = streamsOfEnds(this.#ends);
    this.#streams.keepLoopAlive(false);
  }

  /** Closes our ends of its pipes, which nobody has got. */
  close(): void {
    if (this.#streams === undefined) closeEnds(this.#ends);
    this.#streams?.stdin?.destroy();
    this.#streams?.stdout?.destroy();
    this.#streams?.stderr?.destroy();
  }

  /** The process that it is, with streams of its pipes; these have been opened. */
  asProcess(kill: () => void): GuardedProcess {
    this.#streams ??= streamsOfEnds(this.#ends);
    this.#streams.keepLoopAlive(true);
    const { stdin, stdout, stderr, evidence } = this.#streams;
    return {
      pid: this.init ?? this.#zygote,
      ...{ stdin, stdout, stderr, evidence },
      isReady: this.isReady,
      exited: this.exited,
      kill,
    };
  }

  #takeRefusal(errno: number): void {
    this.#hasEnded = true;
    closeEnds([...this.#ends, this.commandEnd]);
    this.commandEnd = undefined;
    this.#refuse(refused(errno));
  }

  #takePipe(event: { readonly fd: number; readonly stream: number }): void {
    const end = openEnd(this.#zygote, event);
    if (event.stream === COMMAND_PIPE) this.commandEnd = end;
    else this.#ends[event.stream] = end;
  }

  #takeStep(event: GuardEvent): boolean {
    if (event.kind === 'child') {
      this.init = event.pid;
      /* Comes behind those about pipes. */
      this.#open(this.#ends);
    }
    this.#onEvent(event);
    if (event.kind === 'child') return false;
    this.#becomeReady();
    if (event.kind === 'released') return false;
    this.#hasEnded = true;
    this.#exit('code' in event ? event.code : 1);
    return true;
  }
}

function refused(errno: number): CordonError {
  return new CordonError('setup-failed', `Cannot start a sandbox: error ${String(errno)} (errno(3))`, {
    details: { errno },
  });
}
