import { type Duplex } from 'node:stream';
import { type LinuxLaunchPlan, type MountCheck } from '../plan/launch-plan.js';

/** What the guard tells; the numbers are `enum event` of native/linux/guard/guard.c. */
export type GuardEvent =
  | { readonly kind: 'child'; readonly pid: number }
  | { readonly kind: 'released' }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'failed'; readonly code: number }
  | { readonly kind: 'mismatch'; readonly index: number };

/**
 * The message that starts a sandbox: `CRD1`, three lengths, options, seccomp program, checks (native/linux/guard/request.h).
 *
 * @param options - bubblewrap's, without the command.
 * @param seccomp - the program.
 * @param plan - for its checks.
 */
export function encodeRequest(options: readonly string[], seccomp: Uint8Array, plan: LinuxLaunchPlan): Buffer {
  const args = Buffer.from(options.map((option) => `${option}\0`).join(''), 'utf8');
  const checks = Buffer.concat(plan.checks.map(encodeCheck));
  const header = Buffer.alloc(16);
  header.write('CRD1', 'latin1');
  header.writeUInt32LE(args.length, 4);
  header.writeUInt32LE(seccomp.length, 8);
  header.writeUInt32LE(checks.length, 12);
  return Buffer.concat([header, args, seccomp, checks]);
}

/**
 * Reads the guard's events.
 *
 * @param channel - the control socket.
 * @param onEvent - called for each event, in order.
 */
export function readEvents(channel: Duplex, onEvent: (event: GuardEvent) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  channel.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (; pending.length >= 8; pending = pending.subarray(8)) {
      const event = decodeEvent(pending.readUInt32LE(0), pending.readInt32LE(4));
      if (event !== undefined) onEvent(event);
    }
  });
}

function decodeEvent(kind: number, value: number): GuardEvent | undefined {
  switch (kind) {
    case 1:
      return { kind: 'child', pid: value };
    case 2:
      return { kind: 'released' };
    case 3:
      return { kind: 'exited', code: value };
    case 4:
      return { kind: 'failed', code: value };
    case 5:
      return { kind: 'mismatch', index: value };
    default:
      return undefined;
  }
}

function encodeCheck(check: MountCheck): Buffer {
  const fixed = Buffer.alloc(17);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.device), 0);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.inode), 8);
  fixed.write(check.side === 'sandbox' ? 's' : 'h', 16, 'latin1');
  return Buffer.concat([fixed, Buffer.from(`${check.path}\0`, 'utf8')]);
}
