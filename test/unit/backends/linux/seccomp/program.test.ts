import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARM64_SYSCALLS } from '../../../../../src/backends/linux/plan/seccomp/arm64.js';
import { SECCOMP_RULES } from '../../../../../src/backends/linux/plan/seccomp/policy.js';
import { assembleSeccompProgram } from '../../../../../src/backends/linux/plan/seccomp/program.js';
import { X64_SYSCALLS, type SyscallName } from '../../../../../src/backends/linux/plan/seccomp/x64.js';
import { runSeccompProgram, whyKernelRefuses } from '../../../../support/bpf-interpreter.js';

/** Restated here on purpose: the values of the kernel's headers. */
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
const KILL_PROCESS = 0x80000000;
const GARBAGE = 0xdeadbeef_00000000n;

const MACHINES = [
  { architecture: 'x64', audit: 0xc000003e, numbers: X64_SYSCALLS },
  { architecture: 'arm64', audit: 0xc00000b7, numbers: ARM64_SYSCALLS },
] as const;
const PROGRAMS = MACHINES.flatMap((machine) =>
  (['restricted', 'enabled'] as const).map((network) => ({
    ...machine,
    network,
    program: assembleSeccompProgram({ architecture: machine.architecture, network }),
  })),
);

type Program = (typeof PROGRAMS)[number];

/** What the program answers, or `absent` where the architecture has no such call. */
function answer(
  { program, audit, numbers }: Program,
  name: SyscallName,
  args: readonly bigint[],
): number | 'absent' {
  const nr = numbers[name];
  return nr === undefined ? 'absent' : runSeccompProgram(program, { nr, arch: audit, args }).action;
}

const ALWAYS_REFUSED: readonly SyscallName[] = [
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'process_madvise',
  'kcmp',
  'pidfd_getfd',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'keyctl',
  'add_key',
  'request_key',
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'move_mount',
  'open_tree',
  'open_tree_attr',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  'setns',
  'open_by_handle_at',
  'init_module',
  'finit_module',
  'delete_module',
  'kexec_load',
  'kexec_file_load',
  'reboot',
  'swapon',
  'swapoff',
  'acct',
  'quotactl',
  'quotactl_fd',
  'syslog',
  'settimeofday',
  'clock_settime',
  'iopl',
  'ioperm',
  'vhangup',
  'lookup_dcookie',
  'nfsservctl',
  'uselib',
  'fanotify_init',
  'modify_ldt',
];

/** Calls whose arguments decide; each refusal stands beside the nearest call that is allowed. */
const BY_ARGUMENT: readonly {
  call: SyscallName;
  args: readonly bigint[];
  expected: number;
  network?: 'restricted' | 'enabled';
}[] = [
  ...[0x5412n, 0x541cn, 0x5423n].map((cmd) => ({ call: 'ioctl', args: [0n, cmd], expected: EPERM }) as const),
  ...[0x5411n, 0x5413n, 0x541bn, 0x541dn, 0x5422n, 0x5424n, 0n, 0x80005412n].map(
    (cmd) => ({ call: 'ioctl', args: [0n, cmd], expected: ALLOW }) as const,
  ),
  { call: 'ioctl', args: [0x5412n, 0n], expected: ALLOW },

  ...[17n, 25n, 26n, 27n, 28n, 29n, 30n].map(
    (bit) => ({ call: 'clone', args: [(1n << bit) | 17n], expected: EPERM }) as const,
  ),
  ...[7n, 8n, 16n, 18n, 24n, 31n].map(
    (bit) => ({ call: 'clone', args: [1n << bit], expected: ALLOW }) as const,
  ),
  { call: 'clone', args: [0x003d0f00n], expected: ALLOW }, // what pthread_create asks for
  { call: 'clone', args: [0x01200011n], expected: ALLOW }, // what fork asks for
  { call: 'clone', args: [0x81ffffffn & ~0x20000n], expected: ALLOW },
  { call: 'clone', args: [17n, 0x10000000n], expected: ALLOW },

  ...[7n, 17n, 20n, 25n, 26n, 27n, 28n, 29n, 30n, 31n, 0n].map(
    (bit) => ({ call: 'unshare', args: [(1n << bit) | 0x400n], expected: EPERM }) as const,
  ),
  ...[0n, 0x100n, 0x200n, 0x400n, 0x800n, 0x10000n, 0x40000n, 0x50f00n].map(
    (flags) => ({ call: 'unshare', args: [flags], expected: ALLOW }) as const,
  ),

  ...(['socket', 'socketpair'] as const).flatMap((call) => [
    ...[1n, 2n, 10n].map((domain) => ({ call, args: [domain, 1n, 6n], expected: ALLOW })),
    ...[0n, 3n, 9n, 11n, 15n, 17n, 31n, 38n, 40n, 0xffffffffn].map((domain) => ({
      call,
      args: [domain, 1n, 0n],
      expected: EPERM,
    })),
    { call, args: [16n, 3n, 0n], expected: EPERM, network: 'restricted' } as const,
    { call, args: [16n, 3n, 0n], expected: ALLOW, network: 'enabled' } as const,
    { call, args: [16n, 3n, 1n], expected: EPERM, network: 'enabled' } as const,
    { call, args: [16n, 3n, 12n], expected: EPERM, network: 'enabled' } as const,
  ]),

  ...(
    [
      { call: 'chmod', before: [0n] },
      { call: 'fchmod', before: [0n] },
      { call: 'creat', before: [0n] },
      { call: 'mknod', before: [0n] },
      { call: 'fchmodat', before: [0n, 0n] },
      { call: 'fchmodat2', before: [0n, 0n] },
      { call: 'mknodat', before: [0n, 0n] },
      { call: 'open', before: [0n, 0o100n] },
      { call: 'open', before: [0n, 0o20200000n] },
      { call: 'openat', before: [0n, 0n, 0o101n] },
      { call: 'openat', before: [0n, 0n, 0o20200002n] },
    ] as const
  ).flatMap(({ call, before }) => [
    ...[0o2000n, 0o4000n, 0o6777n, 0o104755n].map((mode) => ({
      call,
      args: [...before, mode],
      expected: EPERM,
    })),
    ...[0n, 0o1777n, 0o644n, 0o100755n, 0o10644n].map((mode) => ({
      call,
      args: [...before, mode],
      expected: ALLOW,
    })),
  ]),
  { call: 'open', args: [0n, 0n, 0o4755n], expected: ALLOW },
  { call: 'open', args: [0n, 0o1000n, 0o4755n], expected: ALLOW },
  { call: 'open', args: [0n, 0o200000n, 0o4755n], expected: ALLOW }, // O_DIRECTORY alone makes no file
  { call: 'openat', args: [0n, 0n, 0o2n, 0o6755n], expected: ALLOW },
  { call: 'openat', args: [0n, 0o100n, 0o40n, 0o6755n], expected: ALLOW },
  { call: 'clone3', args: [0n, 88n], expected: ENOSYS },
  { call: 'openat2', args: [0n, 0n, 0n, 24n], expected: ENOSYS },
];

describe.each(PROGRAMS)('the seccomp program ($architecture, network $network)', (machine) => {
  const { program, audit, numbers, network } = machine;

  it('is one that the kernel takes', () => {
    expect(whyKernelRefuses(program)).toBeUndefined();
  });

  it.each(ALWAYS_REFUSED)('refuses %s whatever its arguments', (name) => {
    const ones = Array.from({ length: 6 }, () => 2n ** 64n - 1n);
    for (const args of [[], ones]) expect([EPERM, 'absent']).toContain(answer(machine, name, args));
  });

  it('answers every case of the table of arguments', () => {
    for (const { call, args, expected, network: only = network } of BY_ARGUMENT) {
      if (only !== network) continue;
      const shown = `${call}(${args.map((arg) => `0x${arg.toString(16)}`).join(', ')})`;
      expect({ shown, action: answer(machine, call, args) }).toEqual({
        shown,
        action: numbers[call] === undefined ? 'absent' : expected,
      });
    }
  });

  it('gives the same answers when the upper halves of the arguments hold garbage', () => {
    for (const { call, args } of BY_ARGUMENT) {
      const dirty = Array.from({ length: 6 }, (_, index) => (args[index] ?? 0n) | GARBAGE);
      expect({ call, args, action: answer(machine, call, dirty) }).toEqual({
        call,
        args,
        action: answer(machine, call, args),
      });
    }
  });

  it('allows every call that the policy does not name, whatever its arguments', () => {
    const named = new Set<number | undefined>(Object.values(numbers));
    const unnamed = Array.from({ length: 1024 }, (_, nr) => nr).filter((nr) => !named.has(nr));
    const argument = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const property = fc.property(fc.array(argument, { maxLength: 6 }), (args) =>
      unnamed.every((nr) => runSeccompProgram(program, { nr, arch: audit, args }).action === ALLOW),
    );
    fc.assert(property, { numRuns: 20 });
    for (const nr of [0x3fffffff, 0x80000000, 0xbfffffff]) {
      expect(runSeccompProgram(program, { nr, arch: audit }).action).toBe(ALLOW);
    }
  });

  it('kills calls of every other architecture', () => {
    const others = [0xc000003e, 0xc00000b7, 0x40000003, 0x40000028, 0, 0xffffffff].filter(
      (arch) => arch !== audit,
    );
    for (const arch of others) {
      for (const nr of [0, 39, 101, 0x40000027]) {
        expect(runSeccompProgram(program, { nr, arch }).action).toBe(KILL_PROCESS);
      }
    }
  });

  it('decides a call that it allows by its number within 12 instructions', () => {
    const named = new Set<number | undefined>(Object.values(numbers));
    const steps = Array.from({ length: 1024 }, (_, nr) => nr)
      .filter((nr) => !named.has(nr))
      .map((nr) => runSeccompProgram(program, { nr, arch: audit }).steps);
    expect(Math.max(...steps)).toBeLessThanOrEqual(12);
  });

  it('has no part, cut off anywhere, that the kernel takes', () => {
    for (let length = 0; length < program.length; length += 1) {
      expect({ length, refused: whyKernelRefuses(program.subarray(0, length)) !== undefined }).toEqual({
        length,
        refused: true,
      });
    }
  });
});

describe('the tables of these tests', () => {
  it('hold every call that the policy names', () => {
    const tried = new Set<string>([...ALWAYS_REFUSED, ...BY_ARGUMENT.map(({ call }) => call)]);
    const named = new Set<string>(SECCOMP_RULES.flatMap(({ syscalls }) => syscalls));
    expect([...tried].sort()).toEqual([...named].sort());
  });
});

describe('the seccomp program for x86-64', () => {
  const program = assembleSeccompProgram({ architecture: 'x64', network: 'restricted' });
  const action = (nr: number): number => runSeccompProgram(program, { nr, arch: 0xc000003e }).action;

  it('kills x32 calls, known or unknown, and no number next to them', () => {
    for (const nr of [0x40000000, 0x40000027, 0x40000065, 0x7fffffff, 0xc0000000])
      expect(action(nr)).toBe(KILL_PROCESS);
    expect(action(0x3fffffff)).toBe(ALLOW);
    expect(action(0x80000027)).toBe(ALLOW);
  });
});

describe('the seccomp program for arm64', () => {
  it('allows numbers with the bit that means x32 elsewhere: the kernel knows none of them', () => {
    const program = assembleSeccompProgram({ architecture: 'arm64', network: 'restricted' });
    expect(runSeccompProgram(program, { nr: 0x40000027, arch: 0xc00000b7 }).action).toBe(ALLOW);
  });
});
