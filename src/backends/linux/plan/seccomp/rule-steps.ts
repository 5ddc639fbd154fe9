import { type BpfStep } from './bpf.js';
import { type ArgumentIndex, type ArgumentTest, type RefusalErrno, type SeccompRule } from './policy.js';

/** What the kernel does with a call: values of include/uapi/linux/seccomp.h. */
export const SECCOMP_RETURN = { allow: 0x7fff0000, errno: 0x00050000, killProcess: 0x80000000 } as const;

/** Numbers of the errors; the same on both architectures (asm-generic/errno.h). */
const ERRNO: Readonly<Record<RefusalErrno, number>> = { EPERM: 1, ENOSYS: 38 };

/** Where the arguments begin in struct seccomp_data, and bytes of each. */
const ARGUMENTS_OFFSET = 16;
const ARGUMENT_BYTES = 8;

/**
 * The steps that decide one system call, once it is known which it is.
 *
 * @param rules - the call's rows in their order; the first whose tests all hold decides.
 * @param prefix - makes the labels unique in the program.
 * @returns steps that end in returns on every way.
 */
export function ruleSteps(rules: readonly SeccompRule[], prefix: string): readonly BpfStep[] {
  const steps: BpfStep[] = [];
  for (const [index, rule] of rules.entries()) {
    if (rule.when.length === 0) return [...steps, refusal(rule)];
    const otherwise = `${prefix} after rule ${String(index)}`;
    steps.push(...rule.when.flatMap((test) => testSteps(test, otherwise)), refusal(rule));
    steps.push({ kind: 'label', name: otherwise });
  }
  return [...steps, { kind: 'return', value: SECCOMP_RETURN.allow }];
}

function refusal(rule: SeccompRule): BpfStep {
  return { kind: 'return', value: SECCOMP_RETURN.errno | ERRNO[rule.answer] };
}

/** Goes on with the next step when the test holds, to `otherwise` when it does not. */
function testSteps(test: ArgumentTest, otherwise: string): readonly BpfStep[] {
  const load = loadLowHalf(test.argument);
  switch (test.kind) {
    case 'any-bit-of':
      return [load, { kind: 'branch', test: 'any-bit', value: test.mask, whenFalse: otherwise }];
    case 'any-bit-outside':
      return [load, { kind: 'branch', test: 'any-bit', value: ~test.mask >>> 0, whenFalse: otherwise }];
    case 'none-of':
      return [load, ...test.values.map((value) => equal(value, { whenTrue: otherwise }))];
    case 'one-of':
      return [load, ...oneOfSteps(test.values, otherwise)];
  }
}

/** Both architectures are little-endian: the low half comes first. */
function loadLowHalf(argument: ArgumentIndex): BpfStep {
  return { kind: 'load', offset: ARGUMENTS_OFFSET + argument * ARGUMENT_BYTES };
}

function oneOfSteps(values: readonly number[], otherwise: string): readonly BpfStep[] {
  const found = `${otherwise} holds`;
  return [
    ...values.map((value, index) =>
      equal(value, index === values.length - 1 ? { whenFalse: otherwise } : { whenTrue: found }),
    ),
    { kind: 'label', name: found },
  ];
}

function equal(value: number, ways: { readonly whenTrue?: string; readonly whenFalse?: string }): BpfStep {
  return { kind: 'branch', test: 'equal', value, ...ways };
}
