import { type Decision } from '../permissions/evaluate.js';
import { type PathRule } from '../permissions/rules.js';
import { quotePrintable } from './printable.js';

/**
 * Says in words what decided about a path: `":root" = "read"`, `protected metadata of "/ws"`.
 *
 * @param decision - of a verdict.
 * @returns text for one line, control characters escaped.
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

function describeRule({ access, origin }: PathRule): string {
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
