import { type StdioRequest } from '../../backend.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardedProcess } from '../../../process/guarded-process.js';
import { type TerminalSlave } from '../../../process/terminal.js';
import { Zygote } from '../../../process/zygote.js';
import { type SandboxStart, type SandboxStarter } from './starter.js';
import { encodeLaunch, pipesOf } from './zygote-request.js';

/** Starts all sandboxes by one zygote, which is started with the first and replaced when it has ended. */
export class ZygoteStarter implements SandboxStarter {
  readonly #launcher: AbsolutePath;
  #zygote: Promise<Zygote> | undefined;

  /** @param launcher - cordon's own. */
  constructor(launcher: AbsolutePath) {
    this.#launcher = launcher;
  }

  /** See SandboxStarter. */
  async start(start: SandboxStart, onEvent: (event: GuardEvent) => void): Promise<GuardedProcess> {
    const zygote = await this.#running(start.reception?.onHandle !== undefined);
    const streams = pipesOf(start.streams) ?? NO_PIPES;
    const more = terminalOptions(start.terminal);
    return zygote.launch(
      {
        payload: async () => {
          const message = await start.message();
          return message === undefined
            ? undefined
            : encodeLaunch({
                ...message,
                options: [...message.options, ...more],
                streams,
                command: start.command,
              });
        },
        reception: start.reception,
      },
      onEvent,
    );
  }

  async #running(needsChannel: boolean): Promise<Zygote> {
    const current = this.#zygote;
    const zygote = await current?.catch(() => undefined);
    if (zygote?.isAsNew === true && (zygote.hasChannel || !needsChannel)) return zygote;
    /* Another command has started one meanwhile. */
    if (this.#zygote !== current) return this.#running(needsChannel);
    zygote?.retire();
    /* Once there was need of a channel there will be again. */
    this.#zygote = Zygote.start(this.#launcher, needsChannel || zygote?.hasChannel === true);
    return this.#zygote;
  }
}

const NO_PIPES = { pipes: [], isMerged: false };

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
