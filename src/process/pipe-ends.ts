import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { type Readable, type Writable } from 'node:stream';
import { patientReadable, swallowErrors } from './patient-streams.js';

/** The streams of a command that are pipes to us. */
export interface PipeStreams {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** What a supervisor reports. */
  readonly evidence: Readable | undefined;
}

/** Our ends of the pipes: descriptors, by the number of the standard stream; 3 is evidence. */
export type PipeEnds = readonly (number | undefined)[];

/** Closes ends that nothing has been made of. */
export function closeEnds(ends: PipeEnds): void {
  for (const fd of ends) if (fd !== undefined) closeSync(fd);
}

/** Streams, and whether our event loop goes on because of them. */
export interface OpenStreams extends PipeStreams {
  /** At first it does. */
  readonly keepLoopAlive: (isWanted: boolean) => void;
}

/** Makes streams of ends; each closes its descriptor. */
export function streamsOfEnds(ends: PipeEnds): OpenStreams {
  const sockets = ends.map((fd, stream) => (fd === undefined ? undefined : socketOf(fd, stream)));
  const [stdin, stdout, stderr, evidence] = sockets;
  if (stdin !== undefined) swallowErrors(stdin);
  return {
    stdin,
    stdout: stdout === undefined ? undefined : patientReadable(stdout),
    stderr: stderr === undefined ? undefined : patientReadable(stderr),
    evidence: evidence === undefined ? undefined : patientReadable(evidence),
    keepLoopAlive: (isWanted) => {
      for (const socket of sockets) {
        if (isWanted) socket?.ref();
        else socket?.unref();
      }
    },
  };
}

/**
 * Opens the other end of a pipe that another process of ours holds. A description of our own, so that making it non-blocking does
 * not change the command's.
 *
 * @param pid - who holds it.
 * @param pipe - as which descriptor, and for which standard stream; 3 is evidence, 4 another that is written to.
 * @returns undefined when that process has ended: there is nothing to read or write.
 */
export function openEnd(
  pid: number,
  { fd, stream }: { readonly fd: number; readonly stream: number },
): number | undefined {
  const flags =
    (stream === 0 || stream === 4 ? constants.O_WRONLY : constants.O_RDONLY) | constants.O_NONBLOCK;
  try {
    return openSync(`/proc/${String(pid)}/fd/${String(fd)}`, flags);
  } catch {
    return undefined; /* the guard has ended: there is nothing to read or write */
  }
}

function socketOf(fd: number, stream: number): Socket {
  try {
    return new Socket({ fd, readable: stream !== 0, writable: stream === 0 });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
