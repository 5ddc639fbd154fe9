import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type Server, type Socket, connect, createServer } from 'node:net';
import path from 'node:path';
import { CordonError } from '../errors/cordon-error.js';
import { errnoOf } from './errno.js';
import { CollectedListeners, type ListenerReception, readAnnouncement } from './listener-reception.js';
import { swallowErrors } from './patient-streams.js';

/** sun_path holds 108 bytes, the NUL at its end included (unix(7)). */
const MAX_PATH_BYTES = 107;

const PREFIX = 'listen-';

/** The name of the socket that is told which port each listener has. */
const PORTS = 'ports';

/**
 * Listening sockets that stay with a process of the launcher's, which connects to a Unix socket of ours for each connection that
 * comes in, and copies bytes both ways (native/linux/launcher/relay.h). Needs nothing of Node but what is documented.
 */
export class RelayedListeners implements ListenerReception {
  readonly options: readonly string[];
  /** Nothing comes over a channel. */
  readonly onHandle = undefined;
  readonly #collected: CollectedListeners;
  readonly #directory: string;
  readonly #announcements: Server;
  readonly #end = new AbortController();

  private constructor(directory: string, ports: readonly number[]) {
    this.#directory = directory;
    this.options = [...ports.flatMap((port) => ['--listen', String(port)]), '--listener-dir', directory];
    this.#collected = new CollectedListeners(ports.length);
    this.#announcements = createServer((socket) => {
      this.#readAnnouncement(socket);
    }).unref();
    swallowErrors(this.#announcements);
  }

  /**
   * Makes a place for the sockets of one sandbox, and removes those that killed processes have left.
   *
   * @param parent - a directory that no sandbox can see, as our own files are kept in.
   * @param ports - what is to be listened at; 0 for any.
   * @throws CordonError `listener-unavailable`.
   */
  static async open(parent: string, ports: readonly number[]): Promise<RelayedListeners> {
    const directory = path.join(parent, `${PREFIX}${randomBytes(6).toString('hex')}`);
    if (Buffer.byteLength(path.join(directory, PORTS)) > MAX_PATH_BYTES) throw tooLong(parent);
    await removeAbandoned(parent);
    mkdirSync(directory, { mode: 0o700 });
    const opened = new RelayedListeners(directory, ports);
    try {
      await listen(opened.#announcements, path.join(directory, PORTS));
      return opened;
    } catch (cause) {
      opened.close();
      throw new CordonError('listener-unavailable', `Cannot listen in ${JSON.stringify(directory)}`, {
        details: { path: directory, errno: errnoOf(cause) },
        cause,
      });
    }
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
  close(): void {
    this.#end.abort();
    this.#announcements.close();
    rmSync(this.#directory, { recursive: true, force: true });
    this.#collected.settle();
  }

  /** One line of JSON. */
  #readAnnouncement(socket: Socket): void {
    let text = '';
    swallowErrors(socket);
    socket.setEncoding('utf8');
    socket.on('data', (piece) => (text += String(piece)));
    socket.on('end', () => {
      const announced = readAnnouncement(parse(text));
      if (announced !== undefined) this.#announce(announced.index, announced.port);
    });
  }

  /** `signal` closes the server that listens there (net, `server.listen(options)`). */
  #announce(index: number, port: number): void {
    const server = {
      path: path.join(this.#directory, String(index)),
      exclusive: true,
      signal: this.#end.signal,
    };
    this.#collected.add(index, { port, server });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listen(server: Server, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      resolve();
    });
  });
}

/** Where nobody answers any more, whoever made it has been killed. */
async function removeAbandoned(parent: string): Promise<void> {
  const found = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  await Promise.all(
    found.map(async (name) => {
      const directory = path.join(parent, name);
      if (await isRefused(path.join(directory, PORTS))) rmSync(directory, { recursive: true, force: true });
    }),
  );
}

function isRefused(where: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where, () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => {
      resolve(errnoOf(error) === 'ECONNREFUSED');
    });
  });
}

function tooLong(directory: string): CordonError {
  return new CordonError(
    'listener-unavailable',
    `Cannot listen in ${JSON.stringify(directory)}: its path is too long for a Unix socket`,
    { details: { path: directory }, hint: 'Set XDG_STATE_HOME to a shorter path.' },
  );
}
