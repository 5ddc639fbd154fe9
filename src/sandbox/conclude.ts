import { type PreparedCommand } from './prepare.js';
import { type Enforcement } from './outcome.js';
import { type Conclude } from './running-command.js';

/**
 * How the outcome of a prepared command is made.
 *
 * @param prepared - what was run.
 */
export function concludeWith(prepared: PreparedCommand): Conclude {
  return ({ status, durationMs }) => ({
    status,
    exitCode: status.code,
    durationMs,
    enforcement: enforcementOf(prepared),
    denials: [],
    warnings: prepared.warnings,
  });
}

function enforcementOf({ policy }: PreparedCommand): Enforcement {
  return policy.kind === 'managed'
    ? { kind: 'full', launcher: 'bubblewrap' }
    : { kind: 'none', reason: policy.reason };
}
