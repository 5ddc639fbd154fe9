import { quotePrintable } from '../paths/printable.js';
import { type AbsolutePath } from '../paths/absolute-path.js';
import { type Decision } from './evaluate.js';
import { type PathRule } from './rules.js';

/**
 * The entry behind a rule, in words: `":root" = "read"`, `protected metadata of "/ws"`.
 *
 * @param rule - a bound rule.
 * @returns text for one line, control characters escaped.
 */
export function describeRule({ access, origin }: PathRule): string {
  switch (origin.kind) {
    case 'profile':
    case 'overlay':
      return `${quotePrintable(origin.text)} = "${access}"`;
    case 'glob':
      return `${quotePrintable(origin.pattern)} = "deny"`;
    case 'protected-metadata':
      return `protected metadata of ${quotePrintable(origin.root)}`;
    case 'built-in':
      return origin.reason;
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
      return describeRule(decision.rule);
    case 'glob':
      return `${quotePrintable(decision.glob.pattern)} = "deny"`;
    case 'no-entry':
      return 'no entry covers it';
  }
}

/** Where what decided a verdict stands; undefined when nothing did. */
export function placeOfDecision(decision: Decision): AbsolutePath | undefined {
  if (decision.kind === 'no-entry') return undefined;
  return decision.kind === 'rule' ? decision.rule.path : decision.path;
}
