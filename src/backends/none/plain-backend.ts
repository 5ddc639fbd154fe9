import { existsSync } from 'node:fs';
import { type Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import { CordonError, unreachable } from '../../errors/cordon-error.js';
import { type HostFacts } from '../../host/host-facts.js';
import { type AbsolutePath } from '../../paths/absolute-path.js';
import { type RunningProcess, type StreamTarget, spawnProcess } from '../../process/spawn.js';
import { exitStatusOf } from '../../process/signals.js';
import { type Terminal, openTerminal } from '../../process/terminal.js';
import { type GuardEvent, ended, readGuardEvents } from '../../process/guard-events.js';
import { type LaunchExit, type SandboxedProcess, type StdioRequest } from '../backend.js';

/** A command that is run without a sandbox, because its profile says so. */
export interface PlainCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: AbsolutePath;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Runs commands whose profile is disabled or enforced by someone else: with nothing between them and the machine, but with the
 * same streams, terminal, signals and end of the whole tree as in a sandbox.
 */
export class PlainBackend {
  readonly #facts: HostFacts;

  /** @param facts - of this machine. */
  constructor(facts: HostFacts) {
    this.#facts = facts;
  }

  /**
   * Starts a command.
   *
   * @param command - what to run.
   * @param stdio - how its streams are connected.
   * @throws CordonError `guard-missing`, `terminal-unavailable`, `backend-unavailable`.
   */
  async launch(command: PlainCommand, stdio: StdioRequest): Promise<SandboxedProcess> {
    const { guard } = this.#facts;
    if (!existsSync(guard)) {
      throw new CordonError('guard-missing', `cordon's native helper is missing: ${JSON.stringify(guard)}`);
    }
    const terminal = stdio.kind === 'terminal' ? await openTerminal({ rows: stdio.rows, cols: stdio.columns }) : undefined;
    try {
      return new PlainProcess(await startPlain(command, { guard, stdio, terminal }), command.argv[0], terminal);
    } finally {
      terminal?.closeSlave();
    }
  }
}

interface PlainStart {
  readonly guard: AbsolutePath;
  readonly stdio: StdioRequest;
  readonly terminal: Terminal | undefined;
}

function startPlain(command: PlainCommand, start: PlainStart): Promise<RunningProcess> {
  const { terminal, stdio } = start;
  const slave: StreamTarget = terminal === undefined ? 'null' : { fd: terminal.slaveFd };
  const streams = stdio.kind === 'pipes' ? stdio : { stdin: slave, stdout: slave, stderr: slave };
  return spawnProcess({
    executable: start.guard,
    args: ['--plain', ...(terminal === undefined ? [] : ['--tty']), '--', ...command.argv],
    cwd: command.cwd,
    env: command.environment,
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    extra: ['pipe'],
  });
}

class PlainProcess implements SandboxedProcess {
  readonly pid: number;
  readonly stdin: SandboxedProcess['stdin'];
  readonly stdout: SandboxedProcess['stdout'];
  readonly stderr: SandboxedProcess['stderr'];
  readonly exited: Promise<LaunchExit>;
  readonly #control: Duplex;
  readonly #terminal: Terminal | undefined;
  #last: GuardEvent | undefined;
  #isGone = false;

  constructor(guard: RunningProcess, program: string, terminal: Terminal | undefined) {
    this.pid = guard.pid;
    this.#terminal = terminal;
    this.#control = guard.extra[0] ?? unreachable('the guard has no control socket');
    this.stdin = terminal?.input ?? guard.stdin;
    this.stdout = terminal?.output ?? guard.stdout;
    this.stderr = guard.stderr;
    readGuardEvents(this.#control, (event) => {
      this.#last = event;
    });
    this.exited = this.#waitForExit(guard, program);
    this.exited.catch(() => undefined);
  }

  resize(rows: number, columns: number): void {
    this.#terminal?.resize(rows, columns);
  }

  /** The guard leads the command's process group, and takes no signal itself. */
  signal(name: NodeJS.Signals): Promise<boolean> {
    if (this.#isGone) return Promise.resolve(false);
    try {
      return Promise.resolve(process.kill(-this.pid, name));
    } catch {
      return Promise.resolve(false);
    }
  }

  kill(): void {
    this.#control.destroy();
  }

  async #waitForExit(guard: RunningProcess, program: string): Promise<LaunchExit> {
    const { code, signal } = await guard.exited;
    await ended(this.#control);
    this.#isGone = true;
    this.#terminal?.hangUp();
    if (this.#last?.kind === 'not-executed') return notExecuted(program, this.#last.errno);
    return { kind: 'exited', code: this.#last?.kind === 'exited' ? this.#last.code : exitStatusOf(code, signal) };
  }
}

function notExecuted(program: string, errno: number): LaunchExit {
  const name = getSystemErrorName(-errno);
  const isMissing = name === 'ENOENT' || name === 'ENOTDIR';
  return { kind: 'not-executed', program, reason: isMissing ? 'not-found' : 'not-executable', message: name };
}
