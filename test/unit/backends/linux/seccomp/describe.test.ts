import { describe, expect, it } from 'vitest';
import { describeSeccompPolicy } from '../../../../../src/backends/linux/plan/seccomp/describe.js';

describe('the description of the seccomp policy', () => {
  it('is plain data that survives JSON', () => {
    const description = describeSeccompPolicy({ architecture: 'x64', network: 'restricted' });
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  });

  it('tells the test, the answer and the reason of each row', () => {
    const { refusals } = describeSeccompPolicy({ architecture: 'x64', network: 'enabled' });
    const of = (name: string): unknown =>
      refusals.find(({ syscalls }) => syscalls.some((call) => call === name));
    expect(of('ioctl')).toMatchObject({
      when: ['argument 1 is 0x5412 or 0x541c or 0x5423'],
      answer: 'EPERM',
    });
    expect(of('unshare')).toMatchObject({ when: ['argument 0 has a bit outside 0x50f00'] });
    expect(of('openat')).toMatchObject({
      when: ['argument 2 has a bit of 0x400040', 'argument 3 has a bit of 0xc00'],
    });
    expect(of('socket')).toMatchObject({ when: ['argument 0 is not 0x1 or 0x2 or 0xa or 0x10'] });
    expect(of('clone3')).toMatchObject({ when: [], answer: 'ENOSYS' });
    expect(refusals.every(({ reason }) => reason.endsWith('.'))).toBe(true);
  });

  it('names only calls that the architecture has', () => {
    const { refusals, kills } = describeSeccompPolicy({ architecture: 'arm64', network: 'restricted' });
    const names = refusals.flatMap(({ syscalls }) => syscalls);
    expect(names).toContain('openat');
    expect(names).not.toContain('open');
    expect(names).not.toContain('iopl');
    expect(refusals.every(({ syscalls }) => syscalls.length > 0)).toBe(true);
    expect(kills).toHaveLength(1);
  });

  it('tells that x32 calls are killed on x86-64', () => {
    const { kills } = describeSeccompPolicy({ architecture: 'x64', network: 'restricted' });
    expect(kills).toContain('x32 calls: numbers with bit 0x40000000');
  });

  it('differs between the kinds of network access in the rows for sockets only', () => {
    const rows = (network: 'restricted' | 'enabled'): readonly string[] =>
      describeSeccompPolicy({ architecture: 'x64', network })
        .refusals.filter(({ syscalls }) => !syscalls.includes('socket'))
        .map((row) => JSON.stringify(row));
    expect(rows('restricted')).toEqual(rows('enabled'));
  });
});
