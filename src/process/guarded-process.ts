import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { type Duplex, type Readable, type Writable } from 'node:stream';
import { unreachable } from '../errors/cordon-error.js';
import { endSession } from './end-session.js';
import { type GuardEvent, ended, readGuardEvents } from './guard-events.js';
import { patientReadable, swallowErrors } from './patient-streams.js';
import { exitStatusOf } from './signals.js';
import { type RunningProcess, type StreamTarget, spawnProcess } from './spawn.js';

/** What the guard is started with. */
export interface GuardRequest {
  /** The guard's path. */
  readonly guard: string;
  /** Its options without those for streams, then `--` and what it is to run. */
  readonly options: readonly string[];
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: StreamTarget;
  readonly stdout: StreamTarget;
  /** `stdout`: the same description, so that the order of writing is kept. */
  readonly stderr: StreamTarget | 'stdout';
  /**
   * Makes what the guard reads first, while the guard starts; empty when it reads nothing. Undefined: nothing is to be run
   * after all.
   */
  readonly message: () => Promise<Uint8Array | undefined>;
}

/** A guard that runs, and the standard streams of what it runs. */
export interface GuardedProcess {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Resolves when the command is being executed, or nothing will come of it. */
  readonly isReady: Promise<void>;
  /** The command's status as soon as the guard tells of it, its tree then being gone; else the guard's, when it has ended. */
  readonly exited: Promise<number>;
  /** Ends the whole tree: the guard takes the end of its control socket for our death. */
  readonly kill: () => void;
}

/**
 * Starts the guard. Its standard streams are real pipes, made by the guard and opened here through /proc: Node's own pipes
 * are sockets, which a command cannot open as /dev/stdout or /dev/stderr (ENXIO, open(2)).
 *
 * @param request - what to run.
 * @param onEvent - called for each event but those about pipes.
 * @throws CordonError `setup-failed` when the guard cannot be started.
 */
export async function startGuarded(
  request: GuardRequest,
  onEvent: (event: GuardEvent) => void,
): Promise<GuardedProcess> {
  const { stdin, stdout, stderr } = request;
  const wanted = [stdin, stdout, stderr].flatMap((target, stream) => (target === 'pipe' ? [stream] : []));
  const child = await spawnProcess({
    executable: request.guard,
    args: [
      ...wanted.map((stream) => `--pipe-${String(stream)}`),
      ...mergeOption(stderr),
      ...request.options,
      '--',
      ...request.command,
    ],
    cwd: request.cwd,
    env: request.env,
    stdin: givenTarget(stdin),
    stdout: givenTarget(stdout),
    stderr: givenTarget(stderr),
    extra: ['pipe'],
  });
  const control = child.extra[0] ?? unreachable('the guard has no control socket');
  const moments = momentsOf(child, control);
  const ends = openPipes(child.pid, control, {
    wanted,
    onEvent: (event) => {
      onEvent(event);
      moments.note(event);
    },
  });
  const streams = streamsOf(await sendRequest(control, request, ends));
  return {
    pid: child.pid,
    ...streams,
    isReady: moments.isReady,
    exited: moments.exited,
    kill: () => {
      control.destroy();
    },
  };
}

interface Moments {
  readonly isReady: Promise<void>;
  readonly exited: Promise<number>;
  readonly note: (event: GuardEvent) => void;
}

function momentsOf(child: RunningProcess, control: Duplex): Moments {
  let becomeReady: () => void = () => undefined;
  let exit: (status: number) => void = () => undefined;
  let init: number | undefined;
  const guardEnded = Promise.all([child.exited, ended(control)]).then(([{ code, signal }]) => {
    /* It has never left its processes behind; but somebody may have killed it. */
    if (signal !== null) endSession(child.pid, init);
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

type PipeEnds = readonly (number | undefined)[];

/** The guard reads its message before anything else, and only then that its pipes have been opened. */
async function sendRequest(
  control: Duplex,
  request: GuardRequest,
  opening: Promise<PipeEnds>,
): Promise<PipeEnds> {
  try {
    const message = await request.message();
    if (message === undefined) control.destroy();
    else if (message.length > 0) control.write(message);
    const ends = await opening;
    if (ends.length > 0) control.write(Uint8Array.of(1));
    return ends;
  } catch (error) {
    control.destroy();
    for (const fd of await opening) if (fd !== undefined) closeSync(fd);
    throw error;
  }
}

function streamsOf(ends: PipeEnds): Pick<GuardedProcess, 'stdin' | 'stdout' | 'stderr'> {
  return {
    stdin: ends[0] === undefined ? undefined : writer(ends[0]),
    stdout: ends[1] === undefined ? undefined : reader(ends[1]),
    stderr: ends[2] === undefined ? undefined : reader(ends[2]),
  };
}

function mergeOption(stderr: GuardRequest['stderr']): readonly string[] {
  return stderr === 'stdout' ? ['--merge'] : [];
}

/** The guard puts its pipes over what it is started with. */
function givenTarget(target: GuardRequest['stderr']): StreamTarget {
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

/** A description of our own, so that making it non-blocking does not change the command's. */
function openEnd(
  pid: number,
  { fd, stream }: { readonly fd: number; readonly stream: number },
): number | undefined {
  const flags = (stream === 0 ? constants.O_WRONLY : constants.O_RDONLY) | constants.O_NONBLOCK;
  try {
    return openSync(`/proc/${String(pid)}/fd/${String(fd)}`, flags);
  } catch {
    return undefined; /* the guard has ended: there is nothing to read or write */
  }
}

function reader(fd: number): Readable {
  return patientReadable(socketOf(fd, { readable: true, writable: false }));
}

function writer(fd: number): Writable {
  const socket = socketOf(fd, { readable: false, writable: true });
  swallowErrors(socket);
  return socket;
}

function socketOf(
  fd: number,
  directions: { readonly readable: boolean; readonly writable: boolean },
): Socket {
  try {
    return new Socket({ fd, ...directions });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
