import { type Duplex } from 'node:stream';
import { type GuardEvent, guardEvent } from './guard-events.js';

/** What a zygote tells: an event of one sandbox. */
export interface ZygoteEvent {
  readonly id: number;
  readonly event:
    | GuardEvent
    | { readonly kind: 'pipe'; readonly stream: number; readonly fd: number }
    | { readonly kind: 'prepared' }
    | { readonly kind: 'malformed'; readonly errno: number };
}

/** `enum frame_kind` of native/linux/launcher/channel.h. */
const KINDS = { launch: 1, opened: 2, kill: 3, prepare: 4 } as const;

const HEAD_BYTES = 9;

/**
 * A request to a zygote.
 *
 * @param id - our number of the sandbox.
 * @param kind - what is wanted.
 * @param payload - see native/linux/launcher/channel.h.
 */
export function encodeFrame(
  id: number,
  kind: keyof typeof KINDS,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(HEAD_BYTES - 4 + payload.length, 0);
  head.writeUInt32LE(id, 4);
  head.writeUInt8(KINDS[kind], 8);
  return Buffer.concat([head, payload]);
}

/** `struct event` of native/linux/launcher/zygote.h. */
const EVENT_BYTES = 16;

const PIPE = 7;
const MALFORMED = 8;
const PREPARED = 9;

/**
 * Reads a zygote's events.
 *
 * @param channel - its control socket.
 * @param onEvent - called for each event, in order.
 */
export function readZygoteEvents(channel: Duplex, onEvent: (event: ZygoteEvent) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  channel.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (; pending.length >= EVENT_BYTES; pending = pending.subarray(EVENT_BYTES)) {
      const event = eventOf(pending.readUInt32LE(4), pending.readInt32LE(8));
      if (event !== undefined) onEvent({ id: pending.readUInt32LE(0), event });
    }
  });
  channel.on('error', () => {
    channel.destroy();
  });
}

function eventOf(kind: number, value: number): ZygoteEvent['event'] | undefined {
  if (kind === PIPE) return { kind: 'pipe', stream: value & 7, fd: value >> 3 };
  if (kind === PREPARED) return { kind: 'prepared' };
  return kind === MALFORMED ? { kind: 'malformed', errno: value } : guardEvent(kind, value);
}
