import { countInstructions, MAX_BRANCH_DISTANCE, type BpfStep } from './bpf.js';

/** System calls from `first` up to the next range's first, and what is done for them. */
export interface SyscallRange {
  readonly first: number;
  /** Ends in returns; entered with the call's number in the accumulator. */
  readonly body: readonly BpfStep[];
}

/**
 * Finds the range of a call's number by halving: about log2(ranges) comparisons for each call, where a list of comparisons
 * would cost the calls at its end a hundred.
 *
 * @param ranges - at least one, by ascending `first`, the first from 0: together they hold every number.
 * @returns steps that expect the number in the accumulator.
 */
export function dispatchSteps(ranges: readonly SyscallRange[]): readonly BpfStep[] {
  const middle = ranges[ranges.length >> 1];
  if (middle === undefined || ranges.length === 1) return middle?.body ?? [];
  const left = dispatchSteps(ranges.slice(0, ranges.length >> 1));
  const right = dispatchSteps(ranges.slice(ranges.length >> 1));
  const upper = `from ${String(middle.first)}`;
  return [...chooseUpper(middle.first, upper, left), ...left, { kind: 'label', name: upper }, ...right];
}

/** A branch over the lower half; where that is longer than a branch reaches, a branch round a plain jump. */
function chooseUpper(first: number, upper: string, lower: readonly BpfStep[]): readonly BpfStep[] {
  if (countInstructions(lower) <= MAX_BRANCH_DISTANCE) {
    return [{ kind: 'branch', test: 'at-least', value: first, whenTrue: upper }];
  }
  const below = `below ${String(first)}`;
  return [
    { kind: 'branch', test: 'at-least', value: first, whenFalse: below },
    { kind: 'jump', to: upper },
    { kind: 'label', name: below },
  ];
}
