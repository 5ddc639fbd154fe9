import { readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { type ReadStream } from 'node:tty';
import { swallowErrors } from './patient-streams.js';

const CHUNK_BYTES = 64 * 1024;

/**
 * The most that is read at once when a terminal ends. The kernel holds less than 128 KiB for a terminal; the rest is
 * there so that a process that goes on writing cannot hold us.
 */
const DRAIN_LIMIT_BYTES = 1024 * 1024;

/** What is read from a terminal, and a way to end it early. */
export interface TerminalOutput {
  readonly stream: Readable;
  /** Hands on what has been written up to now, without waiting for the reader, and closes the master. */
  finish(): void;
}

/**
 * Reads a terminal's master to its end, with back-pressure. On Linux the end is EIO, when the last slave has been
 * closed. Destroying the stream throws further output away, so that no process waits for a reader.
 *
 * @param master - over `masterFd`; nobody else may read it.
 * @param masterFd - the descriptor.
 */
export function terminalOutput(master: ReadStream, masterFd: number): TerminalOutput {
  const stream = new Readable({
    read: () => {
      master.resume();
    },
    destroy: (error, done) => {
      master.resume();
      done(error);
    },
  });
  swallowErrors(stream);
  swallowErrors(master);
  master.on('data', (chunk: Uint8Array) => {
    if (!stream.destroyed && !stream.push(chunk)) master.pause();
  });
  const finish = (): void => {
    if (master.destroyed) return;
    emitBuffered(master);
    drain(masterFd, stream);
    master.destroy();
  };
  /* libuv declares the end at POLLHUP after any short read, and every read of a terminal is short (at most 4095
     bytes): what the kernel still holds would be lost (`uv__stream_io` in src/unix/stream.c). */
  master.on('end', finish);
  master.on('close', () => {
    stream.push(null);
  });
  return { stream, finish };
}

/** Reading by hand emits `data` too, even while paused. */
function emitBuffered(master: ReadStream): void {
  let chunk: unknown = master.read();
  while (chunk !== null) chunk = master.read();
}

function drain(masterFd: number, stream: Readable): void {
  for (let drained = 0; drained < DRAIN_LIMIT_BYTES;) {
    const chunk = readAvailable(masterFd);
    if (chunk.length === 0) return;
    drained += chunk.length;
    if (!stream.destroyed) stream.push(chunk);
  }
}

/** EIO is the end; EAGAIN means that nothing is there, but that a slave is still open. */
function readAvailable(masterFd: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    return buffer.subarray(0, readSync(masterFd, buffer));
  } catch {
    return buffer.subarray(0, 0);
  }
}
