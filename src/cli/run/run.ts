import { createReadStream, fstatSync, statSync } from 'node:fs';
import { type Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { CordonError } from '../../errors/cordon-error.js';
import { type RunningCommand } from '../../sandbox/running-command.js';
import { type SandboxCommand } from '../../sandbox/sandbox-command.js';
import { SandboxManager } from '../../sandbox/sandbox-manager.js';
import { type LauncherChoice, type RunOptions } from '../parse-arguments.js';
import { toJson } from '../to-json.js';
import { toSandboxCommand } from '../to-command.js';
import { workingDirectory } from '../working-directory.js';
import { SignalForwarder } from './forward-signals.js';
import { keepOutputsBlocking } from './node-makes-shared-pipes-non-blocking.js';
import { connectOutput } from './output.js';
import { reportOutcome } from './report-outcome.js';
import { connectTerminal, terminalSize } from './terminal.js';

/** What is to be run, as the command line says it. */
export interface RunRequest {
  readonly options: RunOptions;
  readonly argv: readonly string[];
}

/**
 * Runs a command with our own streams, terminal and signals, as if the sandbox were not there.
 *
 * @param request - from the command line.
 * @returns the exit code: the command's, 124 at the time limit, 126 or 127 when it could not be executed.
 * @throws CordonError when the sandbox could not be set up.
 */
export async function runSandboxed({ options, argv }: RunRequest): Promise<number> {
  const command = toSandboxCommand(options, argv, workingDirectory());
  const manager = new SandboxManager({ standby: false, launcher: options.launcher });
  if (options.printPlan) return printPlan(manager, command, options);
  const isTerminal = options.tty ?? (leadsToTerminal(0) && leadsToTerminal(1));
  if (!isTerminal) keepOutputsBlocking();
  const stdio = isTerminal ? ({ kind: 'terminal', ...terminalSize() } as const) : pipes(options.launcher);
  const signals = new SignalForwarder();
  try {
    const running = await manager.spawn({ ...command, stdio });
    signals.connect(running);
    if (isTerminal) return await withTerminal(running, { options, manager });
    return await withInput(running, options);
  } finally {
    signals.close();
  }
}

interface TerminalRun {
  readonly options: RunOptions;
  readonly manager: SandboxManager;
}

async function withTerminal(running: RunningCommand, { options, manager }: TerminalRun): Promise<number> {
  const disconnect = connectTerminal(running, manager);
  try {
    return await finish(running, options);
  } finally {
    disconnect();
  }
}

async function withInput(running: RunningCommand, options: RunOptions): Promise<number> {
  const stop = running.stdin === undefined ? undefined : feed(running.stdin);
  try {
    return await finish(running, options);
  } finally {
    stop?.();
  }
}

async function finish(running: RunningCommand, options: RunOptions): Promise<number> {
  const output = connectOutput(running);
  await running.ended;
  await output.ended;
  const outcome = await running.outcome(output.tail());
  reportOutcome(outcome, options);
  return outcome.exitCode;
}

/**
 * Input and output are ours, untouched. Standard error passes through us, so that a refusal can be told from it; where both
 * outputs are one file, both do, so that their order is kept.
 */
function pipes(launcher: LauncherChoice | undefined): NonNullable<SandboxCommand['stdio']> {
  /* A zygote cannot be given descriptors of ours. */
  if (launcher === 'zygote')
    return { kind: 'pipes', stdin: 'pipe', stdout: 'pipe', stderr: isSameFile(1, 2) ? 'stdout' : 'pipe' };
  const stdin = isPassedOn(0) ? { fd: 0 } : 'pipe';
  if (isSameFile(1, 2)) return { kind: 'pipes', stdin, stdout: 'pipe', stderr: 'stdout' };
  return { kind: 'pipes', stdin, stdout: { fd: 1 }, stderr: 'pipe' };
}

/**
 * Copies our input to the command; one that does not read it to its end is no error.
 *
 * @returns stops that: our own input may have no end.
 */
function feed(input: Writable): () => void {
  const source = fstatSync(0).isFile() ? createReadStream('', { fd: 0, autoClose: false }) : process.stdin;
  source.on('error', () => input.destroy());
  input.on('error', () => source.destroy());
  source.pipe(input);
  return () => {
    source.destroy();
  };
}

/**
 * A command can open its input again, through /proc/self/fd/0, and for writing: a file that it was given to read must not be
 * handed over itself. Pipes, sockets and terminals hold nothing of the disk.
 */
function isPassedOn(fd: number): boolean {
  const status = fstatSync(fd);
  return (
    status.isFIFO() || status.isSocket() || (status.isCharacterDevice() && (isatty(fd) || isNull(status)))
  );
}

function isNull(status: { readonly rdev: number }): boolean {
  return status.rdev === statSync('/dev/null').rdev;
}

/** Without `process.stdin`: making a stream of it costs milliseconds, and most runs need none. */
function leadsToTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && isatty(fd);
  } catch {
    return false;
  }
}

function isSameFile(a: number, b: number): boolean {
  try {
    const [first, second] = [fstatSync(a, { bigint: true }), fstatSync(b, { bigint: true })];
    return first.dev === second.dev && first.ino === second.ino;
  } catch (cause) {
    throw new CordonError('usage-invalid', 'Standard output or standard error is closed', {
      cause,
      hint: 'Redirect it to /dev/null instead of closing it.',
    });
  }
}

async function printPlan(
  manager: SandboxManager,
  command: SandboxCommand,
  { json }: RunOptions,
): Promise<number> {
  const preview = await manager.preview(command);
  process.stdout.write(json ? toJson(preview.json) : `${preview.commandLine}\n`);
  return 0;
}
