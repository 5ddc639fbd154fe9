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

/** Makes streams of ends; each closes its descriptor. */
export function streamsOfEnds(ends: PipeEnds): PipeStreams {
  return {
    stdin: ends[0] === undefined ? undefined : writer(ends[0]),
    stdout: ends[1] === undefined ? undefined : reader(ends[1]),
    stderr: ends[2] === undefined ? undefined : reader(ends[2]),
    evidence: ends[3] === undefined ? undefined : reader(ends[3]),
  };
}

/**
 * Opens the other end of a pipe that another process of ours holds. A description of our own, so that making it non-blocking does
 * not change the command's.
 *
 * @param pid - who holds it.
 * @param pipe - as which descriptor, and for which standard stream.
 * @returns undefined when that process has ended: there is nothing to read or write.
 */
export function openEnd(
  pid: number,
  { fd, stream }: { readonly fd: number; readonly stream: number },
): number | undefined {
  const flags = (stream === 0 ? constants.O_WRONLY : constants.O_RDONLY) | constants.O_NONBLOCK;
  try {
    return openSync(`/proc/${String(pid)}/fd/${String(fd)}`, flags);
  } catch {
    return undefined; /* the guard has ended: there is nothing to read or write */
  }
}

function reader(fd: number): Readable {
  return patientReadable(socketOf(fd, { readable: true, writable: false }));
}

function writer(fd: number): Writable {
  const socket = socketOf(fd, { readable: false, writable: true });
  swallowErrors(socket);
  return socket;
}

function socketOf(
  fd: number,
  directions: { readonly readable: boolean; readonly writable: boolean },
): Socket {
  try {
    return new Socket({ fd, ...directions });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
