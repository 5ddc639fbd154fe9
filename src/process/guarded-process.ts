import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { type Duplex, type Readable, type Writable } from 'node:stream';
import { unreachable } from '../errors/cordon-error.js';
import { type GuardEvent, ended, readGuardEvents } from './guard-events.js';
import { patientReadable, swallowErrors } from './patient-streams.js';
import { exitStatusOf } from './signals.js';
import { type StreamTarget, spawnProcess } from './spawn.js';

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
  /** What the guard reads first; empty when it reads nothing. */
  readonly message: Uint8Array;
}

/** A guard that runs, and the standard streams of what it runs. */
export interface GuardedProcess {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Resolves when the command is being executed, or nothing will come of it. */
  readonly isReady: Promise<void>;
  /** The guard's exit status, once it has ended and all its events have been told. */
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
  if (request.message.length > 0) control.write(request.message);
  let becomeReady: () => void = () => undefined;
  const isReady = Promise.race([new Promise<void>((resolve) => (becomeReady = resolve)), ended(control)]);
  const noteEvent = (event: GuardEvent): void => {
    onEvent(event);
    if (event.kind !== 'child') becomeReady();
  };
  const ends = await openPipes(child.pid, control, { wanted, onEvent: noteEvent });
  const exit = child.exited;
  return {
    pid: child.pid,
    stdin: ends[0] === undefined ? undefined : writer(ends[0]),
    stdout: ends[1] === undefined ? undefined : reader(ends[1]),
    stderr: ends[2] === undefined ? undefined : reader(ends[2]),
    isReady,
    exited: Promise.all([exit, ended(control)]).then(([{ code, signal }]) => exitStatusOf(code, signal)),
    kill: () => {
      control.destroy();
    },
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
function openPipes(
  pid: number,
  control: Duplex,
  request: PipeRequest,
): Promise<readonly (number | undefined)[]> {
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
      if (missing > 0) return;
      control.write(Uint8Array.of(1));
      resolve(ends);
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
