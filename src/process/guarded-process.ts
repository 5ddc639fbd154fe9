import { type Duplex, type Readable, type Writable } from 'node:stream';
import { unreachable } from '../errors/cordon-error.js';
import { endSession } from './end-session.js';
import { type GuardEvent, ended, readGuardEvents } from './guard-events.js';
import { type PipeEnds, closeEnds, openEnd, streamsOfEnds } from './pipe-ends.js';
import { exitStatusOf } from './signals.js';
import { type OnHandle, type RunningProcess, type StreamTarget, spawnProcess } from './spawn.js';

/** What a guard is started with. */
export interface GuardStart {
  /** The guard's path. */
  readonly guard: string;
  /** Its options without those for streams. */
  readonly options: readonly string[];
  /** What it is to run; empty when its message tells that. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: StreamTarget;
  readonly stdout: StreamTarget;
  /** `stdout`: the same description, so that the order of writing is kept. */
  readonly stderr: StreamTarget | 'stdout';
  /** Takes what the launcher sends over a channel of Node's; it gets one for that. */
  readonly onHandle?: OnHandle | undefined;
  /** Whether there is to be a pipe for what a supervisor reports. */
  readonly hasEvidence?: boolean;
}

/** Makes what a guard reads first; empty when it reads nothing. Undefined: nothing is to be run after all. */
export type MakeMessage = () => Promise<Uint8Array | undefined>;

/** A guard that runs, and the standard streams of what it runs. */
export interface GuardedProcess {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Present where it was asked for. */
  readonly evidence: Readable | undefined;
  /** Resolves when the command is being executed, or nothing will come of it. */
  readonly isReady: Promise<void>;
  /** The command's status as soon as the guard tells of it, its tree then being gone; else the guard's, when it has ended. */
  readonly exited: Promise<number>;
  /** Ends the whole tree: the guard takes the end of its control socket for our death. */
  readonly kill: () => void;
}

/** A guard that has been started, and waits for the message that tells what to run. */
export class WaitingGuard {
  readonly #child: RunningProcess;
  readonly #control: Duplex;
  readonly #moments: Moments;
  readonly #opening: Promise<PipeEnds>;
  #onEvent: (event: GuardEvent) => void = () => undefined;
  #isGone = false;
  #hasOpened = false;

  /**
   * @param child - the guard's process, its control socket being the first of `extra`.
   * @param wanted - the standard streams that it makes pipes for.
   * @param hasDomain - whether what it runs ends by itself when it is killed.
   */
  constructor(child: RunningProcess, wanted: readonly number[], hasDomain: boolean) {
    this.#child = child;
    this.#control = child.extra[0] ?? unreachable('the guard has no control socket');
    this.#moments = momentsOf(child, this.#control, hasDomain);
    this.#opening = openPipes(child.pid, this.#control, {
      wanted,
      onEvent: (event) => {
        this.#onEvent(event);
        this.#moments.note(event);
      },
    });
    void this.#opening.then(() => (this.#hasOpened = true));
    this.#control.once('close', () => (this.#isGone = true));
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended, as far as is known. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether our event loop goes on because of it; at first it does. */
  keepLoopAlive(isWanted: boolean): void {
    this.#child.keepLoopAlive(isWanted);
  }

  /** Ends it; nothing has been run. */
  dismiss(): void {
    this.#control.destroy();
    void this.#opening.then(closeEnds);
  }

  /**
   * Has it run something.
   *
   * @param makeMessage - called at once; the guard starts meanwhile. When it fails, the guard is ended.
   * @param onEvent - called for each event but those about pipes.
   */
  async run(makeMessage: MakeMessage, onEvent: (event: GuardEvent) => void): Promise<GuardedProcess> {
    this.#onEvent = onEvent;
    const streams = streamsOfEnds(await this.#send(makeMessage));
    return {
      pid: this.pid,
      ...streams,
      isReady: this.#moments.isReady,
      exited: this.#moments.exited,
      kill: () => {
        this.#control.destroy();
      },
    };
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#control.write(bytes);
  }

  /** The guard reads its message before anything else, and only then that its pipes have been opened. */
  async #send(makeMessage: MakeMessage): Promise<PipeEnds> {
    try {
      const message = await makeMessage();
      if (message === undefined) {
        this.#control.destroy();
        return await this.#opening;
      }
      /* In one piece where the pipes are open already, as those of a guard that has waited are. */
      const isOpen = this.#hasOpened;
      if (!isOpen) this.#write(message);
      const ends = await this.#opening;
      const opened = Buffer.alloc(ends.length > 0 ? 1 : 0, 1);
      this.#write(isOpen ? Buffer.concat([message, opened]) : opened);
      return ends;
    } catch (error) {
      this.#control.destroy();
      closeEnds(await this.#opening);
      throw error;
    }
  }
}

/**
 * Starts the guard. Its standard streams are real pipes, made by the guard and opened here through /proc: Node's own pipes
 * are sockets, which a command cannot open as /dev/stdout or /dev/stderr (ENXIO, open(2)).
 *
 * @param start - how.
 * @throws CordonError `setup-failed` when the guard cannot be started.
 */
export async function startGuard(start: GuardStart): Promise<WaitingGuard> {
  const { stdin, stdout, stderr, onHandle, hasEvidence = false } = start;
  const targets = [stdin, stdout, stderr, hasEvidence ? 'pipe' : 'null'];
  const wanted = targets.flatMap((target, stream) => (target === 'pipe' ? [stream] : []));
  const child = await spawnProcess({
    executable: start.guard,
    args: [
      ...wanted.map((stream) => `--pipe-${String(stream)}`),
      ...mergeOption(stderr),
      ...(onHandle === undefined ? [] : ['--channel']),
      ...start.options,
      ...(start.command.length > 0 ? ['--', ...start.command] : []),
    ],
    cwd: start.cwd,
    env: start.env,
    stdin: givenTarget(stdin),
    stdout: givenTarget(stdout),
    stderr: givenTarget(stderr),
    extra: ['pipe'],
    onHandle,
  });
  return new WaitingGuard(child, wanted, start.options.includes('--domain'));
}

interface Moments {
  readonly isReady: Promise<void>;
  readonly exited: Promise<number>;
  readonly note: (event: GuardEvent) => void;
}

function momentsOf(child: RunningProcess, control: Duplex, hasDomain: boolean): Moments {
  let becomeReady: () => void = () => undefined;
  let exit: (status: number) => void = () => undefined;
  let init: number | undefined;
  const guardEnded = Promise.all([child.exited, ended(control)]).then(([{ code, signal }]) => {
    /* It has never left its processes behind; but somebody may have killed it. */
    if (signal !== null && !hasDomain) endSession(child.pid, init);
    return exitStatusOf(code, signal);
  });
  return {
    isReady: Promise.race([new Promise<void>((resolve) => (becomeReady = resolve)), ended(control)]),
    exited: Promise.race([new Promise<number>((resolve) => (exit = resolve)), guardEnded]),
    note: (event) => {
      if (event.kind === 'child') init = event.pid;
      else becomeReady();
      if (event.kind === 'exited') exit(event.code);
    },
  };
}

function mergeOption(stderr: GuardStart['stderr']): readonly string[] {
  return stderr === 'stdout' ? ['--merge'] : [];
}

/** The guard puts its pipes over what it is started with. */
function givenTarget(target: GuardStart['stderr']): StreamTarget {
  return target === 'pipe' || target === 'stdout' ? 'null' : target;
}

interface PipeRequest {
  readonly wanted: readonly number[];
  readonly onEvent: (event: GuardEvent) => void;
}

/** Resolves when all pipes are open, or the guard has ended before it could tell of them. */
function openPipes(pid: number, control: Duplex, request: PipeRequest): Promise<PipeEnds> {
  const ends: (number | undefined)[] = [];
  let missing = request.wanted.length;
  return new Promise((resolve) => {
    readGuardEvents(control, (event) => {
      if (event.kind !== 'pipe') {
        request.onEvent(event);
        return;
      }
      ends[event.stream] = openEnd(pid, event);
      missing -= 1;
      if (missing === 0) resolve(ends);
    });
    control.once('close', () => {
      resolve(ends);
    });
    if (missing === 0) resolve(ends);
  });
}
