import { type NetworkAccess } from '../../../../permissions/profile.js';
import { type SeccompRule } from './policy.js';

/**
 * What the filter refuses besides where no namespace and no mount holds the command, but Landlock: calls that Landlock does not
 * look at, or that reach other processes of the user by what a namespace would keep apart.
 */

/** SOCK_STREAM and SOCK_SEQPACKET, with and without SOCK_NONBLOCK (0x800) and SOCK_CLOEXEC (0x80000) (asm-generic). */
const CONNECTED_TYPES = [1, 5].flatMap((type) => [0, 0x800, 0x80000, 0x80800].map((flags) => type | flags));

const AF_UNIX = 1;

/** PRIO_USER and IOPRIO_WHO_USER: all processes of a user (linux/resource.h, linux/ioprio.h). */
const PRIO_USER = 2;
const IOPRIO_WHO_USER = 3;

/**
 * Requests of ioctl that change nothing but the descriptor, the terminal or memory of the caller, or need an open file to write
 * to (asm-generic/ioctls.h, asm-generic/sockios.h, linux/sockios.h, linux/fs.h, linux/fiemap.h, linux/random.h).
 */
const HARMLESS_REQUESTS = [
  /* TCGETS to TIOCOUTQ, all that lies between them. */
  ...Array.from({ length: 0x5412 - 0x5401 }, (_, index) => 0x5401 + index),
  /* TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCNOTTY, TIOCGETD, TCSBRKP, TIOCGSID. */
  ...[0x5413, 0x5414, 0x541b, 0x5421, 0x5422, 0x5424, 0x5425, 0x5429],
  /* TCGETS2, TCSETS2, TCSETSW2, TCSETSF2, TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER. */
  ...[0x802c542a, 0x402c542b, 0x402c542c, 0x402c542d, 0x80045430, 0x40045431, 0x5441],
  /* FIONCLEX, FIOCLEX, FIOASYNC, FIOQSIZE, FIGETBSZ. */
  ...[0x5450, 0x5451, 0x5452, 0x5460, 0x2],
  /* FICLONE, FICLONERANGE, FIDEDUPERANGE, FS_IOC_FIEMAP, FS_IOC_GETFLAGS, FS_IOC_FSGETXATTR, RNDGETENTCNT. */
  ...[0x40049409, 0x4020940d, 0xc0189436, 0xc020660b, 0x80086601, 0x801c581f, 0x80045200],
  /* SIOCATMARK, SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX. */
  ...[0x8905, 0x8910, 0x8912, 0x8913, 0x8915, 0x891b, 0x8921, 0x8927, 0x8933],
];

const FILES: readonly SeccompRule[] = [
  {
    syscalls: ['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'fchown', 'lchown', 'fchownat'],
    when: [],
    answer: 'EPERM',
    reason: 'Landlock does not look at changes of permissions and owners, wherever the file is.',
  },
  {
    syscalls: ['utime', 'utimes', 'futimesat', 'utimensat', 'file_setattr'],
    when: [],
    answer: 'EPERM',
    reason: 'Landlock does not look at changes of times and flags, wherever the file is.',
  },
  {
    syscalls: [
      'setxattr',
      'lsetxattr',
      'fsetxattr',
      'setxattrat',
      'removexattr',
      'lremovexattr',
      'fremovexattr',
      'removexattrat',
    ],
    when: [],
    answer: 'ENOSYS',
    reason: 'Landlock does not look at extended attributes; on "no such call" programs do without.',
  },
  {
    syscalls: [
      'getxattr',
      'lgetxattr',
      'fgetxattr',
      'getxattrat',
      'listxattr',
      'llistxattr',
      'flistxattr',
      'listxattrat',
    ],
    when: [],
    answer: 'ENOSYS',
    reason: 'Extended attributes hold content, and Landlock does not look at them.',
  },
  {
    syscalls: ['inotify_init', 'inotify_init1'],
    when: [],
    answer: 'ENOSYS',
    reason:
      'Tells of what happens in directories that the command may not read; programs take to looking again.',
  },
  {
    syscalls: ['ioctl'],
    when: [{ kind: 'none-of', argument: 1, values: HARMLESS_REQUESTS }],
    answer: 'EPERM',
    reason:
      'Some requests change files that are open for reading (FS_IOC_SETFLAGS), or make snapshots of directories.',
  },
];

const OTHER_PROCESSES: readonly SeccompRule[] = [
  {
    syscalls: ['shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semtimedop', 'semctl'],
    when: [],
    answer: 'EPERM',
    reason: 'System V memory and semaphores belong to the whole machine.',
  },
  {
    syscalls: ['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink'],
    when: [],
    answer: 'EPERM',
    reason: 'System V and POSIX message queues belong to the whole machine.',
  },
  {
    syscalls: ['prlimit64', 'sched_setaffinity', 'sched_setscheduler', 'sched_setparam', 'sched_setattr'],
    when: [{ kind: 'none-of', argument: 0, values: [0] }],
    answer: 'EPERM',
    reason: 'Changes limits and scheduling of processes outside; 0 is the caller itself.',
  },
  {
    syscalls: ['setpriority', 'ioprio_set'],
    when: [{ kind: 'none-of', argument: 1, values: [0] }],
    answer: 'EPERM',
    reason: 'Changes the priority of processes outside; 0 is the caller itself.',
  },
  {
    syscalls: ['setpriority'],
    when: [{ kind: 'one-of', argument: 0, values: [PRIO_USER] }],
    answer: 'EPERM',
    reason: 'Changes the priority of all processes of the user.',
  },
  {
    syscalls: ['ioprio_set'],
    when: [{ kind: 'one-of', argument: 0, values: [IOPRIO_WHO_USER] }],
    answer: 'EPERM',
    reason: 'Changes the priority of all processes of the user.',
  },
];

const SOCKETS: readonly SeccompRule[] = [
  {
    syscalls: ['socket'],
    when: [],
    answer: 'EPERM',
    network: 'restricted',
    reason: 'There is no network namespace to keep them in, and Landlock knows TCP alone.',
  },
  {
    syscalls: ['socket'],
    when: [{ kind: 'one-of', argument: 0, values: [AF_UNIX] }],
    answer: 'EPERM',
    network: 'enabled',
    reason: 'Sockets of the host cannot be masked, and Landlock does not look at connections to their paths.',
  },
  {
    syscalls: ['socketpair'],
    when: [{ kind: 'none-of', argument: 0, values: [AF_UNIX] }],
    answer: 'EPERM',
    reason: 'Only local ones come in pairs.',
  },
  {
    syscalls: ['socketpair'],
    when: [{ kind: 'none-of', argument: 1, values: CONNECTED_TYPES }],
    answer: 'EPERM',
    reason: 'Each of a pair of datagram sockets can send to any path (sendto).',
  },
];

/**
 * The rows that come before those of every filter (policy.ts).
 *
 * @param network - the bound profile's network access.
 */
export function rulesWithoutNamespaces(network: NetworkAccess): readonly SeccompRule[] {
  const rules = [...FILES, ...OTHER_PROCESSES, ...SOCKETS];
  return rules.filter((rule) => rule.network === undefined || rule.network === network);
}
