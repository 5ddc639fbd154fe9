import { type Decision, type Verdict } from './evaluate.js';
import { type PathRule } from './rules.js';

/**
 * The entry behind a rule, in words.
 *
 * @param rule - a bound rule.
 */
export function describeRule(rule: PathRule): string {
  const { origin, access } = rule;
  switch (origin.kind) {
    case 'profile':
      return `"${origin.text}" = "${access}"`;
    case 'overlay':
      return `additional permission "${origin.text}" = "${access}"`;
    case 'glob':
      return `"${origin.pattern}" = "deny"`;
    case 'protected-metadata':
      return `protected metadata of ${JSON.stringify(origin.root)}`;
    case 'built-in':
      return `built in: ${origin.reason}`;
  }
}

/**
 * What decided a verdict, in words.
 *
 * @param decision - of a verdict.
 */
export function describeDecision(decision: Decision): string {
  switch (decision.kind) {
    case 'rule':
      return `${describeRule(decision.rule)} at ${JSON.stringify(decision.rule.path)}`;
    case 'glob':
      return `"${decision.glob.pattern}" = "deny" at ${JSON.stringify(decision.path)}`;
    case 'no-entry':
      return 'no entry matches';
  }
}

/** Whether nothing on a command line may lift the refusal: an entry, a glob or cordon itself denies the path. */
export function isExplicitDenial(verdict: Verdict): boolean {
  return verdict.access === 'deny' && verdict.decision.kind !== 'no-entry';
}
