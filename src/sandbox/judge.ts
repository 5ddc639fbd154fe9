import { type BoundFileSystem } from '../binding/bound-policy.js';
import { statusOf } from '../binding/disk.js';
import { resolveLinks } from '../binding/resolve-links.js';
import { type AbsolutePath } from '../paths/absolute-path.js';
import {
  type Evaluator,
  type FileOperation,
  type Verdict,
  createEvaluator,
} from '../permissions/evaluate.js';

/** A verdict on a path as a person or a program names it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** With its symbolic links followed. */
  readonly path: AbsolutePath;
  readonly exists: boolean;
  readonly isSocket: boolean;
}

/** Decides about paths that may hold symbolic links: the links are followed on this machine as it is now. */
export type Judge = (operation: FileOperation, path: AbsolutePath) => Judgement;

/**
 * Makes a judge of a bound file system.
 *
 * @param fileSystem - of the policy.
 */
export function judgeOf(fileSystem: BoundFileSystem): Judge {
  const evaluator = fileSystem.kind === 'restricted' ? createEvaluator(fileSystem.ruleSet) : UNRESTRICTED;
  return (operation, path) => {
    const resolved = resolveLinks(path);
    return {
      verdict: evaluator.evaluate(operation, resolved.path),
      path: resolved.path,
      exists: resolved.target !== 'missing',
      isSocket: statusOf(resolved.path)?.isSocket === true,
    };
  };
}

const UNRESTRICTED: Evaluator = {
  evaluate: () => ({ allowed: true, access: 'write', decision: { kind: 'no-entry' } }),
  accessAt: () => 'write',
};
