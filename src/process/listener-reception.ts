import { type OnHandle } from './spawn.js';

/** A port of a sandbox's own loopback at which this process answers. */
export interface SandboxListener {
  readonly port: number;
  /**
   * For `listen` of one server: `http.createServer(…).listen(listener.server)`, and of node:net alike. Connections that come before
   * wait. It is closed when the sandbox has ended.
   */
  readonly server: object;
}

/**
 * How the listening sockets of one sandbox come to this process. There are two ways: they are handed over
 * (handed-listeners.ts), or each connection is connected on to us (relayed-listeners.ts).
 */
export interface ListenerReception {
  /** What the launcher is told of it. */
  readonly options: readonly string[];
  /** What takes handles from a channel of Node's; without it no channel is needed. */
  readonly onHandle: OnHandle | undefined;
  /** Resolves to all of them, in the order in which they were asked for. Pending as long as one has not come. */
  readonly listeners: Promise<readonly SandboxListener[]>;
  /** Resolves when all have come, or this was closed. */
  readonly isSettled: Promise<void>;
  /** The sandbox has ended, or never began: closes what has come, and what comes later. */
  close(): void;
}

/** What a launcher tells of a listening socket. */
export interface Announcement {
  /** Our number of the sandbox; 0 where there is only one. */
  readonly sandbox: number;
  /** Which of its listeners, from 0. */
  readonly index: number;
  readonly port: number;
}

/**
 * Reads an announcement.
 *
 * @param value - what came in.
 * @returns undefined for anything else.
 */
export function readAnnouncement(value: unknown): Announcement | undefined {
  const [sandbox = 0, index, port] = ['sandbox', 'index', 'port'].map((key) => numberAt(value, key));
  return index === undefined || port === undefined ? undefined : { sandbox, index, port };
}

function numberAt(value: unknown, key: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, key);
  return typeof member === 'number' ? member : undefined;
}

/** Listeners as they come, until there are as many as were asked for. */
export class CollectedListeners {
  readonly all: Promise<readonly SandboxListener[]>;
  readonly isSettled: Promise<void>;
  readonly #found = new Map<number, SandboxListener>();
  readonly #count: number;
  #complete: (listeners: readonly SandboxListener[]) => void = () => undefined;
  #settle: () => void = () => undefined;

  /** @param count - how many are to come. */
  constructor(count: number) {
    this.#count = count;
    this.all = new Promise((resolve) => (this.#complete = resolve));
    this.isSettled = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Notes the one that was asked for as number `index`. */
  add(index: number, listener: SandboxListener): void {
    if (index < this.#count) this.#found.set(index, listener);
    if (this.#found.size < this.#count) return;
    this.#complete([...this.#found].sort(([left], [right]) => left - right).map(([, found]) => found));
    this.#settle();
  }

  /** No more are waited for. */
  settle(): void {
    this.#settle();
  }
}
