import { type StdioRequest } from '../../backend.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardedProcess } from '../../../process/guarded-process.js';
import { MAX_COMMAND_BYTES, type PreparedSandbox } from '../../../process/prepared-sandbox.js';
import { PreparedSandboxes } from '../../../process/prepared-sandboxes.js';
import { type TerminalSlave } from '../../../process/terminal.js';
import { Zygote } from '../../../process/zygote.js';
import { type SandboxStart, type SandboxStarter, type StartInAdvance } from './starter.js';
import { encodeCommand, encodeLaunch, pipesOf } from './zygote-request.js';

type OnEvent = (event: GuardEvent) => void;

/** A command that runs for this many milliseconds has its successor's sandbox made meanwhile. */
const LONG_COMMAND_MS = 25;

/** A zygote, and what it has made in advance. */
interface Running {
  readonly zygote: Zygote;
  readonly prepared: PreparedSandboxes;
}

/**
 * Starts all sandboxes by one zygote, which is started with the first and replaced when it has ended. While a command runs, the
 * sandbox of the next one under the same policy is made.
 */
export class ZygoteStarter implements SandboxStarter {
  readonly #launcher: AbsolutePath;
  readonly #preparesNext: boolean;
  #running: Promise<Running> | undefined;

  /**
   * @param launcher - cordon's own.
   * @param preparesNext - whether sandboxes are made in advance.
   */
  constructor(launcher: AbsolutePath, preparesNext: boolean) {
    this.#launcher = launcher;
    this.#preparesNext = preparesNext;
  }

  /** See SandboxStarter. */
  async start(start: SandboxStart, onEvent: OnEvent): Promise<GuardedProcess> {
    const running = await this.#current(start.reception?.onHandle !== undefined);
    const { inAdvance } = start;
    if (inAdvance === undefined || !this.#preparesNext || !hasOrdinaryPipes(start))
      return launch(running.zygote, start, onEvent);
    const process =
      (await runPrepared(running.prepared, { ...start, inAdvance }, onEvent)) ??
      (await launch(running.zygote, start, onEvent));
    this.#prepareNext(running.prepared, inAdvance, process.exited);
    return process;
  }

  /** When the command has ended, or goes on for longer: it is not to share the processor with what is done in advance. */
  #prepareNext(prepared: PreparedSandboxes, inAdvance: StartInAdvance, exited: Promise<number>): void {
    const prepare = (): void => {
      clearTimeout(timer);
      prepared.prepare(inAdvance.key, () => payloadOf(inAdvance));
    };
    const timer = setTimeout(prepare, LONG_COMMAND_MS);
    timer.unref();
    exited.then(prepare, prepare);
  }

  async #current(needsChannel: boolean): Promise<Running> {
    const before = this.#running;
    const running = await before?.catch(() => undefined);
    if (running !== undefined && canServe(running.zygote, needsChannel)) return running;
    /* Another command has started one meanwhile. */
    if (this.#running !== before) return this.#current(needsChannel);
    running?.prepared.discardAll();
    running?.zygote.retire();
    /* Once there was need of a channel there will be again. */
    this.#running = startZygote(this.#launcher, needsChannel || running?.zygote.hasChannel === true);
    return this.#running;
  }
}

function canServe(zygote: Zygote, needsChannel: boolean): boolean {
  return zygote.isAsNew && (zygote.hasChannel || !needsChannel);
}

async function startZygote(launcher: AbsolutePath, hasChannel: boolean): Promise<Running> {
  const zygote = await Zygote.start(launcher, hasChannel);
  return { zygote, prepared: new PreparedSandboxes(zygote) };
}

function launch(zygote: Zygote, start: SandboxStart, onEvent: OnEvent): Promise<GuardedProcess> {
  const { hasEvidence } = start;
  const streams = pipesOf(start.streams, hasEvidence) ?? { ...NO_PIPES, hasEvidence };
  return zygote.launch(
    {
      payload: async () => {
        const message = await start.message();
        if (message === undefined) return undefined;
        const options = [...message.options, ...terminalOptions(start.terminal)];
        return encodeLaunch({ ...message, options, streams, command: start.command });
      },
      reception: start.reception,
    },
    onEvent,
  );
}

const NO_PIPES = { pipes: [], isMerged: false, hasEvidence: false };

/** Undefined: there is none that would do, and the command is to be launched. */
async function runPrepared(
  prepared: PreparedSandboxes,
  start: SandboxStart & { readonly inAdvance: StartInAdvance },
  onEvent: OnEvent,
): Promise<GuardedProcess | undefined> {
  const sandbox = prepared.take(start.inAdvance.key);
  if (sandbox === undefined) return undefined;
  const options = await start.inAdvance.options().catch((error: unknown) => {
    sandbox.discard();
    throw error;
  });
  const command = typeof options === 'object' ? encodeCommand(options, start.command) : undefined;
  if (command !== undefined && command.length <= MAX_COMMAND_BYTES && sandbox.isUsable)
    return startedIn(sandbox, command, onEvent);
  sandbox.discard();
  return undefined;
}

/** A sandbox that waited may have been killed meanwhile, or what it stood on may have gone: then the command has not run. */
async function startedIn(
  sandbox: PreparedSandbox,
  command: Uint8Array,
  onEvent: OnEvent,
): Promise<GuardedProcess | undefined> {
  const failures: GuardEvent[] = [];
  const process = sandbox.run(command, (event) => {
    if (event.kind === 'failed' || event.kind === 'mismatch') failures.push(event);
    else onEvent(event);
  });
  await process.isReady;
  if (failures.length === 0) return process;
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream?.destroy();
  return undefined;
}

const ORDINARY = { pipes: [0, 1, 2], isMerged: false, hasEvidence: false };

/** Sandboxes are prepared with three pipes, the streams that nearly every command of a program gets. */
function hasOrdinaryPipes({ streams }: SandboxStart): boolean {
  const { pipes, isMerged } = pipesOf(streams) ?? NO_PIPES;
  return !isMerged && pipes.length === ORDINARY.pipes.length;
}

function payloadOf({ sandbox }: StartInAdvance): Buffer {
  return encodeLaunch({ ...sandbox(), streams: ORDINARY, command: [] });
}

/**
 * The sandbox takes the terminal by itself. With a guard nothing dies with a parent there, since keys such as ^C kill the launcher's
 * monitor; here is none.
 */
function terminalOptions(slave: TerminalSlave | undefined): readonly string[] {
  if (slave === undefined) return [];
  return ['--die-with-parent', '--terminal', slave.path, String(slave.device), String(slave.inode)];
}

/**
 * Whether a zygote can connect a command's streams so.
 *
 * @param stdio - how they are to be connected.
 */
export function canConnect(stdio: StdioRequest): boolean {
  return stdio.kind === 'terminal' || pipesOf(stdio) !== undefined;
}
