import { once } from 'node:events';
import { type Readable, type Writable } from 'node:stream';
import { type RunningCommand } from '../../sandbox/running-command.js';

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
  if (running.stdout !== undefined) copies.push(copy(running.stdout, () => process.stdout, tail));
  if (running.stderr !== undefined) copies.push(copy(running.stderr, () => process.stderr, tail));
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

/** The target is opened with the first byte: most commands say nothing on standard error, and a stream costs a millisecond. */
async function copy(source: Readable, target: () => Writable, tail: Tail): Promise<void> {
  const closed = source.closed ? Promise.resolve() : once(source, 'close');
  source.on('data', (chunk: Buffer) => {
    tail.add(chunk);
    const output = prepared(target(), source);
    if (!output.write(chunk)) {
      source.pause();
      output.once('drain', () => source.resume());
    }
  });
  await closed;
}

/** Whoever reads us may stop reading: then the command is to see its pipe broken, as without us. */
function prepared(output: Writable, source: Readable): Writable {
  if (output.listenerCount('error') === 0) {
    output.on('error', () => {
      source.destroy();
    });
  }
  return output;
}
