/**
 * A second reading of classic BPF, written from the kernel's rules and not from the assembler, so that a defect of the
 * assembler does not hide itself. Sources: net/core/filter.c (bpf_check_classic), kernel/seccomp.c (seccomp_check_filter).
 */

/** The call a program is asked about. */
interface SeccompCall {
  readonly nr: number;
  readonly arch: number;
  /** Up to six arguments of 64 bits; those left out are 0. */
  readonly args?: readonly bigint[];
}

interface BpfVerdict {
  /** The returned word, unsigned. */
  readonly action: number;
  /** How many instructions ran. */
  readonly steps: number;
}

interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const LOAD_WORD = 0x20;
const JUMP = 0x05;
const BRANCH_EQUAL = 0x15;
const BRANCH_AT_LEAST = 0x35;
const BRANCH_ANY_BIT = 0x45;
const RETURN = 0x06;
const BRANCHES: readonly number[] = [BRANCH_EQUAL, BRANCH_AT_LEAST, BRANCH_ANY_BIT];

/** Runs a program on a call as the kernel would. Throws when it does what the kernel would not have let in. */
export function runSeccompProgram(program: Uint8Array, call: SeccompCall): BpfVerdict {
  const instructions = decode(program);
  const data = seccompData(call);
  let accumulator = 0;
  let steps = 0;
  for (let at = 0; ; at += 1) {
    const instruction = instructions[at];
    if (instruction === undefined) throw new Error(`ran out of the program at ${String(at)}`);
    steps += 1;
    const { code, jt, jf, k } = instruction;
    if (code === RETURN) return { action: k, steps };
    if (code === LOAD_WORD) accumulator = data.getUint32(k, true);
    else if (code === JUMP) at += k;
    else at += holds(code, accumulator, k) ? jt : jf;
  }
}

/** Says why the kernel would refuse a program (EINVAL); undefined when it would take it. */
export function whyKernelRefuses(program: Uint8Array): string | undefined {
  if (program.length === 0) return 'empty';
  if (program.length % 8 !== 0) return 'half an instruction';
  const instructions = decode(program);
  if (instructions.length > 4096) return 'too long';
  const problem = instructions
    .map((instruction, at) => problemOf(instruction, instructions.length - at - 1))
    .find((text) => text !== undefined);
  return problem ?? (instructions.at(-1)?.code === RETURN ? undefined : 'does not end in a return');
}

function problemOf({ code, jt, jf, k }: Instruction, left: number): string | undefined {
  if (code === RETURN) return undefined;
  if (code === LOAD_WORD) return k % 4 === 0 && k < 64 ? undefined : 'load outside of seccomp_data';
  if (code === JUMP) return k >= left ? 'jump out of the program' : undefined;
  if (!BRANCHES.includes(code)) return 'unknown instruction';
  return jt >= left || jf >= left ? 'branch out of the program' : undefined;
}

function decode(program: Uint8Array): readonly Instruction[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / 8 }, (_, index) => ({
    code: view.getUint16(index * 8, true),
    jt: view.getUint8(index * 8 + 2),
    jf: view.getUint8(index * 8 + 3),
    k: view.getUint32(index * 8 + 4, true),
  }));
}

function seccompData({ nr, arch, args = [] }: SeccompCall): DataView {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, nr, true);
  view.setUint32(4, arch, true);
  args.forEach((value, index) => {
    view.setBigUint64(16 + index * 8, value, true);
  });
  return view;
}

function holds(code: number, accumulator: number, k: number): boolean {
  if (code === BRANCH_EQUAL) return accumulator === k;
  if (code === BRANCH_AT_LEAST) return accumulator >= k;
  if (code === BRANCH_ANY_BIT) return (accumulator & k) !== 0;
  throw new Error(`unknown instruction ${code.toString(16)}`);
}
