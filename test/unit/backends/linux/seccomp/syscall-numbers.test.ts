import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARM64_SYSCALLS } from '../../../../../src/backends/linux/plan/seccomp/arm64.js';
import { SECCOMP_RULES } from '../../../../../src/backends/linux/plan/seccomp/policy.js';
import { rulesWithoutNamespaces } from '../../../../../src/backends/linux/plan/seccomp/without-namespaces.js';
import { X64_SYSCALLS } from '../../../../../src/backends/linux/plan/seccomp/x64.js';

const RULES = [
  ...SECCOMP_RULES,
  ...rulesWithoutNamespaces('restricted'),
  ...rulesWithoutNamespaces('enabled'),
];

/** Copied by hand from the kernel's tables; what is compared where no kernel header is installed. */
const PINNED_X64 = {
  open: 2,
  ioctl: 16,
  socket: 41,
  clone: 56,
  ptrace: 101,
  mount: 165,
  keyctl: 250,
  openat: 257,
};
const PINNED_ARM64 = {
  ioctl: 29,
  fchmod: 52,
  openat: 56,
  unshare: 97,
  ptrace: 117,
  socket: 198,
  clone: 220,
  bpf: 280,
};
/** From 424 on, a call has the same number on every architecture. */
const PINNED_BOTH = { io_uring_setup: 425, clone3: 435, openat2: 437, fchmodat2: 452, open_tree_attr: 467 };

const TABLES: readonly {
  architecture: string;
  table: Readonly<Record<string, number | undefined>>;
  header: string;
  pinned: Readonly<Record<string, number>>;
}[] = [
  {
    architecture: 'x64',
    table: X64_SYSCALLS,
    header: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
    pinned: { ...PINNED_X64, ...PINNED_BOTH },
  },
  {
    architecture: 'arm64',
    table: ARM64_SYSCALLS,
    header: '/usr/include/asm-generic/unistd.h',
    pinned: { ...PINNED_ARM64, ...PINNED_BOTH },
  },
];

/** The numbers a header defines; the pinned ones where the header is not installed. Headers may be older than our table. */
function kernelNumbers(
  header: string,
  pinned: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const found = new Map(Object.entries(pinned));
  if (!existsSync(header)) return found;
  for (const [, name = '', number] of readFileSync(header, 'utf8').matchAll(/^#define __NR_(\w+) (\d+)$/gm)) {
    found.set(name, Number(number));
  }
  return found;
}

describe.each(TABLES)('the $architecture system-call numbers', ({ table, header, pinned }) => {
  it('are those of the kernel', () => {
    const known = [...kernelNumbers(header, pinned)].filter(([name]) => name in table);
    expect(known.length).toBeGreaterThanOrEqual(Object.keys(pinned).length);
    expect(Object.fromEntries(known.map(([name]) => [name, table[name]]))).toEqual(Object.fromEntries(known));
  });

  it('belong to one call each', () => {
    const numbers = Object.values(table).filter((number) => number !== undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('are given for exactly the calls that the policy names', () => {
    const named = new Set<string>(RULES.flatMap(({ syscalls }) => syscalls));
    expect(Object.keys(table).sort()).toEqual([...named].sort());
  });
});
