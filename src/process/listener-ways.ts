import { HandedListeners, canBeHanded } from './handed-listeners.js';
import { type ListenerReception } from './listener-reception.js';
import { RelayedListeners } from './relayed-listeners.js';

/**
 * How listening sockets in sandboxes come to this process: `channel`, they are handed over by a channel of Node's; `relay`, a process
 * connects each connection on to us; `auto`, the former if this Node does it.
 */
export type ListenerWay = 'auto' | 'channel' | 'relay';

/** What the ways need on this machine. */
export interface ListenerTools {
  /** cordon's own launcher. */
  readonly launcher: string;
  /** A directory that no sandbox can see. */
  readonly privateDirectory: () => string;
}

/** Opens receptions for listening sockets, by a way that is tried once. */
export class ListenerWays {
  readonly #choice: ListenerWay;
  readonly #tools: ListenerTools;
  #isHanded: Promise<boolean> | undefined;

  /**
   * @param choice - the caller's.
   * @param tools - this machine's.
   */
  constructor(choice: ListenerWay, tools: ListenerTools) {
    this.#choice = choice;
    this.#tools = tools;
  }

  /**
   * Makes ready for the listening sockets of one sandbox.
   *
   * @param ports - one for each; 0 for any.
   * @throws CordonError `listener-unavailable`; `setup-failed` when the probe cannot be started.
   */
  async open(ports: readonly number[]): Promise<ListenerReception> {
    if (await this.#areHanded()) return new HandedListeners(ports);
    return RelayedListeners.open(this.#tools.privateDirectory(), ports);
  }

  async #areHanded(): Promise<boolean> {
    if (this.#choice !== 'auto') return this.#choice === 'channel';
    this.#isHanded ??= canBeHanded(this.#tools.launcher);
    try {
      return await this.#isHanded;
    } catch (error) {
      this.#isHanded = undefined;
      throw error;
    }
  }
}
