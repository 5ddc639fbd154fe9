import { type MountCheck } from '../plan/launch-plan.js';
import { type SandboxMessage } from './starter.js';

/** What the guard is told. */
export interface GuardMessage extends SandboxMessage {
  /** The launcher's whole command line, for a guard that was started without one; else empty. */
  readonly commandLine: readonly string[];
}

/**
 * The message that starts a sandbox: `CRD2`, four lengths, options, seccomp program, checks, command line
 * (native/linux/guard/request.h).
 *
 * @param message - what it is made of.
 */
export function encodeRequest({ options, seccomp, checks, commandLine }: GuardMessage): Buffer {
  const args = encodeStrings(options);
  const checked = encodeChecks(checks);
  const argv = encodeStrings(commandLine);
  const header = Buffer.alloc(20);
  header.write('CRD2', 'latin1');
  header.writeUInt32LE(args.length, 4);
  header.writeUInt32LE(seccomp.length, 8);
  header.writeUInt32LE(checked.length, 12);
  header.writeUInt32LE(argv.length, 16);
  return Buffer.concat([header, args, seccomp, checked, argv]);
}

/** Strings, each ended by NUL. */
export function encodeStrings(strings: readonly string[]): Buffer {
  return Buffer.from(strings.map((text) => `${text}\0`).join(''), 'utf8');
}

/** Checks as native/linux/common/checks.h has them. */
export function encodeChecks(checks: readonly MountCheck[]): Buffer {
  return Buffer.concat(checks.map(encodeCheck));
}

function encodeCheck(check: MountCheck): Buffer {
  const fixed = Buffer.alloc(17);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.device), 0);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.inode), 8);
  fixed.write(check.side === 'sandbox' ? 's' : 'h', 16, 'latin1');
  return Buffer.concat([fixed, Buffer.from(`${check.path}\0`, 'utf8')]);
}
