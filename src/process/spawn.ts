import { type ChildProcess, spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { Duplex, type Readable, type Stream, type Writable } from 'node:stream';
import { CordonError } from '../errors/cordon-error.js';
import { errnoOf } from './errno.js';
import { patientDuplex, patientReadable, swallowErrors } from './patient-streams.js';
import { type StdioEntry, withoutMasters } from './terminal-masters-are-inheritable.js';

/** Where one of the three standard streams goes: a pipe to us, nowhere, or a descriptor of ours, which stays ours to close. */
export type StreamTarget = 'pipe' | 'null' | { readonly fd: number };

/** What to run. The child gets this and nothing else. */
export interface SpawnRequest {
  /** An absolute path; PATH is not searched. */
  readonly executable: string;
  /** What the program sees as its own name; `executable` when left out. */
  readonly argv0?: string | undefined;
  readonly args: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: StreamTarget;
  readonly stdout: StreamTarget;
  readonly stderr: StreamTarget;
  /** Descriptors from 3 on. */
  readonly extra: readonly ('pipe' | { readonly fd: number })[];
  /** Called for what comes over a channel of Node's, which the child then gets as the descriptor behind `extra`. */
  readonly onHandle?: OnHandle | undefined;
}

/** Takes a message and the handle that came with it, if one did. */
export type OnHandle = (message: unknown, handle: unknown) => void;

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process that has been started. Its streams never emit an unhandled `error`: a broken pipe ends a readable, and is
 * told to the callback of a write. Read or destroy every pipe that was asked for: the child waits when one is full.
 */
export interface RunningProcess {
  readonly pid: number;
  /** Present when `stdin` was `pipe`; closed by the process's exit. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** In the order of the request; undefined for given descriptors. */
  readonly extra: readonly (Duplex | undefined)[];
  /** Resolves when the process has ended; output may still come, from children of it that hold its pipes. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Resolves when it has ended and each of its pipes has been read to its end or destroyed. Never rejects. */
  readonly closed: Promise<ProcessExit>;
  /**
   * Sends a signal to the process itself, not to its children.
   *
   * @returns whether it was sent; false once the process has ended.
   */
  kill(signal: NodeJS.Signals): boolean;
  /** Whether our event loop goes on because of it, its `extra` pipes and its channel; at first it does. */
  keepLoopAlive(isWanted: boolean): void;
}

/**
 * Starts a program. It is started before this function returns its promise: the caller may close descriptors that it
 * lent at once. Over node:child_process itself: what execa does beside it costs more than starting a process does.
 *
 * Node reports death by a real-time signal as code 0: who needs to know puts a parent of its own in between.
 *
 * @param request - what to run and how.
 * @returns the process, running.
 * @throws CordonError (the promise rejects, nothing is thrown outside it) `usage-invalid` for a relative path or a NUL
 *   character; `setup-failed` with details `{errno, syscall, path}` when the system refuses, for example ENOENT (the
 *   program, its interpreter or `cwd` is missing), EACCES, E2BIG (arguments and environment are too long), EAGAIN.
 */
export async function spawnProcess(request: SpawnRequest): Promise<RunningProcess> {
  refuseUnusable(request);
  const child = start(request);
  if (child.pid === undefined) throw await failureOf(child, request);
  return runningProcess(child, child.pid);
}

/** Node's own message for these would print the whole value, which may be a secret. */
function refuseUnusable(request: SpawnRequest): void {
  const { executable, argv0, args, cwd, env } = request;
  if (!isAbsolute(executable) || !isAbsolute(cwd)) {
    throw unusable('its path or its working directory is not absolute', request);
  }
  const texts = [executable, argv0 ?? '', cwd, ...args, ...Object.keys(env), ...Object.values(env)];
  if (texts.some((text) => text.includes('\0'))) {
    throw unusable('an argument, a path or a variable holds a NUL character', request);
  }
}

function unusable(problem: string, request: SpawnRequest): CordonError {
  return new CordonError('usage-invalid', `Cannot start ${JSON.stringify(request.executable)}: ${problem}`, {
    details: { path: request.executable },
    hint: 'Give absolute paths, and text without NUL.',
  });
}

function start(request: SpawnRequest): ChildProcess {
  const { executable, argv0, args, cwd, env, stdin, stdout, stderr, extra, onHandle } = request;
  try {
    const child = spawn(executable, args, {
      ...(argv0 === undefined ? {} : { argv0 }),
      cwd,
      /* Node passes its own NODE_V8_COVERAGE on unless the name is there. */
      env: { NODE_V8_COVERAGE: undefined, ...env },
      stdio: withoutMasters([
        stdioEntry(stdin),
        stdioEntry(stdout),
        stdioEntry(stderr),
        ...extra.map(stdioEntry),
        ...(onHandle === undefined ? [] : (['ipc'] as const)),
      ]),
      windowsHide: true,
    });
    if (onHandle !== undefined) child.on('message', onHandle);
    swallowErrors(child);
    return child;
  } catch (error) {
    throw spawnFailure(error, request);
  }
}

function stdioEntry(target: StreamTarget): StdioEntry {
  if (target === 'null') return 'ignore';
  return target === 'pipe' ? 'pipe' : target.fd;
}

/** Some refusals (ENOENT, EACCES, EAGAIN) come as an event in the next tick, the others are thrown by `spawn`. */
async function failureOf(child: ChildProcess, request: SpawnRequest): Promise<CordonError> {
  const failure = new Promise<unknown>((resolve) => {
    child.once('error', resolve);
  });
  destroyAll(child.stdio);
  return spawnFailure(await failure, request);
}

/** There are no streams at all after EMFILE, whatever the types say. */
function destroyAll(streams: readonly (Stream | null | undefined)[] | undefined): void {
  for (const stream of streams ?? []) {
    if (stream instanceof Duplex) stream.destroy();
  }
}

/** Node's error holds all arguments, so it is not passed on as the cause. */
function spawnFailure(error: unknown, request: SpawnRequest): CordonError {
  const errno = errnoOf(error);
  const path = request.executable;
  return new CordonError('setup-failed', `Cannot start ${JSON.stringify(path)}: ${errno}`, {
    details: { errno, syscall: 'spawn', path },
    hint:
      HINTS.get(errno) ?? 'The system refused to start the program; see the name of the error in execve(2).',
  });
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'Check that the program, its interpreter and the working directory exist.'],
  ['EACCES', 'Check that the program may be executed and the working directory entered.'],
  ['E2BIG', 'Pass fewer or shorter arguments and environment variables.'],
  ['EAGAIN', 'The limit of processes is reached; end some, or raise it (ulimit -u).'],
  ['EMFILE', 'The limit of open files is reached; raise it (ulimit -n).'],
]);

function runningProcess(child: ChildProcess, pid: number): RunningProcess {
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code, signal });
    });
  });
  if (child.stdin !== null) swallowErrors(child.stdin);
  const stdout = child.stdout === null ? undefined : patientReadable(child.stdout);
  const stderr = child.stderr === null ? undefined : patientReadable(child.stderr);
  const extra = child.stdio
    .slice(3)
    .map((stream) => (stream instanceof Duplex ? patientDuplex(stream) : undefined));
  const ends = [stdout, stderr, ...extra].map(whenClosed);
  return {
    pid,
    stdin: child.stdin ?? undefined,
    stdout,
    stderr,
    extra,
    exited,
    closed: Promise.all([exited, ...ends]).then(([exit]) => exit),
    kill: (signal) => child.kill(signal),
    keepLoopAlive: (isWanted) => {
      const pipes = child.stdio.slice(3).flatMap((stream) => (isReferenceable(stream) ? [stream] : []));
      const handles: Referenceable[] = [
        child,
        ...pipes,
        ...(isReferenceable(child.channel) ? [child.channel] : []),
      ];
      for (const handle of handles) {
        if (isWanted) handle.ref();
        else handle.unref();
      }
    },
  };
}

interface Referenceable {
  ref(): void;
  unref(): void;
}

/** Sockets are, as which child_process makes its pipes. */
function isReferenceable(stream: object | null | undefined): stream is Referenceable {
  return stream !== null && stream !== undefined && 'ref' in stream && 'unref' in stream;
}

function whenClosed(stream: Readable | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stream === undefined) resolve();
    else stream.once('close', resolve);
  });
}
