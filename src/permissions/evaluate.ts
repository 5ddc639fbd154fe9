import { type AbsolutePath, isWithin, parentPath } from '../paths/absolute-path.js';
import { compileGlob } from '../paths/glob.js';
import { type Access } from './profile.js';
import { type GlobRule, type PathRule, type RuleSet } from './rules.js';

/** What a command wants to do with a path. */
export type FileOperation = 'read' | 'write';

/** What decided: a rule, a deny glob, or that nothing matches and so nothing is granted. */
export type Decision =
  | { readonly kind: 'rule'; readonly rule: PathRule }
  | { readonly kind: 'glob'; readonly glob: GlobRule; readonly path: AbsolutePath }
  | { readonly kind: 'no-entry' };

/** The answer to "may the command do this?". */
export interface Verdict {
  readonly allowed: boolean;
  readonly access: Access;
  readonly decision: Decision;
}

/** A rule set made ready for questions. */
export interface Evaluator {
  /**
   * Decides one operation. The path is taken as it is: its symbolic links must have been resolved.
   *
   * @param operation - `read` covers listing and executing, `write` covers creating, renaming and removing.
   * @param path - absolute, without symbolic links.
   */
  evaluate: (operation: FileOperation, path: AbsolutePath) => Verdict;
  /** What holds at a path: `deny` where no entry matches. */
  accessAt: (path: AbsolutePath) => Access;
}

const STRICTNESS: Record<Access, number> = { deny: 2, write: 1, read: 0 };

/**
 * The one definition of precedence: the entry with the longest matching path decides; between entries for the same path
 * `deny`, then `write`, then `read`. Globs only deny, at the path they match and below. What nothing matches is denied.
 *
 * @param ruleSet - bound rules and globs.
 */
export function createEvaluator(ruleSet: RuleSet): Evaluator {
  const rules = indexRules(ruleSet.rules);
  const matchers = ruleSet.globs.map((glob) => ({ glob, matches: compileGlob(glob.pattern) }));

  const decide = (path: AbsolutePath): { access: Access; decision: Decision } => {
    for (let at = path; ; at = parentPath(at)) {
      const rule = rules.get(at);
      const glob = rule?.access === 'deny' ? undefined : globAt(at);
      if (glob !== undefined) return { access: 'deny', decision: { kind: 'glob', glob, path: at } };
      if (rule !== undefined) return { access: rule.access, decision: { kind: 'rule', rule } };
      if (at === '/') return { access: 'deny', decision: { kind: 'no-entry' } };
    }
  };

  const globAt = (path: AbsolutePath): GlobRule | undefined =>
    matchers.find(
      ({ glob, matches }) => path !== glob.base && isWithin(path, glob.base) && matches(below(path, glob)),
    )?.glob;

  return {
    evaluate: (operation, path) => {
      const { access, decision } = decide(path);
      return { allowed: access === 'write' || access === operation, access, decision };
    },
    accessAt: (path) => decide(path).access,
  };
}

/** The stricter of two accesses for one path. */
export function stricterAccess(a: Access, b: Access): Access {
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b;
}

function indexRules(rules: readonly PathRule[]): ReadonlyMap<AbsolutePath, PathRule> {
  const index = new Map<AbsolutePath, PathRule>();
  for (const rule of rules) {
    const other = index.get(rule.path);
    if (other === undefined || STRICTNESS[rule.access] > STRICTNESS[other.access]) index.set(rule.path, rule);
  }
  return index;
}

function below(path: AbsolutePath, glob: GlobRule): string {
  return path.slice(glob.base === '/' ? 1 : glob.base.length + 1);
}
