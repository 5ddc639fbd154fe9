import { descriptorStream } from './descriptor-stream.js';

/**
 * Works around Node (20 to 24): merely looking at `process.stdout` or `process.stderr` makes a stream of the descriptor, and a
 * pipe non-blocking for every process that has it, the command among them, whose writes then fail with EAGAIN. Node looks at
 * them itself, in `Readable.pipe` and whenever a socket is closed (lib/internal/streams/readable.js, lib/net.js). Here the two
 * become streams that leave the descriptors as they are. May go when Node compares without making them.
 */
export function keepOutputsBlocking(): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = descriptorStream(fd);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
  }
}
