import { existsSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { CordonError } from '../../errors/cordon-error.js';
import { type HostFacts } from '../../host/host-facts.js';
import { type AbsolutePath } from '../../paths/absolute-path.js';
import { type GuardStart, type GuardedProcess, startGuard } from '../../process/guarded-process.js';
import { type Terminal } from '../../process/terminal.js';
import { type GuardEvent } from '../../process/guard-events.js';
import { type LaunchExit, type SandboxedProcess, type StdioRequest } from '../backend.js';
import { type OpenedStdio, openStdio } from '../open-stdio.js';

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
    const opened = await openStdio(stdio);
    const { terminal } = opened;
    const told: Told = { last: undefined };
    try {
      const waiting = await startGuard(guardStart(command, guard, opened));
      const guarded = await waiting.run(
        () => Promise.resolve(new Uint8Array()),
        (event) => {
          told.last = event;
        },
      );
      return new PlainProcess(command.argv[0], { guarded, terminal, told });
    } catch (error) {
      terminal?.close();
      throw error;
    } finally {
      terminal?.closeSlave();
    }
  }
}

/** The guard is linked statically: variables that name libraries to load reach only the command, which may have them. */
function guardStart(
  command: PlainCommand,
  guard: AbsolutePath,
  { terminal, streams }: OpenedStdio,
): GuardStart {
  return {
    guard,
    options: ['--plain', ...(terminal === undefined ? [] : ['--tty'])],
    command: command.argv,
    cwd: command.cwd,
    env: command.environment,
    ...streams,
  };
}

interface Told {
  last: GuardEvent | undefined;
}

interface Started {
  readonly guarded: GuardedProcess;
  readonly terminal: Terminal | undefined;
  readonly told: Told;
}

class PlainProcess implements SandboxedProcess {
  readonly pid: number;
  readonly launcher = undefined;
  readonly listeners = [];
  readonly landlockAbi = 0;
  readonly gaps = [];
  readonly calls = undefined;
  readonly stdin: SandboxedProcess['stdin'];
  readonly stdout: SandboxedProcess['stdout'];
  readonly stderr: SandboxedProcess['stderr'];
  readonly exited: Promise<LaunchExit>;
  readonly #started: Started;
  #isGone = false;

  constructor(program: string, started: Started) {
    const { guarded, terminal } = started;
    this.#started = started;
    this.pid = guarded.pid;
    this.stdin = terminal?.input ?? guarded.stdin;
    this.stdout = terminal?.output ?? guarded.stdout;
    this.stderr = guarded.stderr;
    this.exited = this.#waitForExit(program);
    this.exited.catch(() => undefined);
  }

  resize(rows: number, columns: number): void {
    this.#started.terminal?.resize(rows, columns);
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
    this.#started.guarded.kill();
  }

  async #waitForExit(program: string): Promise<LaunchExit> {
    const { guarded, terminal, told } = this.#started;
    const status = await guarded.exited;
    this.#isGone = true;
    terminal?.hangUp();
    if (told.last?.kind === 'not-executed') return notExecuted(program, told.last.errno);
    return { kind: 'exited', code: told.last?.kind === 'exited' ? told.last.code : status };
  }
}

function notExecuted(program: string, errno: number): LaunchExit {
  const name = getSystemErrorName(-errno);
  const isMissing = name === 'ENOENT' || name === 'ENOTDIR';
  return { kind: 'not-executed', program, reason: isMissing ? 'not-found' : 'not-executable', message: name };
}
