import { once } from 'node:events';
import { type Readable } from 'node:stream';
import { BoundedOutput } from '../process/bounded-output.js';
import { type CapturedOutput } from './outcome.js';

/** A stream that is being read to its end into a bounded buffer. */
export interface Capture {
  readonly output: () => CapturedOutput;
  readonly ended: Promise<void>;
}

/**
 * Reads a stream to its end, keeping its head and tail.
 *
 * @param stream - nobody else reads it; undefined counts as empty.
 * @param maxBytes - how much is kept.
 */
export function captureStream(stream: Readable | undefined, maxBytes: number | undefined): Capture {
  const buffer = new BoundedOutput(maxBytes);
  if (stream === undefined) return { output: () => snapshot(buffer), ended: Promise.resolve() };
  stream.on('data', (chunk: Uint8Array) => {
    buffer.append(chunk);
  });
  const ended = stream.closed ? Promise.resolve() : once(stream, 'close').then(() => undefined);
  return { output: () => snapshot(buffer), ended };
}

function snapshot(buffer: BoundedOutput): CapturedOutput {
  const { bytes, totalBytes, truncated } = buffer.snapshot();
  return { bytes, text: buffer.text(), totalBytes, truncated };
}
