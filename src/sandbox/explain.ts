import { allowFlagFor, allowSocketFlagFor } from '../denials/allow-flag.js';
import { describeAllowFlag } from '../denials/hint-text.js';
import { parseAbsolutePath } from '../paths/absolute-path.js';
import { type FileOperation } from '../permissions/evaluate.js';
import { describeDecision, placeOfDecision } from '../permissions/explain.js';
import { type Explanation } from './inspection.js';
import { type Judge, type Judgement, judgeOf } from './judge.js';
import { type Machine } from './machine.js';
import { prepareCommand } from './prepare.js';
import { type SandboxCommand } from './sandbox-command.js';

/** What is to be explained. */
export interface ExplainQuestion {
  /** The profile and what belongs to it; nothing is run. */
  readonly command: Omit<SandboxCommand, 'argv'>;
  readonly operation: FileOperation;
  /** Absolute. */
  readonly path: string;
}

/**
 * Says whether a command could read or write a path, and which entry decides.
 *
 * @param question - about which command and path.
 * @param machine - where.
 * @throws CordonError those of `prepareCommand`; `path-invalid`.
 */
export function explainPath({ command, operation, path }: ExplainQuestion, machine: Machine): Explanation {
  const { policy } = prepareCommand({ ...command, argv: ['true'] }, machine);
  const asked = { operation, path };
  if (policy.kind !== 'managed') {
    const decidedBy = `the profile is ${policy.reason}: cordon enforces nothing`;
    return { ...asked, allowed: true, resolvedPath: path, decidedBy, allowedBy: undefined };
  }
  const judge = judgeOf(policy.fileSystem);
  const judged = judge(operation, parseAbsolutePath(path));
  return {
    ...asked,
    allowed: judged.verdict.allowed,
    resolvedPath: judged.path,
    decidedBy:
      policy.fileSystem.kind === 'unrestricted' ? 'the file system is unrestricted' : decider(judged),
    allowedBy: flagFor(operation, judged, judge),
  };
}

function decider({ verdict: { decision } }: Judgement): string {
  const place = placeOfDecision(decision);
  return place === undefined
    ? describeDecision(decision)
    : `${describeDecision(decision)} at ${JSON.stringify(place)}`;
}

function flagFor(operation: FileOperation, judged: Judgement, judge: Judge): string | undefined {
  if (judged.verdict.allowed) return undefined;
  const allow =
    judged.isSocket && operation === 'read'
      ? allowSocketFlagFor(judged)
      : allowFlagFor(operation, judged, judge);
  return allow === undefined ? undefined : describeAllowFlag(allow);
}
