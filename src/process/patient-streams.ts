import { Duplex, Readable } from 'node:stream';

/**
 * Reads a child's pipe ahead by one buffer and hands it on with back-pressure, however late anybody listens.
 *
 * Node's own stream would lose output: when a child exits, child_process resumes every stream of it, and what comes
 * then is thrown away if nobody has attached a listener yet (`flushStdio` in lib/internal/child_process.js).
 *
 * @param source - the child's stream; nobody else may use it.
 * @returns ends when `source` ends, breaks or closes; destroying it closes `source`.
 */
export function patientReadable(source: Readable): Readable {
  const target = new Readable({
    read: () => {
      source.resume();
    },
    destroy: (error, done) => {
      source.destroy();
      done(error);
    },
  });
  feed(source, target);
  return target;
}

/**
 * The same for a pipe of both directions. As with sockets, the end of input ends output too. A failed write is told
 * to its callback and closes the stream.
 *
 * @param source - the child's stream; nobody else may use it.
 */
export function patientDuplex(source: Duplex): Duplex {
  const target = new Duplex({
    allowHalfOpen: false,
    read: () => {
      source.resume();
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      source.write(chunk, done);
    },
    final: (done) => {
      source.end(() => {
        done();
      });
    },
    destroy: (error, done) => {
      source.destroy();
      done(error);
    },
  });
  feed(source, target);
  return target;
}

/**
 * Takes the error events that nobody listens to, which would end this process: a stream's errors are told to
 * the callbacks of its writes, or are its end.
 *
 * @param stream - any stream.
 */
export function swallowErrors(stream: NodeJS.EventEmitter): void {
  stream.on('error', () => undefined);
}

function feed(source: Readable, target: Readable): void {
  swallowErrors(source);
  swallowErrors(target);
  source.on('data', (chunk: Uint8Array) => {
    if (!target.push(chunk)) source.pause();
  });
  /* After 'end', or alone when the pipe broke: a second null is ignored. */
  const end = (): void => {
    target.push(null);
  };
  source.on('end', end);
  source.on('close', end);
}
