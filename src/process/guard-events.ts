import { type Duplex } from 'node:stream';

/** A pipe to a sandbox: a standard stream, or 3 for what its supervisor reports. */
type PipeNumber = 0 | 1 | 2 | 3;

/** What the guard tells its owner; the numbers are `enum event` of native/linux/guard/guard.c. */
export type GuardEvent =
  | { readonly kind: 'child'; readonly pid: number }
  /** `landlockAbi`: of the Landlock domain that holds the command; 0 without one. */
  | { readonly kind: 'released'; readonly landlockAbi: number }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'failed'; readonly code: number }
  | { readonly kind: 'mismatch'; readonly index: number }
  | { readonly kind: 'not-executed'; readonly errno: number }
  | { readonly kind: 'pipe'; readonly stream: PipeNumber; readonly fd: number };

const EVENT_BYTES = 8;

/**
 * Reads the guard's events from its control socket: pairs of little endian u32 kind, i32 value.
 *
 * @param channel - the control socket.
 * @param onEvent - called for each event, in order.
 */
export function readGuardEvents(channel: Duplex, onEvent: (event: GuardEvent) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  channel.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (; pending.length >= EVENT_BYTES; pending = pending.subarray(EVENT_BYTES)) {
      const event = guardEvent(pending.readUInt32LE(0), pending.readInt32LE(4));
      if (event !== undefined) onEvent(event);
    }
  });
  /* The guard ends with the command; a reset is only another way of ending. */
  channel.on('error', () => {
    channel.destroy();
  });
}

/** The event of a number and its value; undefined for a number of none. */
export function guardEvent(kind: number, value: number): GuardEvent | undefined {
  return EVENTS[kind]?.(value);
}

/** Resolves when the guard has closed the control socket: all its events have been read. */
export function ended(channel: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (channel.destroyed) resolve();
    channel.once('close', () => {
      resolve();
    });
  });
}

/** The standard streams; 3: evidence. */
const STREAMS = [0, 1, 2, 3] as const;

const EVENTS: Readonly<Record<number, (value: number) => GuardEvent>> = {
  1: (pid) => ({ kind: 'child', pid }),
  2: (landlockAbi) => ({ kind: 'released', landlockAbi }),
  3: (code) => ({ kind: 'exited', code }),
  4: (code) => ({ kind: 'failed', code }),
  5: (index) => ({ kind: 'mismatch', index }),
  6: (errno) => ({ kind: 'not-executed', errno }),
  7: (value) => ({ kind: 'pipe', stream: STREAMS[value & 3] ?? 0, fd: value >> 2 }),
};
