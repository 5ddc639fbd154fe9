import { type AbsolutePath } from '../../paths/absolute-path.js';
import { type Explanation } from '../../sandbox/inspection.js';
import { type SandboxManager } from '../../sandbox/sandbox-manager.js';
import { type SubcommandArguments } from '../parse-arguments.js';
import { toCircumstances } from '../to-command.js';
import { typedPath } from '../typed-path.js';
import { columns, type CommandResult, jsonResult, textResult } from './result.js';

/** The arguments of `explain`. */
export type ExplainArguments = Extract<SubcommandArguments, { readonly kind: 'explain' }>;

/**
 * Tells whether a command could read or write a path, and which entry decides.
 *
 * @param manager - knows.
 * @param request - profile, additional permissions, operation and path, as typed.
 * @param cwd - what relative paths start from.
 * @returns exit code 0 when it could, 1 when not.
 */
export function explainCommand(
  manager: Pick<SandboxManager, 'explain'>,
  request: ExplainArguments,
  cwd: AbsolutePath,
): CommandResult {
  const explanation = manager.explain({
    command: toCircumstances(request.options, cwd),
    operation: request.operation,
    path: typedPath(request.operation, request.path, cwd),
  });
  const exitCode = explanation.allowed ? 0 : 1;
  return request.json ? jsonResult(explanation, exitCode) : textResult(linesOf(explanation), exitCode);
}

function linesOf(explanation: Explanation): readonly string[] {
  const { allowed, operation, path, resolvedPath, decidedBy, allowedBy } = explanation;
  return [
    `${allowed ? 'allowed' : 'refused'}: ${operation} ${JSON.stringify(path)}`,
    ...columns([
      ...(resolvedPath === path ? [] : [['  leads to', JSON.stringify(resolvedPath)]]),
      ['  decided by', decidedBy],
      ...(allowedBy === undefined ? [] : [['  allowed by', allowedBy]]),
    ]),
  ];
}
