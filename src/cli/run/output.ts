import { type Readable } from 'node:stream';
import { type RunningCommand } from '../../sandbox/running-command.js';
import { descriptorStream } from './descriptor-stream.js';

/** The end of what the command wrote, for telling denials. */
const TAIL_BYTES = 64 * 1024;

/** Output on its way to our own streams. */
export interface ConnectedOutput {
  /** Resolves when everything has been handed on. */
  readonly ended: Promise<void>;
  /** The end of what passed. */
  readonly tail: () => string;
}

/**
 * Hands the command's output on, as it comes and with back-pressure.
 *
 * @param running - the command; where an output is our own descriptor there is nothing to do.
 */
export function connectOutput(running: RunningCommand): ConnectedOutput {
  const tail = new Tail();
  const copies: Promise<void>[] = [];
  if (running.stdout !== undefined) copies.push(copy(running.stdout, 1, tail));
  if (running.stderr !== undefined) copies.push(copy(running.stderr, 2, tail));
  return { ended: Promise.all(copies).then(() => undefined), tail: () => tail.text() };
}

/** The last bytes of a stream; at most twice the bound is held. */
class Tail {
  #chunks: Buffer[] = [];
  #length = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > 2 * TAIL_BYTES) {
      this.#chunks = [Buffer.concat(this.#chunks).subarray(-TAIL_BYTES)];
      this.#length = TAIL_BYTES;
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-TAIL_BYTES).toString('utf8');
  }
}

/**
 * Resolves when everything has been written, or nobody reads it any more: then the source is destroyed, and the command sees its
 * pipe broken, as without us. By hand, since loading node:stream/promises takes four milliseconds of a short run.
 */
function copy(source: Readable, fd: 1 | 2, tail: Tail): Promise<void> {
  const target = descriptorStream(fd);
  source.on('data', (chunk: Buffer) => {
    tail.add(chunk);
    if (!target.write(chunk)) source.pause();
  });
  target.on('drain', () => source.resume());
  target.on('error', () => source.destroy());
  return new Promise((resolve) => {
    source.once('close', () => {
      target.end(() => {
        resolve();
      });
    });
  });
}
