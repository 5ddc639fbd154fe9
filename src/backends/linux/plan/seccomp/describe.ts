import { type NetworkAccess } from '../../../../permissions/profile.js';
import { ARCHITECTURES, type SeccompArchitecture } from './architecture.js';
import { type ArgumentTest, type RefusalErrno, type SeccompRule } from './policy.js';
import { type SeccompProgramOptions, seccompRules } from './program-rules.js';
import { type SyscallName } from './x64.js';

/** A row of the policy as a person reads it. */
export interface SeccompRuleDescription {
  readonly syscalls: readonly SyscallName[];
  /** Tests that must all hold; empty when the calls are always refused. */
  readonly when: readonly string[];
  readonly answer: RefusalErrno;
  readonly reason: string;
}

/** The whole filter as plain data, for the printable plan. */
export interface SeccompPolicyDescription {
  readonly architecture: SeccompArchitecture;
  readonly network: NetworkAccess;
  /** What happens to a call that no row names. */
  readonly otherCalls: 'allow';
  /** What ends the process at once, by SIGSYS. */
  readonly kills: readonly string[];
  readonly refusals: readonly SeccompRuleDescription[];
}

/**
 * Describes what the program of the same options does.
 *
 * @param options - as for `assembleSeccompProgram`.
 * @returns JSON-ready data; rows of which the architecture has no call are left out.
 */
export function describeSeccompPolicy(options: SeccompProgramOptions): SeccompPolicyDescription {
  const { architecture, network } = options;
  return {
    architecture,
    network,
    otherCalls: 'allow',
    kills: killsOf(architecture),
    refusals: seccompRules(options)
      .map((rule) => describeRule(rule, architecture))
      .filter(({ syscalls }) => syscalls.length > 0),
  };
}

function killsOf(architecture: SeccompArchitecture): readonly string[] {
  const { auditArchitecture, foreignCallBit } = ARCHITECTURES[architecture];
  const foreign = `calls of another architecture than ${hex(auditArchitecture)}, 32-bit ones included`;
  return foreignCallBit === undefined
    ? [foreign]
    : [foreign, `x32 calls: numbers with bit ${hex(foreignCallBit)}`];
}

function describeRule(rule: SeccompRule, architecture: SeccompArchitecture): SeccompRuleDescription {
  const numbers = ARCHITECTURES[architecture].syscalls;
  return {
    syscalls: rule.syscalls.filter((name) => numbers[name] !== undefined),
    when: rule.when.map(describeTest),
    answer: rule.answer,
    reason: rule.reason,
  };
}

function describeTest(test: ArgumentTest): string {
  const subject = `argument ${String(test.argument)}`;
  switch (test.kind) {
    case 'any-bit-of':
      return `${subject} has a bit of ${hex(test.mask)}`;
    case 'any-bit-outside':
      return `${subject} has a bit outside ${hex(test.mask)}`;
    case 'one-of':
      return `${subject} is ${test.values.map(hex).join(' or ')}`;
    case 'none-of':
      return `${subject} is not ${test.values.map(hex).join(' or ')}`;
  }
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
