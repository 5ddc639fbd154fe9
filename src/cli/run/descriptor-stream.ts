import { write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** How long to wait when somebody else has made the descriptor non-blocking, and it is full. */
const RETRY_MS = 5;

/**
 * A stream to one of our own descriptors. `process.stdout` and `process.stderr` would make a pipe non-blocking, for every
 * process that shares it (libuv, uv_pipe_open).
 *
 * @param fd - 1 or 2; it stays open.
 */
export function descriptorStream(fd: 1 | 2): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      writeAll(fd, chunk, done);
    },
  });
}

/**
 * Writes a line of our own, at once.
 *
 * @param fd - 1 or 2.
 * @param text - what to say; a reader that is gone is no error.
 */
export function writeText(fd: 1 | 2, text: string): void {
  let rest = Buffer.from(text, 'utf8');
  const deadline = Date.now() + 1000;
  while (rest.length > 0 && Date.now() < deadline) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!isBusy(error)) return;
    }
  }
}

function writeAll(fd: number, chunk: Buffer, done: (error?: Error | null) => void): void {
  write(fd, chunk, (error, written) => {
    if (error !== null && isBusy(error)) setTimeout(writeAll, RETRY_MS, fd, chunk, done);
    else if (error !== null || written === chunk.length) done(error);
    else writeAll(fd, chunk.subarray(written), done);
  });
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
