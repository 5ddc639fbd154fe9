import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardedProcess } from '../../../process/guarded-process.js';
import { type Guards } from '../../../process/guards.js';
import {
  bubblewrapDescriptorOptions,
  channelOptions,
  evidenceDescriptorOptions,
} from '../plan/bubblewrap-arguments.js';
import { encodeRequest } from './guard-request.js';
import { type SandboxStart, type SandboxStarter } from './starter.js';

/** Programs of this machine, by path. */
export interface GuardedLauncher {
  readonly guard: AbsolutePath;
  readonly launcher: AbsolutePath;
  /** Whether the guard has to tell the sandbox's processes from others by a domain of its own, there being no namespace. */
  readonly hasDomain: boolean;
}

/** Starts each sandbox by a launcher with bubblewrap's command line, and the guard in front of it. */
export class GuardStarter implements SandboxStarter {
  readonly #guards: Guards;
  readonly #programs: GuardedLauncher;

  /**
   * @param guards - starts guards.
   * @param programs - the guard and the launcher.
   */
  constructor(guards: Guards, programs: GuardedLauncher) {
    this.#guards = guards;
    this.#programs = programs;
  }

  /** See SandboxStarter. */
  start(start: SandboxStart, onEvent: (event: GuardEvent) => void): Promise<GuardedProcess> {
    const { guard, launcher, hasDomain } = this.#programs;
    const onHandle = start.reception?.onHandle;
    const isTerminal = start.terminal !== undefined;
    return this.#guards.run(
      {
        guard,
        options: [...(isTerminal ? ['--tty'] : []), ...(hasDomain ? ['--domain'] : [])],
        hasEvidence: start.hasEvidence,
        command: [
          launcher,
          ...bubblewrapDescriptorOptions(),
          ...(onHandle === undefined ? [] : channelOptions()),
          ...(start.hasEvidence ? evidenceDescriptorOptions() : []),
          '--',
          ...start.command,
        ],
        cwd: '/',
        /* Nothing of the command's environment may reach a program outside the sandbox: it may name libraries to load. */
        env: {},
        ...start.streams,
        onHandle,
        message: async (commandLine) => {
          const message = await start.message();
          return message === undefined ? undefined : encodeRequest({ ...message, commandLine });
        },
      },
      onEvent,
    );
  }
}
