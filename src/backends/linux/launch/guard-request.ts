import { type LinuxLaunchPlan, type MountCheck } from '../plan/launch-plan.js';

/**
 * The message that starts a sandbox: `CRD1`, three lengths, options, seccomp program, checks (native/linux/guard/request.h).
 *
 * @param options - bubblewrap's, without the command.
 * @param seccomp - the program.
 * @param plan - for its checks.
 */
export function encodeRequest(
  options: readonly string[],
  seccomp: Uint8Array,
  plan: LinuxLaunchPlan,
): Buffer {
  const args = Buffer.from(options.map((option) => `${option}\0`).join(''), 'utf8');
  const checks = Buffer.concat(plan.checks.map(encodeCheck));
  const header = Buffer.alloc(16);
  header.write('CRD1', 'latin1');
  header.writeUInt32LE(args.length, 4);
  header.writeUInt32LE(seccomp.length, 8);
  header.writeUInt32LE(checks.length, 12);
  return Buffer.concat([header, args, seccomp, checks]);
}

function encodeCheck(check: MountCheck): Buffer {
  const fixed = Buffer.alloc(17);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.device), 0);
  fixed.writeBigUInt64LE(BigInt.asUintN(64, check.identity.inode), 8);
  fixed.write(check.side === 'sandbox' ? 's' : 'h', 16, 'latin1');
  return Buffer.concat([fixed, Buffer.from(`${check.path}\0`, 'utf8')]);
}
