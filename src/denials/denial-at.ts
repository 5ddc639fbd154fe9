import { type RefusedUse, allowFlagFor, allowSocketFlagFor } from './allow-flag.js';
import { type Certainty, type DenialSource, type FileDenial, type SocketDenial } from './denial.js';
import { type JudgedPath, type PathJudge } from './evidence.js';
import { describeDecision } from '../permissions/explain.js';

/** How well founded a denial is. */
export interface Standing {
  readonly certainty: Certainty;
  readonly source: DenialSource;
}

/** What a socket's refusal is put down to where the policy lets its name be read. */
const MASKED = 'sockets of the host answer only where they are allowed by name';

/**
 * The denial of an operation that the policy refuses.
 *
 * @param use - what was refused; removing is a kind of writing.
 * @param judged - what the policy says of the path.
 * @param context - how well founded it is, and the policy.
 */
export function fileDenialAt(
  use: RefusedUse,
  judged: JudgedPath,
  { certainty, source, judge }: Standing & { readonly judge: PathJudge },
): FileDenial {
  const rule = describeDecision(judged.verdict.decision);
  const allowedBy = allowFlagFor(use, judged, judge);
  const operation = use === 'read' ? 'read' : 'write';
  return { kind: 'file', operation, path: judged.path, certainty, source, rule, allowedBy };
}

/**
 * The denial of connecting to a socket of the host.
 *
 * @param judged - what the policy says of its path.
 * @param standing - how well founded it is.
 */
export function socketDenialAt(judged: JudgedPath, { certainty, source }: Standing): SocketDenial {
  const rule = judged.verdict.allowed ? MASKED : describeDecision(judged.verdict.decision);
  return {
    kind: 'socket',
    path: judged.path,
    certainty,
    source,
    rule,
    allowedBy: allowSocketFlagFor(judged),
  };
}
