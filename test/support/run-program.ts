import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Writable } from 'node:stream';
import { type Caller } from './caller.js';

/** How a program is started. */
export interface ProgramOptions {
  readonly caller: Caller;
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** All of its standard input; end of file at once when left out. */
  readonly input?: string;
  /** What its descriptors 3, 4, … are: one of ours, or `pipe` for a new socket (Node's pipes are socket pairs). */
  readonly descriptors?: readonly (number | 'pipe')[];
}

/** How a program ended and what it wrote. */
export interface ProgramRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  /** Standard output as text. */
  readonly output: string;
  readonly stderr: string;
}

/** A program that still runs. */
export interface StartedProgram {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  /** Resolves with the first line of its standard output; rejects when it ends without one. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<ProgramRun>;
}

/** Far more than any case takes on a busy machine; a program that hangs is killed and fails its test. */
const TIME_LIMIT_MS = 20_000;

/** Starts a program without a shell between, and reads all that it writes. */
export function startProgram(argv: readonly [string, ...string[]], options: ProgramOptions): StartedProgram {
  const [file, ...args] = argv;
  const { caller, cwd, env, descriptors = [] } = options;
  const child = spawn(file, args, {
    cwd,
    env,
    ...(caller.uid === process.getuid?.() ? {} : { uid: caller.uid, gid: caller.gid }),
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const stdin = existing(child.stdin);
  /* A command that does not read its input may end before all of it is written. */
  stdin.on('error', () => undefined);
  const stdout = collect(existing(child.stdout));
  const stderr = collect(existing(child.stderr));
  const ended = once(child, 'close').then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
    stdout: Buffer.concat(stdout),
    output: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
  }));
  return { child, stdin, ended, firstLine: firstLineOf(existing(child.stdout), stdout, ended) };
}

/** Runs a program to its end. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<ProgramRun> {
  const { stdin, firstLine, ended } = startProgram(argv, options);
  firstLine.catch(() => undefined);
  stdin.end(options.input ?? '');
  return ended;
}

/** A stream that was asked for as a pipe; the types do not know. */
function existing<Stream>(stream: Stream | null): Stream {
  if (stream === null) throw new Error('the child has no such stream');
  return stream;
}

function collect(stream: NodeJS.ReadableStream): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

async function firstLineOf(
  stream: NodeJS.ReadableStream,
  chunks: readonly Buffer[],
  ended: Promise<ProgramRun>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.on('data', () => {
      const [line, ...more] = Buffer.concat(chunks).toString('utf8').split('\n');
      if (line !== undefined && more.length > 0) resolve(line);
    });
    ended.then(
      ({ stderr }) => {
        reject(new Error(`ended before its first line: ${stderr}`));
      },
      (error: unknown) => {
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
