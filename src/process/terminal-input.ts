import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { CordonError } from '../errors/cordon-error.js';
import { errnoOf } from './errno.js';
import { swallowErrors } from './patient-streams.js';

/** A full terminal is tried again after this long, then twice as long, up to the maximum: Node cannot wait for it. */
const FIRST_RETRY_MS = 1;
const MAX_RETRY_MS = 32;

/**
 * Writes to a terminal's master. It is non-blocking, and written to directly: libuv's own stream spins when a master
 * is full (it takes it for a blocking one, `uv_tty_init`), which would stop this whole process.
 *
 * @param masterFd - the descriptor.
 * @param isOpen - whether it still is ours: a number may belong to another file once it is closed.
 * @returns `end()` sends nothing: the terminal's own end-of-file character is the writer's business.
 */
export function terminalInput(masterFd: number, isOpen: () => boolean): Writable {
  const input = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      send(chunk, FIRST_RETRY_MS);

      function send(bytes: Uint8Array, retryMs: number): void {
        if (!isOpen()) {
          done(new CordonError('terminal-unavailable', 'Cannot write to the terminal: it has been closed'));
          return;
        }
        const result = writeAvailable(masterFd, bytes);
        if (result instanceof Error) done(result);
        else if (result === bytes.length) done();
        else {
          const nextMs = result > 0 ? FIRST_RETRY_MS : Math.min(retryMs * 2, MAX_RETRY_MS);
          setTimeout(send, retryMs, bytes.subarray(result), nextMs);
        }
      }
    },
  });
  swallowErrors(input);
  return input;
}

function writeAvailable(masterFd: number, bytes: Uint8Array): number | CordonError {
  try {
    return writeSync(masterFd, bytes);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EAGAIN') return 0;
    return new CordonError('terminal-unavailable', `Cannot write to the terminal: ${errno}`, {
      details: { errno },
    });
  }
}
