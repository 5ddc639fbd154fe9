import { describe, expect, it } from 'vitest';
import { ARM64_SYSCALLS } from '../../../../../src/backends/linux/plan/seccomp/arm64.js';
import { assembleSeccompProgram } from '../../../../../src/backends/linux/plan/seccomp/program.js';
import { seccompRules } from '../../../../../src/backends/linux/plan/seccomp/program-rules.js';
import { rulesWithoutNamespaces } from '../../../../../src/backends/linux/plan/seccomp/without-namespaces.js';
import { X64_SYSCALLS, type SyscallName } from '../../../../../src/backends/linux/plan/seccomp/x64.js';
import { runSeccompProgram, whyKernelRefuses } from '../../../../support/bpf-interpreter.js';

/** Restated here on purpose: the values of the kernel's headers. */
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;

const MACHINES = [
  { architecture: 'x64', arch: 0xc000003e, numbers: X64_SYSCALLS },
  { architecture: 'arm64', arch: 0xc00000b7, numbers: ARM64_SYSCALLS },
] as const;

const CASES = MACHINES.flatMap((machine) =>
  (['restricted', 'enabled'] as const).map((network) => ({ ...machine, network })),
);

const EPERM_ALWAYS: readonly SyscallName[] = [
  ...(['chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'fchown', 'lchown', 'fchownat'] as const),
  ...(['utime', 'utimes', 'futimesat', 'utimensat', 'file_setattr'] as const),
  ...(['shmget', 'shmat', 'shmctl', 'semget', 'semop', 'semtimedop', 'semctl'] as const),
  ...(['msgget', 'msgsnd', 'msgrcv', 'msgctl', 'mq_open', 'mq_unlink'] as const),
];

const ENOSYS_ALWAYS: readonly SyscallName[] = [
  ...(['setxattr', 'lsetxattr', 'fsetxattr', 'setxattrat'] as const),
  ...(['removexattr', 'lremovexattr', 'fremovexattr', 'removexattrat'] as const),
  ...(['getxattr', 'lgetxattr', 'fgetxattr', 'getxattrat'] as const),
  ...(['listxattr', 'llistxattr', 'flistxattr', 'listxattrat', 'inotify_init', 'inotify_init1'] as const),
];

/** Each refusal beside the nearest call that is allowed; `network` where only one kind is meant. */
const BY_ARGUMENT: readonly (readonly [SyscallName, readonly bigint[], number, network?: string])[] = [
  ['ioctl', [0n, 0x5401n], ALLOW],
  ['ioctl', [0n, 0x5411n], ALLOW],
  ['ioctl', [0n, 0x5412n], EPERM],
  ['ioctl', [0n, 0x5413n], ALLOW],
  ['ioctl', [0n, 0x541bn], ALLOW],
  ['ioctl', [0n, 0x541cn], EPERM],
  ['ioctl', [0n, 0x80086601n], ALLOW],
  ['ioctl', [0n, 0x40086602n], EPERM],
  ['ioctl', [0n, 0x50009401n], EPERM],
  ['ioctl', [0n, 0x40049409n], ALLOW],
  ['ioctl', [0n, 0xdeadbeef_00005401n], ALLOW],
  ['prlimit64', [0n, 7n], ALLOW],
  ['prlimit64', [1n, 7n], EPERM],
  ['sched_setaffinity', [0n], ALLOW],
  ['sched_setaffinity', [77n], EPERM],
  ['sched_setscheduler', [77n], EPERM],
  ['sched_setparam', [77n], EPERM],
  ['sched_setattr', [77n], EPERM],
  ['setpriority', [0n, 0n, 5n], ALLOW],
  ['setpriority', [0n, 77n, 5n], EPERM],
  ['setpriority', [2n, 0n, 5n], EPERM],
  ['ioprio_set', [1n, 0n], ALLOW],
  ['ioprio_set', [1n, 77n], EPERM],
  ['ioprio_set', [3n, 0n], EPERM],
  ['socket', [1n, 1n], EPERM],
  ['socket', [2n, 1n], EPERM, 'restricted'],
  ['socket', [2n, 1n], ALLOW, 'enabled'],
  ['socket', [10n, 2n], EPERM, 'restricted'],
  ['socket', [10n, 2n], ALLOW, 'enabled'],
  ['socket', [16n, 3n, 0n], EPERM, 'restricted'],
  ['socket', [16n, 3n, 0n], ALLOW, 'enabled'],
  ['socket', [40n, 1n], EPERM],
  ['socketpair', [1n, 1n], ALLOW],
  ['socketpair', [1n, 5n], ALLOW],
  ['socketpair', [1n, 0x80801n], ALLOW],
  ['socketpair', [1n, 2n], EPERM],
  ['socketpair', [1n, 0x80002n], EPERM],
  ['socketpair', [2n, 1n], EPERM],
  ['openat', [0n, 0n, 0n, 0n], ALLOW],
  ['mount', [], EPERM],
  ['clone', [17n], ALLOW],
];

describe.each(CASES)('Without namespaces, on $architecture with network $network,', (machine) => {
  const { architecture, network, arch, numbers } = machine;
  const program = assembleSeccompProgram({ architecture, network, hasNoNamespaces: true });
  const answer = (name: SyscallName, args: readonly bigint[]): number | undefined => {
    const nr = numbers[name];
    return nr === undefined ? undefined : runSeccompProgram(program, { nr, arch, args }).action;
  };

  it('the kernel takes the program', () => {
    expect(whyKernelRefuses(program)).toBeUndefined();
  });

  it('calls that Landlock does not look at are refused', () => {
    for (const name of EPERM_ALWAYS)
      expect([name, answer(name, [])]).toBeOneOf([
        [name, EPERM],
        [name, undefined],
      ]);
    for (const name of ENOSYS_ALWAYS)
      expect([name, answer(name, [])]).toBeOneOf([
        [name, ENOSYS],
        [name, undefined],
      ]);
  });

  it('arguments decide where some calls are harmless', () => {
    for (const [name, args, expected, only] of BY_ARGUMENT)
      if (only === undefined || only === network)
        expect([name, args, answer(name, args)]).toEqual([name, args, expected]);
  });

  it('nothing is allowed that the filter behind namespaces refuses', () => {
    const weaker = assembleSeccompProgram({ architecture, network });
    for (let nr = 0; nr < 500; nr += 1)
      for (const args of [[], [1n, 2n, 3n], [0x7e020000n, 0x5412n, 0o6777n, 0o6777n]]) {
        const call = { nr, arch, args };
        const isAllowed = runSeccompProgram(program, call).action === ALLOW;
        if (isAllowed) expect([nr, runSeccompProgram(weaker, call).action]).toEqual([nr, ALLOW]);
      }
  });
});

it('The tables of these tests hold every call that the rules without namespaces name', () => {
  const named = [...rulesWithoutNamespaces('restricted'), ...rulesWithoutNamespaces('enabled')].flatMap(
    ({ syscalls }) => syscalls,
  );
  const tried = new Set<string>([...EPERM_ALWAYS, ...ENOSYS_ALWAYS, ...BY_ARGUMENT.map(([name]) => name)]);
  expect(named.filter((name) => !tried.has(name))).toEqual([]);
});

it('The rules of a program with namespaces are those of the policy alone', () => {
  const own = new Set(rulesWithoutNamespaces('restricted'));
  const rules = seccompRules({ architecture: 'x64', network: 'restricted' });
  expect(rules.filter((rule) => own.has(rule))).toEqual([]);
});
