import { type PreparedSandbox } from './prepared-sandbox.js';
import { type Zygote } from './zygote.js';

/** Milliseconds that a prepared sandbox waits for a command. */
const WAIT_MS = 60_000;

/** Each is a process and its supervisor, with namespaces; more policies than this are seldom in use at once. */
const MAX_WAITING = 8;

interface Waiting {
  readonly sandbox: PreparedSandbox;
  readonly timer: NodeJS.Timeout;
}

/** Sandboxes that one zygote has made in advance: one for each key, for a minute at most, the oldest going first. */
export class PreparedSandboxes {
  readonly #zygote: Zygote;
  readonly #waiting = new Map<object, Waiting>();
  readonly #payloads = new WeakMap<object, Uint8Array>();

  /** @param zygote - makes them. */
  constructor(zygote: Zygote) {
    this.#zygote = zygote;
  }

  /**
   * Takes the one of a key.
   *
   * @param key - what it was prepared for.
   * @returns undefined when there is none that can be used.
   */
  take(key: object): PreparedSandbox | undefined {
    const waiting = this.#remove(key);
    if (waiting === undefined || waiting.isUsable) return waiting;
    waiting.discard();
    return undefined;
  }

  /**
   * Has one made for a key, unless one waits.
   *
   * @param key - the same object for the same sandbox.
   * @param payload - what is to be made (native/linux/launcher/channel.h, FRAME_PREPARE).
   */
  prepare(key: object, payload: () => Uint8Array): void {
    if (this.#waiting.has(key) || this.#zygote.isGone) return;
    const known = this.#payloads.get(key) ?? payload();
    this.#payloads.set(key, known);
    const sandbox = this.#zygote.prepare(known);
    const timer = setTimeout(() => this.#remove(key)?.discard(), WAIT_MS);
    timer.unref();
    this.#waiting.set(key, { sandbox, timer });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#remove(oldest)?.discard();
  }

  /** Ends all of them. */
  discardAll(): void {
    for (const key of [...this.#waiting.keys()]) this.#remove(key)?.discard();
  }

  #remove(key: object): PreparedSandbox | undefined {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(key);
    return waiting.sandbox;
  }
}
