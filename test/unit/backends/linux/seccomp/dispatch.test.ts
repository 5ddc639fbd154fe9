import { describe, expect, it } from 'vitest';
import { assembleBpf, type BpfStep } from '../../../../../src/backends/linux/plan/seccomp/bpf.js';
import { dispatchSteps } from '../../../../../src/backends/linux/plan/seccomp/dispatch.js';
import { runSeccompProgram, whyKernelRefuses } from '../../../../support/bpf-interpreter.js';

const LOAD_NUMBER: BpfStep = { kind: 'load', offset: 0 };

/** A program whose answer is the index of the range that a number is in; `padding` makes the bodies long. */
function programFor(starts: readonly number[], padding: number): Uint8Array {
  const pad = Array.from({ length: padding }, (): BpfStep => LOAD_NUMBER);
  const ranges = starts.map((first, index) => ({
    first,
    body: [...pad, { kind: 'return', value: index } as const],
  }));
  return assembleBpf([LOAD_NUMBER, ...dispatchSteps(ranges)]);
}

describe('the dispatch by number', () => {
  it.each([
    { starts: [0], padding: 0 },
    { starts: [0, 1], padding: 0 },
    { starts: [0, 7, 8], padding: 0 },
    { starts: Array.from({ length: 131 }, (_, index) => index * 3), padding: 0 },
    { starts: Array.from({ length: 60 }, (_, index) => index * 5), padding: 40 },
    { starts: [0, 100], padding: 254 },
    { starts: [0, 100], padding: 255 },
  ])(
    'finds the range of every number ($starts.length ranges, $padding extra steps each)',
    ({ starts, padding }) => {
      const program = programFor(starts, padding);
      expect(whyKernelRefuses(program)).toBeUndefined();
      for (const [index, first] of starts.entries()) {
        const end = starts[index + 1] ?? 2 ** 32;
        expect(runSeccompProgram(program, { nr: first, arch: 0 }).action).toBe(index);
        expect(runSeccompProgram(program, { nr: end - 1, arch: 0 }).action).toBe(index);
      }
    },
  );

  it('compares a number about log2 of the ranges times', () => {
    const starts = Array.from({ length: 128 }, (_, index) => index);
    const program = programFor(starts, 0);
    const steps = starts.map((nr) => runSeccompProgram(program, { nr, arch: 0 }).steps);
    expect(Math.max(...steps)).toBe(1 + 7 + 1);
  });
});
