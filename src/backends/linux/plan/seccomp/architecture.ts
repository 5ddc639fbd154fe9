import { ARM64_SYSCALLS } from './arm64.js';
import { X64_SYSCALLS, type SyscallName } from './x64.js';

/** A processor architecture that the policy is known for; named as Node names it. */
export type SeccompArchitecture = 'x64' | 'arm64';

/** What the program must know of an architecture. */
export interface ArchitectureFacts {
  /** Names the calling convention in `seccomp_data.arch`; include/uapi/linux/audit.h. */
  readonly auditArchitecture: number;
  /** Set in the number of every call of a second convention under the same name; undefined where there is none. */
  readonly foreignCallBit: number | undefined;
  readonly syscalls: Readonly<Record<SyscallName, number | undefined>>;
}

/** The facts of each architecture. */
export const ARCHITECTURES: Readonly<Record<SeccompArchitecture, ArchitectureFacts>> = {
  // The bit is __X32_SYSCALL_BIT of arch/x86/include/uapi/asm/unistd.h: x32 calls arrive as AUDIT_ARCH_X86_64 and would
  // pass every comparison with a 64-bit number.
  x64: { auditArchitecture: 0xc000003e, foreignCallBit: 0x40000000, syscalls: X64_SYSCALLS },
  arm64: { auditArchitecture: 0xc00000b7, foreignCallBit: undefined, syscalls: ARM64_SYSCALLS },
};
