import { type StdioRequest } from '../../backend.js';
import { type AbsolutePath } from '../../../paths/absolute-path.js';
import { type GuardEvent } from '../../../process/guard-events.js';
import { type GuardedProcess } from '../../../process/guarded-process.js';
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
    const zygote = await this.#running();
    const { hasEvidence } = start;
    const streams = pipesOf(start.streams, hasEvidence) ?? { pipes: [], isMerged: false, hasEvidence };
    return zygote.launch(
      {
        payload: async () => {
          const message = await start.message();
          return message === undefined
            ? undefined
            : encodeLaunch({ ...message, streams, command: start.command });
        },
      },
      onEvent,
    );
  }

  async #running(): Promise<Zygote> {
    const current = this.#zygote;
    const zygote = await current?.catch(() => undefined);
    if (zygote?.isAsNew === true) return zygote;
    /* Another command has started one meanwhile. */
    if (this.#zygote !== current) return this.#running();
    zygote?.retire();
    this.#zygote = Zygote.start(this.#launcher);
    return this.#zygote;
  }
}

/**
 * Whether a zygote can connect a command's streams so.
 *
 * @param stdio - how they are to be connected.
 */
export function canConnect(stdio: StdioRequest): boolean {
  return stdio.kind === 'pipes' && pipesOf(stdio) !== undefined;
}
