import { ARCHITECTURES, type ArchitectureFacts } from './architecture.js';
import { assembleBpf, type BpfStep } from './bpf.js';
import { dispatchSteps, type SyscallRange } from './dispatch.js';
import { type SeccompRule } from './policy.js';
import { type SeccompProgramOptions, seccompRules } from './program-rules.js';
import { ruleSteps, SECCOMP_RETURN } from './rule-steps.js';

/** Offsets in struct seccomp_data (include/uapi/linux/seccomp.h). */
const NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;

const KILL = 'kill';
const ALLOW: readonly BpfStep[] = [{ kind: 'return', value: SECCOMP_RETURN.allow }];

/**
 * Makes the classic BPF program that bubblewrap installs by `--seccomp FD`.
 *
 * No part of the program is a program: the plain jump of the third instruction leads to the very last one, and the kernel
 * refuses a program whose jump leaves it, or that does not end in a return. A launcher that reads a cut-off file thus fails
 * with EINVAL rather than run the command behind half a filter.
 *
 * For calls that are allowed whatever their arguments, kernels from 5.11 on do not run the program at all. They find those
 * calls by trying it with the instructions used here (seccomp_is_const_allow, kernel/seccomp.c): use no others.
 *
 * @param options - the architecture of the command's machine and the bound profile's network access.
 * @returns the program, eight bytes an instruction, little-endian.
 */
export function assembleSeccompProgram(options: SeccompProgramOptions): Uint8Array {
  const facts = ARCHITECTURES[options.architecture];
  const ranges = syscallRanges(rulesByNumber(seccompRules(options), facts));
  return assembleBpf([
    ...checkArchitecture(facts.auditArchitecture),
    { kind: 'load', offset: NUMBER_OFFSET },
    ...checkForeignCall(facts.foreignCallBit),
    ...dispatchSteps(ranges),
    { kind: 'label', name: KILL },
    { kind: 'return', value: SECCOMP_RETURN.killProcess },
  ]);
}

function checkArchitecture(auditArchitecture: number): readonly BpfStep[] {
  return [
    { kind: 'load', offset: ARCHITECTURE_OFFSET },
    { kind: 'branch', test: 'equal', value: auditArchitecture, whenTrue: 'native' },
    { kind: 'jump', to: KILL },
    { kind: 'label', name: 'native' },
  ];
}

function checkForeignCall(bit: number | undefined): readonly BpfStep[] {
  if (bit === undefined) return [];
  return [
    { kind: 'branch', test: 'any-bit', value: bit, whenFalse: 'native call' },
    { kind: 'jump', to: KILL },
    { kind: 'label', name: 'native call' },
  ];
}

/** The rows of each call that this architecture has, by ascending number. */
function rulesByNumber(
  rules: readonly SeccompRule[],
  { syscalls }: ArchitectureFacts,
): ReadonlyMap<number, readonly SeccompRule[]> {
  const found = new Map<number, SeccompRule[]>();
  for (const rule of rules) {
    for (const name of rule.syscalls) {
      const number = syscalls[name];
      if (number !== undefined) found.set(number, [...(found.get(number) ?? []), rule]);
    }
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Cuts the numbers into ranges; neighbours that are refused alike without a test share one. */
function syscallRanges(rulesOf: ReadonlyMap<number, readonly SeccompRule[]>): readonly SyscallRange[] {
  const ranges: SyscallRange[] = [];
  let end = 0;
  let shared: string | undefined;
  for (const [number, rules] of rulesOf) {
    if (number > end) {
      ranges.push({ first: end, body: ALLOW });
      shared = undefined;
    }
    const key = sharingKey(rules);
    if (key === undefined || key !== shared) {
      ranges.push({ first: number, body: ruleSteps(rules, `call ${String(number)}`) });
    }
    shared = key;
    end = number + 1;
  }
  return [...ranges, { first: end, body: ALLOW }];
}

/** Equal for calls whose steps are one and the same return; undefined when their arguments matter. */
function sharingKey(rules: readonly SeccompRule[]): string | undefined {
  const first = rules[0];
  return first?.when.length === 0 ? first.answer : undefined;
}
