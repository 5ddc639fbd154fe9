import { type NetworkAccess } from '../../../../permissions/profile.js';
import { type SyscallName } from './x64.js';

/**
 * What the system-call filter refuses, as data. Every call that no row names is allowed: the mounts, the namespaces and
 * the missing capabilities are the wall, and the filter takes away what goes round or weakens them.
 *
 * Allowed on purpose: adjtimex and clock_adjtime (reading the clock's state is common, setting it needs a capability),
 * name_to_handle_at (a handle opens nothing without open_by_handle_at), prctl, seccomp and landlock (a command may only
 * tighten its own sandbox), move_pages and migrate_pages (own memory), mkdir with any mode (the kernel drops the set-id
 * bits), ustat and sysfs (they tell no more than statfs and /proc do), AF_INET with SOCK_RAW (needs a capability).
 */

/** Index of a system call's argument. */
export type ArgumentIndex = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * A test of one argument's low 32 bits. The upper half is never looked at, for the kernel takes each argument tested here as
 * 32 bits or fewer: a filter that compared 64 would let 0x1_0000_5412 pass, which the kernel then reads as 0x5412.
 */
export type ArgumentTest =
  | { readonly kind: 'any-bit-of'; readonly argument: ArgumentIndex; readonly mask: number }
  | { readonly kind: 'any-bit-outside'; readonly argument: ArgumentIndex; readonly mask: number }
  | { readonly kind: 'one-of'; readonly argument: ArgumentIndex; readonly values: readonly number[] }
  | { readonly kind: 'none-of'; readonly argument: ArgumentIndex; readonly values: readonly number[] };

/** The error a refused call returns. */
export type RefusalErrno = 'EPERM' | 'ENOSYS';

/** One row of the policy: these calls are refused when every test holds, always when there is none. */
export interface SeccompRule {
  readonly syscalls: readonly SyscallName[];
  readonly when: readonly ArgumentTest[];
  readonly answer: RefusalErrno;
  /** The profile's network access that the row belongs to; both when left out. */
  readonly network?: NetworkAccess;
  readonly reason: string;
}

/**
 * CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (linux/sched.h). CLONE_NEWTIME is 0x80, which clone
 * takes as part of the exit signal: no time namespace comes from clone.
 */
const CLONE_NAMESPACE_FLAGS = 0x7e020000;

/**
 * What unshare may be asked for: CLONE_VM 0x100, FS 0x200, FILES 0x400, SIGHAND 0x800, THREAD 0x10000, SYSVSEM 0x40000. A list
 * of the allowed, for unshare's namespaces do grow: CLONE_NEWTIME (0x80) in Linux 5.6, UNSHARE_EMPTY_MNTNS (0x100000) in 7.1.
 */
const UNSHARE_HARMLESS_FLAGS = 0x00050f00;

/** S_ISUID | S_ISGID (linux/stat.h). */
const SET_ID_BITS = 0o6000;

/** O_CREAT | __O_TMPFILE (asm-generic/fcntl.h): only with one of them open looks at its mode. Same on both architectures. */
const OPEN_CREATES_FLAGS = 0o100 | 0o20000000;

/** TIOCSTI, TIOCLINUX and TIOCSETD (asm-generic/ioctls.h). */
const TERMINAL_INJECTION_COMMANDS = [0x5412, 0x541c, 0x5423];

/** Address families of linux/socket.h. */
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;

/** NETLINK_ROUTE (linux/netlink.h). */
const NETLINK_ROUTE = 0;

const SET_ID_REASON =
  'A set-id file outlives the sandbox and runs with its owner’s rights when somebody outside starts it.';

const OTHER_PROCESSES: readonly SeccompRule[] = [
  {
    syscalls: ['ptrace', 'process_vm_readv', 'process_vm_writev'],
    when: [],
    answer: 'EPERM',
    reason: 'Reads and writes the memory of other processes.',
  },
  {
    syscalls: ['process_madvise', 'kcmp', 'pidfd_getfd'],
    when: [],
    answer: 'EPERM',
    reason: 'Reaches into other processes: their memory, their kernel objects, their open files.',
  },
];

const KERNEL_SURFACE: readonly SeccompRule[] = [
  {
    syscalls: ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
    when: [],
    answer: 'EPERM',
    reason: 'Does the work of other calls where this filter does not see it.',
  },
  {
    syscalls: ['add_key', 'request_key', 'keyctl'],
    when: [],
    answer: 'EPERM',
    reason: 'Key rings are shared with processes of the same user outside the sandbox.',
  },
  {
    syscalls: ['bpf', 'perf_event_open', 'userfaultfd'],
    when: [],
    answer: 'EPERM',
    reason: 'Watches the kernel or holds it up; a frequent way into it.',
  },
  {
    syscalls: ['modify_ldt', 'iopl', 'ioperm', 'vhangup', 'lookup_dcookie', 'nfsservctl', 'uselib'],
    when: [],
    answer: 'EPERM',
    reason: 'Old interfaces to hardware or kernel that a command does not need.',
  },
  {
    syscalls: ['ioctl'],
    when: [{ kind: 'one-of', argument: 1, values: TERMINAL_INJECTION_COMMANDS }],
    answer: 'EPERM',
    reason:
      'TIOCSTI and TIOCLINUX type into the terminal the sandbox was started from; TIOCSETD loads line disciplines.',
  },
];

const MOUNTS: readonly SeccompRule[] = [
  {
    syscalls: ['mount', 'umount2', 'pivot_root', 'chroot', 'move_mount', 'mount_setattr'],
    when: [],
    answer: 'EPERM',
    reason: 'Changes the file-system view that the profile is enforced by.',
  },
  {
    syscalls: ['open_tree', 'open_tree_attr', 'fsopen', 'fsconfig', 'fsmount', 'fspick'],
    when: [],
    answer: 'EPERM',
    reason: 'Makes mounts, piece by piece.',
  },
  {
    syscalls: ['open_by_handle_at', 'fanotify_init'],
    when: [],
    answer: 'EPERM',
    reason: 'Opens files without walking their path, past what is mounted over it.',
  },
];

const NAMESPACES: readonly SeccompRule[] = [
  {
    syscalls: ['setns'],
    when: [],
    answer: 'EPERM',
    reason: 'Enters a namespace outside the sandbox.',
  },
  {
    syscalls: ['unshare'],
    when: [{ kind: 'any-bit-outside', argument: 0, mask: UNSHARE_HARMLESS_FLAGS }],
    answer: 'EPERM',
    reason: 'A new user namespace holds every capability in itself and opens kernel code that needs one.',
  },
  {
    syscalls: ['clone'],
    when: [{ kind: 'any-bit-of', argument: 0, mask: CLONE_NAMESPACE_FLAGS }],
    answer: 'EPERM',
    reason: 'A new user namespace holds every capability in itself and opens kernel code that needs one.',
  },
  {
    syscalls: ['clone3'],
    when: [],
    answer: 'ENOSYS',
    reason: 'Its flags lie in memory, which a filter cannot read; on "no such call" libc takes clone.',
  },
];

const SYSTEM_STATE: readonly SeccompRule[] = [
  {
    syscalls: ['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'reboot'],
    when: [],
    answer: 'EPERM',
    reason: 'Loads code into the kernel, replaces it, or stops the machine.',
  },
  {
    syscalls: ['swapon', 'swapoff', 'acct', 'quotactl', 'quotactl_fd', 'settimeofday', 'clock_settime'],
    when: [],
    answer: 'EPERM',
    reason: 'Changes settings of the whole machine.',
  },
  {
    syscalls: ['syslog'],
    when: [],
    answer: 'EPERM',
    reason: 'The kernel log tells of other processes and of addresses in the kernel.',
  },
];

const SOCKETS: readonly SeccompRule[] = [
  {
    syscalls: ['socket', 'socketpair'],
    when: [{ kind: 'none-of', argument: 0, values: [AF_UNIX, AF_INET, AF_INET6] }],
    answer: 'EPERM',
    network: 'restricted',
    reason: 'Other families reach past the network namespace (AF_VSOCK) or are needless kernel surface.',
  },
  {
    syscalls: ['socket', 'socketpair'],
    when: [{ kind: 'none-of', argument: 0, values: [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] }],
    answer: 'EPERM',
    network: 'enabled',
    reason: 'Other families reach past the network (AF_VSOCK) or are needless kernel surface.',
  },
  {
    syscalls: ['socket', 'socketpair'],
    when: [
      { kind: 'one-of', argument: 0, values: [AF_NETLINK] },
      { kind: 'none-of', argument: 2, values: [NETLINK_ROUTE] },
    ],
    answer: 'EPERM',
    network: 'enabled',
    reason: 'Of netlink, programs need NETLINK_ROUTE to list addresses; the rest administers the kernel.',
  },
];

const SET_ID_FILES: readonly SeccompRule[] = [
  {
    syscalls: ['chmod', 'fchmod', 'creat'],
    when: [{ kind: 'any-bit-of', argument: 1, mask: SET_ID_BITS }],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['fchmodat', 'fchmodat2'],
    when: [{ kind: 'any-bit-of', argument: 2, mask: SET_ID_BITS }],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['mknod'],
    when: [{ kind: 'any-bit-of', argument: 1, mask: SET_ID_BITS }],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['mknodat'],
    when: [{ kind: 'any-bit-of', argument: 2, mask: SET_ID_BITS }],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['open'],
    when: [
      { kind: 'any-bit-of', argument: 1, mask: OPEN_CREATES_FLAGS },
      { kind: 'any-bit-of', argument: 2, mask: SET_ID_BITS },
    ],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['openat'],
    when: [
      { kind: 'any-bit-of', argument: 2, mask: OPEN_CREATES_FLAGS },
      { kind: 'any-bit-of', argument: 3, mask: SET_ID_BITS },
    ],
    answer: 'EPERM',
    reason: SET_ID_REASON,
  },
  {
    syscalls: ['openat2'],
    when: [],
    answer: 'ENOSYS',
    reason: 'Its mode lies in memory, which a filter cannot read; on "no such call" programs take openat.',
  },
];

/** Every row, for both kinds of network access. */
export const SECCOMP_RULES: readonly SeccompRule[] = [
  ...OTHER_PROCESSES,
  ...KERNEL_SURFACE,
  ...MOUNTS,
  ...NAMESPACES,
  ...SYSTEM_STATE,
  ...SOCKETS,
  ...SET_ID_FILES,
];

/**
 * The rows that hold for one kind of network access.
 *
 * @param network - the bound profile's network access.
 * @returns the rows, in the order of the policy.
 */
export function seccompRulesFor(network: NetworkAccess): readonly SeccompRule[] {
  return SECCOMP_RULES.filter((rule) => rule.network === undefined || rule.network === network);
}
