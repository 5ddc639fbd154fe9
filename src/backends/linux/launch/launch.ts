import { type Duplex, type Readable } from 'node:stream';
import { CordonError, unreachable } from '../../../errors/cordon-error.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type GuardEvent, ended, readGuardEvents } from '../../../process/guard-events.js';
import { type RunningProcess, type StreamTarget, spawnProcess } from '../../../process/spawn.js';
import { exitStatusOf } from '../../../process/signals.js';
import { type Terminal, openTerminal } from '../../../process/terminal.js';
import { type LaunchExit, type SandboxedProcess, type StdioRequest } from '../../backend.js';
import { type MountPointJournal } from '../mount-point-journal/journal.js';
import { bubblewrapDescriptorOptions, bubblewrapOptions } from '../plan/bubblewrap-arguments.js';
import { type LinuxLaunchPlan } from '../plan/launch-plan.js';
import { assembleSeccompProgram } from '../plan/seccomp/program.js';
import { type DiagnosisFacts, diagnoseSetupFailure } from './diagnose.js';
import { encodeRequest } from './guard-request.js';
import { readExecFailure } from './exec-failure.js';
import { SetupMessages } from './setup-messages.js';
import { signalCommand } from './signal-command.js';

/** What a launch uses on this machine. */
export interface LaunchTools {
  readonly guard: AbsolutePath;
  readonly bubblewrap: AbsolutePath;
  readonly deniedFile: AbsolutePath;
  readonly journal: MountPointJournal;
  readonly diagnosis: DiagnosisFacts;
}

/** The disk changed between binding and launching; bind again. */
export interface PlanIsStale {
  readonly kind: 'stale';
}

/** bubblewrap takes 9000 arguments (MAX_ARGS in its source), the command's own included. */
const MAX_ARGUMENTS = 8900;

/**
 * Carries a plan out: mount points, guard, bubblewrap, command.
 *
 * @param plan - what to tell the system.
 * @param stdio - how the command's streams are connected.
 * @param tools - this machine's.
 * @returns the process, or that the plan is stale.
 * @throws CordonError `plan-too-large`, `mount-point-unavailable`, `terminal-unavailable`, `guard-missing`.
 */
export async function launchPlan(
  plan: LinuxLaunchPlan,
  stdio: StdioRequest,
  tools: LaunchTools,
): Promise<SandboxedProcess | PlanIsStale> {
  const lease = await tools.journal.acquire({ needs: plan.mountPoints, covered: coveredPaths(plan) });
  if (lease === undefined) return { kind: 'stale' };
  try {
    const mounts = plan.mounts.filter((step) => !('target' in step) || !lease.unavailable.has(step.target));
    const options = bubblewrapOptions({ ...plan, mounts }, tools.deniedFile);
    if (options.length > MAX_ARGUMENTS) throw tooLarge(options.length);
    const terminal = stdio.kind === 'terminal' ? await openTerminal({ rows: stdio.rows, cols: stdio.columns }) : undefined;
    const guard = await startGuard(plan, { stdio, terminal, tools });
    return new LinuxSandbox({ plan, options, guard, terminal, tools, release: lease.release });
  } catch (error) {
    await lease.release();
    throw error;
  }
}

function coveredPaths(plan: LinuxLaunchPlan): readonly AbsolutePath[] {
  return plan.mounts.flatMap((step) => (step.kind === 'bind' || step.kind === 'tmpfs' ? [step.target] : []));
}

interface GuardStart {
  readonly stdio: StdioRequest;
  readonly terminal: Terminal | undefined;
  readonly tools: LaunchTools;
}

async function startGuard(plan: LinuxLaunchPlan, start: GuardStart): Promise<RunningProcess> {
  const { stdio, terminal, tools } = start;
  const slave: StreamTarget = terminal === undefined ? 'null' : { fd: terminal.slaveFd };
  const streams = stdio.kind === 'pipes' ? stdio : { stdin: slave, stdout: slave, stderr: slave };
  try {
    return await spawnProcess({
      executable: tools.guard,
      args: [
        ...(terminal === undefined ? [] : ['--tty']),
        ...['--', tools.bubblewrap, ...bubblewrapDescriptorOptions(), '--', ...plan.command.argv],
      ],
      cwd: '/',
      env: {},
      stdin: streams.stdin,
      stdout: streams.stdout,
      stderr: streams.stderr,
      extra: ['pipe'],
    });
  } catch (error) {
    terminal?.close();
    throw error;
  } finally {
    terminal?.closeSlave();
  }
}

interface SandboxParts {
  readonly plan: LinuxLaunchPlan;
  readonly options: readonly string[];
  readonly guard: RunningProcess;
  readonly terminal: Terminal | undefined;
  readonly tools: LaunchTools;
  readonly release: () => Promise<void>;
}

class LinuxSandbox implements SandboxedProcess {
  readonly pid: number;
  readonly stdin: SandboxedProcess['stdin'];
  readonly stdout: SandboxedProcess['stdout'];
  readonly stderr: SandboxedProcess['stderr'];
  readonly exited: Promise<LaunchExit>;
  readonly #parts: SandboxParts;
  readonly #control: Duplex;
  readonly #messages: SetupMessages | undefined;
  /** Process 1 of the sandbox, by its id on this machine, while it runs. */
  #init: number | undefined;
  #last: GuardEvent | undefined;

  constructor(parts: SandboxParts) {
    const { guard, terminal, plan, options } = parts;
    this.#parts = parts;
    this.pid = guard.pid;
    this.#control = guard.extra[0] ?? unreachable('the guard has no control socket');
    const said = terminal?.output ?? guard.stderr;
    this.#messages = said === undefined ? undefined : filtered(said);
    this.stdin = terminal?.input ?? guard.stdin;
    this.stdout = terminal === undefined ? guard.stdout : this.#messages;
    this.stderr = terminal === undefined ? this.#messages : undefined;
    readGuardEvents(this.#control, (event) => { this.#note(event); });
    this.#control.write(encodeRequest(options, assembleSeccompProgram(plan.seccomp), plan));
    this.exited = this.#waitForExit();
    /* The caller may look at it later than it settles. */
    this.exited.catch(() => undefined);
  }

  resize(rows: number, columns: number): void {
    this.#parts.terminal?.resize(rows, columns);
  }

  signal(name: NodeJS.Signals): Promise<boolean> {
    return signalCommand(name, { init: () => this.#init, launcher: this.#parts.tools.bubblewrap });
  }

  kill(): void {
    /* The guard takes the end of its control socket for our death, and ends everything. */
    this.#control.destroy();
  }

  #note(event: GuardEvent): void {
    if (event.kind === 'child') this.#init = event.pid;
    if (event.kind === 'exited') this.#messages?.releaseHeld();
    if (event.kind !== 'child') this.#last = event;
  }

  async #waitForExit(): Promise<LaunchExit> {
    const { guard, terminal, release } = this.#parts;
    try {
      const [{ code, signal }] = await Promise.all([guard.exited, ended(this.#control)]);
      this.#init = undefined;
      return this.#conclude(exitStatusOf(code, signal));
    } finally {
      this.#messages?.releaseHeld();
      terminal?.hangUp();
      await release();
    }
  }

  #conclude(guardStatus: number): LaunchExit {
    const last = this.#last;
    if (last?.kind === 'exited') return { kind: 'exited', code: last.code };
    if (last === undefined || last.kind === 'released') return { kind: 'exited', code: guardStatus };
    const said = this.#messages?.takeHeld() ?? '';
    if (last.kind === 'mismatch') throw mismatch(this.#parts.plan, last.index);
    const failure = readExecFailure(said, this.#parts.plan.command.argv[0]);
    if (failure !== undefined) return failure;
    throw diagnoseSetupFailure(said, this.#parts.tools.diagnosis, 'setup-failed');
  }
}

function filtered(source: Readable): SetupMessages {
  const messages = new SetupMessages();
  source.on('error', (error) => { messages.destroy(error); });
  return source.pipe(messages);
}

function mismatch(plan: LinuxLaunchPlan, index: number): CordonError {
  const path = plan.checks[index]?.path ?? '?';
  return new CordonError('setup-failed', `Cannot set the sandbox up: ${JSON.stringify(path)} was replaced meanwhile`, {
    details: { path, reason: 'replaced' },
    hint: 'Something else is changing these directories; run the command again when it is done.',
  });
}

function tooLarge(count: number): CordonError {
  return new CordonError('plan-too-large', `Cannot launch: the sandbox needs ${String(count)} launcher arguments, bubblewrap takes 9000`, {
    details: { arguments: count, limit: MAX_ARGUMENTS },
  });
}
