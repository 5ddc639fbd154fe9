import { describe, expect, it } from 'vitest';
import {
  assembleBpf,
  countInstructions,
  type BpfStep,
} from '../../../../../src/backends/linux/plan/seccomp/bpf.js';
import { runSeccompProgram, whyKernelRefuses } from '../../../../support/bpf-interpreter.js';

const RETURN: BpfStep = { kind: 'return', value: 7 };
const label = (name: string): BpfStep => ({ kind: 'label', name });
const fill = (count: number): readonly BpfStep[] => Array.from({ length: count }, () => RETURN);

describe('the BPF assembler', () => {
  it('writes code, jumps and value as struct sock_filter, little-endian', () => {
    const program = assembleBpf([
      { kind: 'load', offset: 4 },
      { kind: 'branch', test: 'equal', value: 0xc000003e, whenFalse: 'end' },
      { kind: 'jump', to: 'end' },
      label('end'),
      { kind: 'return', value: 0x80000000 },
    ]);
    expect([...program]).toEqual([
      ...[0x20, 0, 0, 0, 4, 0, 0, 0],
      ...[0x15, 0, 0, 1, 0x3e, 0, 0, 0xc0],
      ...[0x05, 0, 0, 0, 0, 0, 0, 0],
      ...[0x06, 0, 0, 0, 0, 0, 0, 0x80],
    ]);
  });

  it.each([
    { test: 'equal', value: 5, nr: 5, taken: true },
    { test: 'equal', value: 5, nr: 6, taken: false },
    { test: 'at-least', value: 5, nr: 5, taken: true },
    { test: 'at-least', value: 5, nr: 4, taken: false },
    { test: 'at-least', value: 5, nr: 0xffffffff, taken: true },
    { test: 'any-bit', value: 6, nr: 2, taken: true },
    { test: 'any-bit', value: 6, nr: 9, taken: false },
    { test: 'any-bit', value: 0x80000000, nr: 0x80000000, taken: true },
  ] as const)('branches on $test $value for $nr: $taken', ({ test, value, nr, taken }) => {
    const program = assembleBpf([
      { kind: 'load', offset: 0 },
      { kind: 'branch', test, value, whenTrue: 'taken' },
      { kind: 'return', value: 0 },
      label('taken'),
      { kind: 'return', value: 1 },
    ]);
    expect(runSeccompProgram(program, { nr, arch: 0 }).action).toBe(taken ? 1 : 0);
  });

  it('lets a branch lead 255 instructions far, and no farther', () => {
    const branchOver = (count: number): readonly BpfStep[] => [
      { kind: 'branch', test: 'equal', value: 1, whenTrue: 'far' },
      ...fill(count),
      label('far'),
      RETURN,
    ];
    expect(whyKernelRefuses(assembleBpf(branchOver(255)))).toBeUndefined();
    expect(() => assembleBpf(branchOver(256))).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('lets a plain jump lead farther than a branch', () => {
    const program = assembleBpf([{ kind: 'jump', to: 'far' }, ...fill(4000), label('far'), RETURN]);
    expect(whyKernelRefuses(program)).toBeUndefined();
  });

  it('takes 4096 instructions, and no more', () => {
    expect(assembleBpf(fill(4096))).toHaveLength(4096 * 8);
    expect(() => assembleBpf(fill(4097))).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it.each<{ what: string; steps: readonly BpfStep[] }>([
    { what: 'no instruction', steps: [] },
    { what: 'no return at the end', steps: [{ kind: 'load', offset: 0 }] },
    { what: 'a label placed twice', steps: [label('a'), RETURN, label('a'), RETURN] },
    { what: 'a jump to a label that is placed nowhere', steps: [{ kind: 'jump', to: 'a' }, RETURN] },
    { what: 'a jump back', steps: [label('a'), { kind: 'jump', to: 'a' }, RETURN] },
    { what: 'a jump behind the end', steps: [{ kind: 'jump', to: 'a' }, RETURN, label('a')] },
    { what: 'a load off the words', steps: [{ kind: 'load', offset: 2 }, RETURN] },
    { what: 'a load behind the data', steps: [{ kind: 'load', offset: 64 }, RETURN] },
    { what: 'a load before the data', steps: [{ kind: 'load', offset: -4 }, RETURN] },
    { what: 'a value over 32 bits', steps: [{ kind: 'return', value: 2 ** 32 }] },
    { what: 'a negative value', steps: [{ kind: 'return', value: -1 }] },
    { what: 'a value that is no integer', steps: [{ kind: 'return', value: 0.5 }] },
  ])('refuses $what as a defect of ours', ({ steps }) => {
    expect(() => assembleBpf(steps)).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('counts instructions without labels', () => {
    expect(countInstructions([label('a'), RETURN, label('b'), RETURN])).toBe(2);
  });
});
