import { type Readable } from 'node:stream';
import { CordonError } from '../../../errors/cordon-error.js';
import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardedProcess } from '../../../process/guarded-process.js';
import { type ListenerReception, type SandboxListener } from '../../../process/listener-reception.js';
import { type Terminal } from '../../../process/terminal.js';
import {
  type LaunchExit,
  type LauncherKind,
  type SandboxedProcess,
  type StdioRequest,
} from '../../backend.js';
import { openStdio } from '../../open-stdio.js';
import { type MountPointLease } from '../mount-point-journal/journal.js';
import { type LinuxLaunchPlan } from '../plan/launch-plan.js';
import { readCallReports } from './call-reports.js';
import { type DiagnosisFacts, diagnoseSetupFailure } from './diagnose.js';
import { readExecFailure } from './exec-failure.js';
import { receiveListeners } from './receive-listeners.js';
import { SetupMessages } from './setup-messages.js';
import { type StartTools, sandboxStart } from './sandbox-start.js';
import { type SandboxStarter } from './starter.js';
import { signalCommand } from './signal-command.js';

/** What a launch uses on this machine. */
export interface LaunchTools extends StartTools {
  /** Makes the sandbox, by `launcher`. */
  readonly starter: SandboxStarter;
  readonly diagnosis: () => DiagnosisFacts;
  /** Makes ready for listening sockets at ports. */
  readonly openListeners: (ports: readonly number[]) => Promise<ListenerReception>;
}

/** The disk changed between binding and launching; bind again. */
export interface PlanIsStale {
  readonly kind: 'stale';
  /** What was seen of the change, if anything. */
  readonly because?: CordonError;
}

/**
 * Carries a plan out: mount points, guard, bubblewrap, command.
 *
 * @param plan - what to tell the system.
 * @param stdio - how the command's streams are connected.
 * @param tools - this machine's.
 * @returns the process, or that the plan is stale.
 * @throws CordonError `plan-too-large`, `mount-point-unavailable`, `terminal-unavailable`, `guard-missing`, `listener-unavailable`.
 */
export async function launchPlan(
  plan: LinuxLaunchPlan,
  stdio: StdioRequest,
  tools: LaunchTools,
): Promise<SandboxedProcess | PlanIsStale> {
  const opened = await openStdio(stdio);
  const { terminal } = opened;
  let reception: ListenerReception | undefined;
  const told: Told = {
    init: undefined,
    last: undefined,
    isReleased: false,
    landlockAbi: 0,
    lease: undefined,
    onExited: () => undefined,
  };
  try {
    if (plan.listeners.length > 0)
      reception = await tools.openListeners(plan.listeners.map(({ port }) => port));
    const launch = { plan, stdio, tools, reception };
    /* The guard starts while the mount points are made. */
    const start = sandboxStart(launch, opened, (lease) => (told.lease = lease));
    const guard = await tools.starter.start(start, (event) => {
      noteEvent(told, event);
    });
    if (told.lease === undefined) {
      reception?.close();
      return { kind: 'stale' };
    }
    const sandbox = new LinuxSandbox({ ...launch, lease: told.lease }, { guard, terminal, told });
    await guard.isReady;
    return told.isReleased ? await sandbox.withListeners() : await failureOf(sandbox);
  } catch (error) {
    reception?.close();
    terminal?.close();
    await told.lease?.release();
    throw error;
  } finally {
    terminal?.closeSlave();
  }
}

interface Launch {
  readonly plan: LinuxLaunchPlan;
  readonly stdio: StdioRequest;
  readonly tools: LaunchTools;
  readonly reception: ListenerReception | undefined;
}

interface SandboxParts extends Launch {
  readonly lease: MountPointLease;
}

/** What is known so far. */
interface Told {
  /** Process 1 of the sandbox, by its id on this machine. */
  init: number | undefined;
  last: GuardEvent | undefined;
  /** Whether the command was started, or was to be and could not be executed. */
  isReleased: boolean;
  landlockAbi: number;
  lease: MountPointLease | undefined;
  onExited: () => void;
}

function noteEvent(told: Told, event: GuardEvent): void {
  if (event.kind === 'child') told.init = event.pid;
  else told.last = event;
  if (event.kind === 'released') {
    told.isReleased = true;
    told.landlockAbi = event.landlockAbi;
  }
  if (event.kind === 'exited') told.onExited();
}

/** A disk that changed while the mounts were made is looked at again; everything else is told. */
async function failureOf(sandbox: LinuxSandbox): Promise<LinuxSandbox | PlanIsStale> {
  try {
    await sandbox.exited;
    return sandbox;
  } catch (error) {
    sandbox.abandon();
    if (error instanceof CordonError && error.details['reason'] === 'replaced')
      return { kind: 'stale', because: error };
    throw error;
  }
}

interface Started {
  readonly guard: GuardedProcess;
  readonly terminal: Terminal | undefined;
  readonly told: Told;
}

class LinuxSandbox implements SandboxedProcess {
  readonly pid: number;
  readonly launcher: LauncherKind;
  readonly stdin: SandboxedProcess['stdin'];
  readonly stdout: SandboxedProcess['stdout'];
  readonly stderr: SandboxedProcess['stderr'];
  readonly calls: SandboxedProcess['calls'];
  readonly exited: Promise<LaunchExit>;
  listeners: readonly SandboxListener[] = [];
  readonly #parts: SandboxParts;
  readonly #started: Started;
  readonly #messages: SetupMessages | undefined;
  #isGone = false;
  #released: Promise<void> | undefined;
  #receiving: Promise<readonly SandboxListener[]> | undefined;

  constructor(parts: SandboxParts, started: Started) {
    this.#parts = parts;
    this.#started = started;
    this.pid = started.guard.pid;
    this.launcher = parts.tools.launcher.kind;
    const streams = connectStreams(parts, started);
    this.#messages = streams.messages;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    const { evidence } = started.guard;
    this.calls = evidence === undefined ? undefined : readCallReports(evidence);
    const { told } = started;
    told.onExited = () => {
      this.#messages?.releaseHeld();
      /* The guard says so when the whole tree is gone: no need to wait for its own end. */
      this.#released ??= parts.lease.release();
      this.#released.catch(() => undefined);
    };
    if (told.last?.kind === 'exited') told.onExited();
    this.exited = this.#waitForExit();
    /* The caller may look at it later than it settles. */
    this.exited.catch(() => undefined);
  }

  /** The command has been started: so its listening sockets are here, or on their way. */
  async withListeners(): Promise<this> {
    try {
      this.listeners = await this.#received();
      return this;
    } catch (error) {
      this.kill();
      await this.exited.catch(() => undefined);
      throw error;
    }
  }

  get landlockAbi(): number {
    return this.#started.told.landlockAbi;
  }

  get gaps(): SandboxedProcess['gaps'] {
    return this.#parts.plan.landlock?.gaps ?? [];
  }

  resize(rows: number, columns: number): void {
    this.#started.terminal?.resize(rows, columns);
  }

  signal(name: NodeJS.Signals): Promise<boolean> {
    const { told } = this.#started;
    const { path } = this.#parts.tools.launcher;
    return signalCommand(name, { init: () => told.init, isGone: () => this.#isGone, launcher: path });
  }

  kill(): void {
    this.#started.guard.kill();
  }

  /** Closes the streams of a sandbox that its caller is never given. */
  abandon(): void {
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy();
  }

  async #waitForExit(): Promise<LaunchExit> {
    const { guard, terminal } = this.#started;
    try {
      const guardStatus = await guard.exited;
      this.#isGone = true;
      return await this.#conclude(guardStatus);
    } finally {
      this.#messages?.releaseHeld();
      terminal?.hangUp();
      if (this.#started.told.isReleased) await this.#received().catch(() => undefined);
      this.#parts.reception?.close();
      /* Nobody reads it any more; who never ended it must not hold it open. */
      if (terminal === undefined) this.stdin?.destroy();
      await (this.#released ??= this.#parts.lease.release());
    }
  }

  #received(): Promise<readonly SandboxListener[]> {
    return (this.#receiving ??= receiveListeners(this.#parts.reception));
  }

  async #conclude(guardStatus: number): Promise<LaunchExit> {
    const { last } = this.#started.told;
    if (last?.kind === 'exited') return { kind: 'exited', code: last.code };
    if (last?.kind === 'mismatch') throw mismatch(this.#parts.plan, last.index);
    if (last?.kind === 'failed' || last?.kind === 'not-executed') return this.#explainFailure();
    if (last === undefined) throw helperEnded(guardStatus);
    return { kind: 'exited', code: guardStatus };
  }

  /** bubblewrap did not get as far as running the command, and has said why. */
  async #explainFailure(): Promise<LaunchExit> {
    const { plan, tools } = this.#parts;
    this.#started.terminal?.hangUp();
    const said = (await this.#messages?.takeHeld()) ?? '';
    const failure = readExecFailure(said, plan.command);
    if (failure !== undefined) return failure;
    if (SOURCE_IS_GONE.test(said)) throw replaced(said);
    throw diagnoseSetupFailure(said, tools.diagnosis(), 'setup-failed');
  }
}

interface Streams extends Pick<SandboxedProcess, 'stdin' | 'stdout' | 'stderr'> {
  readonly messages: SetupMessages | undefined;
}

/** The launcher speaks on standard error, which may be the same stream as standard output: its words are taken out there. */
function connectStreams({ stdio }: SandboxParts, { guard, terminal }: Started): Streams {
  if (terminal !== undefined) {
    const messages = filtered(terminal.output);
    return { stdin: terminal.input, stdout: messages, stderr: undefined, messages };
  }
  const { stdin, stdout, stderr } = guard;
  const isMerged = stdio.kind === 'pipes' && stdio.stderr === 'stdout';
  const said = isMerged ? stdout : stderr;
  const messages = said === undefined ? undefined : filtered(said);
  return isMerged
    ? { stdin, stdout: messages, stderr: undefined, messages }
    : { stdin, stdout, stderr: messages, messages };
}

function filtered(source: Readable): SetupMessages {
  const messages = new SetupMessages();
  source.on('error', (error) => {
    messages.destroy(error);
  });
  /* Whoever stops reading breaks the command's pipe, as without us. */
  messages.on('close', () => source.destroy());
  return source.pipe(messages);
}

/** A launcher's words when a path that was to be mounted has gone or been replaced since it was looked at. */
const SOURCE_IS_GONE =
  /can't (?:find source path|get type of source|mount tmpfs on|remount readonly on|mkdir|create file at)|unable to find .* in mount table|cordon-launcher: (?:mount|make|create directory|create file|create symbolic link|make the Landlock domain:) \//iu;

function mismatch(plan: LinuxLaunchPlan, index: number): CordonError {
  return replaced(`${JSON.stringify(plan.checks[index]?.path)} is not what it was`);
}

function replaced(what: string): CordonError {
  return new CordonError('setup-failed', `Cannot set the sandbox up: ${what}`, {
    details: { reason: 'replaced', what },
    hint: 'Something else is changing these directories; run the command again when it is done.',
  });
}

/** Somebody has killed it before it could tell anything. */
function helperEnded(status: number): CordonError {
  const what = `cordon's helper has ended with status ${String(status)}`;
  return new CordonError('setup-failed', `Cannot set the sandbox up: ${what}`, { details: { status } });
}
