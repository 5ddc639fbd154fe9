import { createServer } from 'node:net';
import { CollectedListeners, type ListenerReception, readAnnouncement } from './listener-reception.js';
import { spawnProcess } from './spawn.js';

/**
 * Listening sockets that a launcher hands over by a channel of Node's (native/linux/launcher/node-channel.h). They come as bare
 * handles, which `listen` of net and http take, and which do nothing before. The frame of that channel is Node's own and may change,
 * so it is tried before it is relied on.
 */
export class HandedListeners implements ListenerReception {
  readonly options: readonly string[];
  readonly #collected: CollectedListeners;
  readonly #handles: unknown[] = [];
  #isClosed = false;

  /** @param ports - what is to be listened at; 0 for any. */
  constructor(ports: readonly number[]) {
    this.options = ports.flatMap((port) => ['--listen', String(port)]);
    this.#collected = new CollectedListeners(ports.length);
  }

  /** See ListenerReception. */
  get listeners(): ListenerReception['listeners'] {
    return this.#collected.all;
  }

  /** See ListenerReception. */
  get isSettled(): Promise<void> {
    return this.#collected.isSettled;
  }

  /** See ListenerReception. */
  readonly onHandle = (message: unknown, handle: unknown): void => {
    const announced = readAnnouncement(message);
    if (announced === undefined || !isHandle(handle) || this.#isClosed) {
      closeHandle(handle);
      return;
    }
    this.#handles.push(handle);
    this.#collected.add(announced.index, { port: announced.port, server: handle });
  };

  /** See ListenerReception. */
  close(): void {
    this.#isClosed = true;
    for (const handle of this.#handles.splice(0)) closeHandle(handle);
    this.#collected.settle();
  }
}

interface Handle {
  close(): void;
}

function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
}

/**
 * Closes a handle that has come over a channel of Node's; a server that listens by it then answers no more.
 *
 * @param handle - whatever came.
 */
export function closeHandle(handle: unknown): void {
  if (isHandle(handle)) handle.close();
}

/** Milliseconds that a probe may take; it does less than starting any program. */
const PROBE_TIMEOUT_MS = 5000;

/**
 * Tries whether this Node takes a listening socket as a launcher hands it over: whether it arrives, a server listens by it, and it
 * is the one that was sent.
 *
 * @param launcher - cordon's own.
 */
export async function canBeHanded(launcher: string): Promise<boolean> {
  const received: { message: unknown; handle: unknown }[] = [];
  const child = await spawnProcess({
    executable: launcher,
    args: ['--probe-channel'],
    ...{ cwd: '/', env: {}, stdin: 'null', stdout: 'null', stderr: 'null', extra: [] },
    onHandle: (message, handle) => received.push({ message, handle }),
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), PROBE_TIMEOUT_MS);
  /* It waits until we have answered, which Node does before it tells of the message. */
  const { code } = await child.exited;
  clearTimeout(timer);
  const [only] = received;
  return code === 0 && only !== undefined && (await isListening(only.handle, only.message));
}

async function isListening(handle: unknown, message: unknown): Promise<boolean> {
  if (!isHandle(handle)) return false;
  const server = createServer();
  const isOpen = new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.once('listening', () => {
      const address = server.address();
      resolve(
        typeof address === 'object' && address !== null && address.port === readAnnouncement(message)?.port,
      );
    });
  });
  try {
    server.listen(handle);
    return await isOpen;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
