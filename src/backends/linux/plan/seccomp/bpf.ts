import { unreachable } from '../../../../errors/cordon-error.js';

/**
 * Most instructions the kernel takes in one classic BPF program.
 * Source: BPF_MAXINSNS, include/uapi/linux/bpf_common.h.
 */
const MAX_BPF_INSTRUCTIONS = 4096;

/** Bytes of one instruction: u16 code, u8 jt, u8 jf, u32 k (struct sock_filter, linux/filter.h). */
const BPF_INSTRUCTION_BYTES = 8;

/** Farthest a conditional jump reaches, in instructions: `jt` and `jf` are bytes. A plain jump has 32 bits. */
export const MAX_BRANCH_DISTANCE = 255;

/** How a branch compares the accumulator with its value; unsigned, 32 bits. */
type BpfTest = 'equal' | 'at-least' | 'any-bit';

/** Goes one of two ways; a way without a label goes on with the next instruction. */
interface BpfBranch {
  readonly kind: 'branch';
  readonly test: BpfTest;
  readonly value: number;
  readonly whenTrue?: string;
  readonly whenFalse?: string;
}

/** One line of a program: an instruction, or a label that names the instruction after it. */
export type BpfStep =
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'load'; readonly offset: number }
  | { readonly kind: 'jump'; readonly to: string }
  | BpfBranch
  | { readonly kind: 'return'; readonly value: number };

/** Source: include/uapi/linux/bpf_common.h; the sums are class | mode or operation | operand. */
const CODE = {
  loadWordAbsolute: 0x00 | 0x00 | 0x20,
  jump: 0x05 | 0x00,
  branch: { equal: 0x05 | 0x10, 'at-least': 0x05 | 0x30, 'any-bit': 0x05 | 0x40 },
  returnConstant: 0x06 | 0x00,
} as const;

/** Bytes of struct seccomp_data, which loads may read: nr, arch, instruction pointer, six arguments. */
const SECCOMP_DATA_BYTES = 64;

type Instruction = Exclude<BpfStep, { kind: 'label' }>;

interface Place {
  readonly index: number;
  readonly labels: ReadonlyMap<string, number>;
}

/**
 * Turns steps into the bytes of a classic BPF program, little-endian as both supported architectures are.
 *
 * @param steps - at most 4096 instructions; jumps lead forward only, branches at most 255 instructions far.
 * @returns eight bytes an instruction.
 * @throws CordonError `internal` when the steps break a rule of the kernel's checker (bpf_check_classic, net/core/filter.c).
 */
export function assembleBpf(steps: readonly BpfStep[]): Uint8Array {
  const instructions = steps.filter((step): step is Instruction => step.kind !== 'label');
  if (instructions.length > MAX_BPF_INSTRUCTIONS) {
    unreachable(`a seccomp program has ${String(instructions.length)} instructions, at most 4096 are taken`);
  }
  if (steps.at(-1)?.kind !== 'return') unreachable('a seccomp program does not end with a return');
  const labels = placeLabels(steps);
  const view = new DataView(new ArrayBuffer(instructions.length * BPF_INSTRUCTION_BYTES));
  instructions.forEach((instruction, index) => {
    encode(view, instruction, { index, labels });
  });
  return new Uint8Array(view.buffer);
}

/** How many instructions steps take; labels take none. */
export function countInstructions(steps: readonly BpfStep[]): number {
  return steps.reduce((count, step) => (step.kind === 'label' ? count : count + 1), 0);
}

function placeLabels(steps: readonly BpfStep[]): ReadonlyMap<string, number> {
  const labels = new Map<string, number>();
  let index = 0;
  for (const step of steps) {
    if (step.kind !== 'label') index += 1;
    else if (labels.has(step.name)) unreachable(`the seccomp label "${step.name}" is placed twice`);
    else labels.set(step.name, index);
  }
  return labels;
}

function encode(view: DataView, instruction: Instruction, place: Place): void {
  switch (instruction.kind) {
    case 'load':
      write(view, place.index, { code: CODE.loadWordAbsolute, k: checkedOffset(instruction.offset) });
      return;
    case 'jump':
      write(view, place.index, { code: CODE.jump, k: distance(instruction.to, place) });
      return;
    case 'branch':
      write(view, place.index, {
        code: CODE.branch[instruction.test],
        jt: branchDistance(instruction.whenTrue, place),
        jf: branchDistance(instruction.whenFalse, place),
        k: instruction.value,
      });
      return;
    case 'return':
      write(view, place.index, { code: CODE.returnConstant, k: instruction.value });
  }
}

function checkedOffset(offset: number): number {
  if (offset % 4 !== 0 || offset < 0 || offset >= SECCOMP_DATA_BYTES) {
    unreachable(`a seccomp program loads from offset ${String(offset)}`);
  }
  return offset;
}

function branchDistance(label: string | undefined, place: Place): number {
  if (label === undefined) return 0;
  const steps = distance(label, place);
  if (steps > MAX_BRANCH_DISTANCE) {
    unreachable(
      `a seccomp branch to "${label}" is ${String(steps)} instructions long, at most 255 are taken`,
    );
  }
  return steps;
}

function distance(label: string, { index, labels }: Place): number {
  const target = labels.get(label);
  if (target === undefined) return unreachable(`the seccomp label "${label}" is placed nowhere`);
  if (target <= index) return unreachable(`the seccomp label "${label}" lies behind a jump to it`);
  return target - index - 1;
}

interface Fields {
  readonly code: number;
  readonly jt?: number;
  readonly jf?: number;
  readonly k: number;
}

function write(view: DataView, index: number, { code, jt = 0, jf = 0, k }: Fields): void {
  if (!Number.isInteger(k) || k < 0 || k > 0xffffffff) {
    unreachable(`a seccomp instruction has the value ${String(k)}, which is no unsigned 32-bit number`);
  }
  const at = index * BPF_INSTRUCTION_BYTES;
  view.setUint16(at, code, true);
  view.setUint8(at + 2, jt);
  view.setUint8(at + 3, jf);
  view.setUint32(at + 4, k, true);
}
